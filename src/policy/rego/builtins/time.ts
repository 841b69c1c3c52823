import { isArray, normalNumber, type Value } from '../values.ts';
import { BuiltinError, builtins, type Operands } from './define.ts';
import { formatTime, NAMED_LAYOUTS, parseTime } from './time-layout.ts';

const NANOS = 1_000_000_000n;
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MOST = (1n << 63n) - 1n;
const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: NANOS,
  m: 60n * NANOS,
  h: 3600n * NANOS,
};

const RFC3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9})\d*)?(?:([Zz])|([+-])(\d\d):(\d\d))$/;

function inRange(nanos: bigint): Value {
  if (nanos > MOST || nanos < -MOST - 1n) throw new BuiltinError('time outside of valid range');
  return normalNumber(nanos);
}

function parseRfc3339(text: string): bigint {
  const found = RFC3339.exec(text);
  if (found === null) throw new BuiltinError(`cannot parse ${JSON.stringify(text.slice(0, 60))} as RFC 3339`);
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, day);
  if (
    month > 12 ||
    month < 1 ||
    time.getUTCMonth() !== month - 1 ||
    day < 1 ||
    hour > 23 ||
    minute > 59 ||
    second > 59
  )
    throw new BuiltinError('time out of range');
  const offset =
    found[9] === undefined ? 0 : (found[9] === '-' ? -1 : 1) * (Number(found[10]) * 60 + Number(found[11]));
  const seconds = BigInt(time.getTime() / 1000) + BigInt(hour * 3600 + minute * 60 + second - offset * 60);
  return seconds * NANOS + BigInt((found[7] ?? '0').padEnd(9, '0'));
}

/** Nanoseconds, or `[nanoseconds, zone]`. */
function moment(o: Operands, i: number): { nanos: bigint; zone: string } {
  const value = o.value(i);
  const [time, zone] = isArray(value) ? value : [value, ''];
  if (typeof time !== 'number' && typeof time !== 'bigint')
    throw o.wrong(i, 'either number (ns) or [number (ns), string (tz)]');
  if (typeof time === 'number' && !Number.isInteger(time))
    throw new BuiltinError('timestamp must be an integer', 'eval_type_error');
  const nanos = BigInt(time);
  if (nanos > MOST || nanos < -MOST - 1n) throw new BuiltinError('timestamp too big');
  return { nanos, zone: typeof zone === 'string' && zone !== '' ? zone : 'UTC' };
}

/** The wall clock there and then, as if it were UTC. */
function local(o: Operands, i: number, there?: string): { date: Date; nanos: bigint; zone: string } {
  const { nanos, zone: own } = moment(o, i);
  const zone = there ?? own;
  const millis = Number((nanos - (((nanos % NANOS) + NANOS) % NANOS)) / 1_000_000n);
  if (zone === 'UTC') return { date: new Date(millis), nanos, zone };
  try {
    const parts = new Intl.DateTimeFormat('en-US', {
      timeZone: zone === 'Local' ? 'UTC' : zone,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      hourCycle: 'h23',
      era: 'short',
    }).formatToParts(millis);
    const part = (type: string) => Number(parts.find((item) => item.type === type)?.value ?? 0);
    return {
      date: new Date(
        Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')),
      ),
      nanos,
      zone,
    };
  } catch (error) {
    if (error instanceof RangeError) throw new BuiltinError(`unknown time zone ${zone.slice(0, 60)}`);
    throw error;
  }
}

function duration(o: Operands): Value {
  const text = o.string(0);
  if (text.length > 200) throw new BuiltinError('invalid duration');
  const found = /^([+-]?)((?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.exec(text);
  if (text !== '0' && found === null)
    throw new BuiltinError(`invalid duration ${JSON.stringify(text.slice(0, 60))}`);
  let total = 0n;
  for (const [, whole = '', fraction = '', unit = 's'] of text.matchAll(
    /(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/g,
  )) {
    const scale = UNITS[unit] as bigint;
    total +=
      BigInt(whole || '0') * scale + (BigInt(fraction || '0') * scale) / 10n ** BigInt(fraction.length);
  }
  return inRange(text.startsWith('-') ? -total : total);
}

function addDate(o: Operands): Value {
  const { date, nanos } = local(o, 0);
  const moved = new Date(date);
  moved.setUTCFullYear(
    date.getUTCFullYear() + o.integer(1),
    date.getUTCMonth() + o.integer(2),
    date.getUTCDate() + o.integer(3),
  );
  if (Number.isNaN(moved.getTime())) throw new BuiltinError('time outside of valid range');
  return inRange(nanos + BigInt(moved.getTime() - date.getTime()) * 1_000_000n);
}

/** Whole years, months, days, hours, minutes and seconds between two moments, by the clock of the first's zone. */
function difference(o: Operands): Value {
  const first = local(o, 0);
  let [a, b] = [first.date, local(o, 1, first.zone).date];
  if (a > b) [a, b] = [b, a];
  const fields = (d: Date) => [
    d.getUTCFullYear(),
    d.getUTCMonth(),
    d.getUTCDate(),
    d.getUTCHours(),
    d.getUTCMinutes(),
    d.getUTCSeconds(),
  ];
  const [from, to] = [fields(a), fields(b)];
  const result = to.map((value, i) => value - (from[i] as number));
  const monthLength = new Date(Date.UTC(a.getUTCFullYear(), a.getUTCMonth() + 1, 0)).getUTCDate();
  const limits = [0, 12, monthLength, 24, 60, 60];
  for (let i = 5; i > 0; i--) {
    if ((result[i] as number) < 0) {
      result[i] = (result[i] as number) + (limits[i] as number);
      result[i - 1] = (result[i - 1] as number) - 1;
    }
  }
  return result;
}

function now(o: Operands): Value {
  return normalNumber(o.machine.now);
}

/** `[nanoseconds, zone, layout]`; a layout may be one of Go's names for one. */
function format(o: Operands): Value {
  const value = o.value(0);
  const given = isArray(value) ? value[2] : undefined;
  if (given !== undefined && typeof given !== 'string') throw o.wrong(0, 'a time with a layout');
  const { date, nanos, zone } = local(o, 0);
  const layout = given === undefined || given === '' ? 'RFC3339Nano' : given;
  const seconds = (nanos - (((nanos % NANOS) + NANOS) % NANOS)) / NANOS;
  const offset = Math.round(date.getTime() / 1000 - Number(seconds));
  return formatTime(Object.hasOwn(NAMED_LAYOUTS, layout) ? (NAMED_LAYOUTS[layout] as string) : layout, {
    date,
    nanos: Number(((nanos % NANOS) + NANOS) % NANOS),
    offset,
    abbreviation: abbreviation(zone, seconds, offset),
  });
}

/** Go's: letters where the zone has some, else the offset. */
function abbreviation(zone: string, seconds: bigint, offset: number): string {
  if (zone === 'UTC' || zone === 'Local') return 'UTC';
  const named = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'short' })
    .formatToParts(Number(seconds) * 1000)
    .find(({ type }) => type === 'timeZoneName')?.value;
  if (named !== undefined && /^[A-Z]{3,5}$/.test(named)) return named;
  const size = Math.abs(offset);
  const [h, m] = [Math.floor(size / 3600), Math.floor(size / 60) % 60];
  return `${offset < 0 ? '-' : '+'}${String(h).padStart(2, '0')}${m === 0 ? '' : String(m).padStart(2, '0')}`;
}

function parse(o: Operands): Value {
  const layout = o.string(0);
  return inRange(
    parseTime(Object.hasOwn(NAMED_LAYOUTS, layout) ? (NAMED_LAYOUTS[layout] as string) : layout, o.string(1)),
  );
}

export const TIME = builtins({
  'time.format': [1, format],
  'time.parse_ns': [2, parse],
  'time.now_ns': [0, now],
  'time.parse_rfc3339_ns': [1, (o) => inRange(parseRfc3339(o.string(0)))],
  'time.parse_duration_ns': [1, duration],
  'time.date': [
    1,
    (o) => {
      const { date } = local(o, 0);
      return [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
    },
  ],
  'time.clock': [
    1,
    (o) => {
      const { date } = local(o, 0);
      return [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
    },
  ],
  'time.weekday': [1, (o) => DAYS[local(o, 0).date.getUTCDay()] as string],
  'time.add_date': [4, addDate],
  'time.diff': [2, difference],
});
