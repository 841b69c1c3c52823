import { isArray, normalNumber, type Value } from '../values.ts';
import { BuiltinError, builtins, type Operands } from './define.ts';

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
function local(o: Operands, i: number): { date: Date; nanos: bigint; zone: string } {
  const { nanos, zone } = moment(o, i);
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

/** Whole years, months, days, hours, minutes and seconds between two moments. */
function difference(o: Operands): Value {
  let [a, b] = [local(o, 0).date, local(o, 1).date];
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

export const TIME = builtins({
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
