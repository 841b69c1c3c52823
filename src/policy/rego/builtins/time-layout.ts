/** Go's time layouts: a time is written, or read, as the reference time 2006-01-02 15:04:05 -0700 MST is in the layout. */
import { BuiltinError } from './define.ts';

export const NAMED_LAYOUTS: Readonly<Record<string, string>> = {
  ANSIC: 'Mon Jan _2 15:04:05 2006',
  UnixDate: 'Mon Jan _2 15:04:05 MST 2006',
  RubyDate: 'Mon Jan 02 15:04:05 -0700 2006',
  RFC822: '02 Jan 06 15:04 MST',
  RFC822Z: '02 Jan 06 15:04 -0700',
  RFC850: 'Monday, 02-Jan-06 15:04:05 MST',
  RFC1123: 'Mon, 02 Jan 2006 15:04:05 MST',
  RFC1123Z: 'Mon, 02 Jan 2006 15:04:05 -0700',
  RFC3339: '2006-01-02T15:04:05Z07:00',
  RFC3339Nano: '2006-01-02T15:04:05.999999999Z07:00',
};

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const MOST_LAYOUT = 200;

/** Longest first where one element starts another. */
const ELEMENT =
  /January|Jan|Monday|Mon|MST|2006|-07:00:00|-07:00|-070000|-0700|-07|Z07:00:00|Z07:00|Z070000|Z0700|Z07|[.,](?:0+|9+)(?!\d)|002|01|02|03|04|05|06|15|PM|pm|_2006|__2|_2|1|2|3|4|5/g;

export interface WallTime {
  /** The wall clock, as if it were UTC. */
  readonly date: Date;
  /** Nanoseconds of the second. */
  readonly nanos: number;
  /** Seconds east of UTC. */
  readonly offset: number;
  readonly abbreviation: string;
}

function elements(layout: string): (string | { readonly element: string })[] {
  if (layout.length > MOST_LAYOUT) throw new BuiltinError('the layout is too long');
  const out: (string | { readonly element: string })[] = [];
  let from = 0;
  for (const found of layout.matchAll(ELEMENT)) {
    const [element] = found;
    // `Jan` starts no longer lower-case word, `.000` belongs to a second.
    const after = layout[found.index + element.length] ?? '';
    if ((element === 'Jan' || element === 'Mon') && /[a-z]/.test(after)) continue;
    if (from < found.index) out.push(layout.slice(from, found.index));
    if (element === '_2006') out.push('_', { element: '2006' });
    else out.push({ element });
    from = found.index + element.length;
  }
  if (from < layout.length) out.push(layout.slice(from));
  return out;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function zone(offset: number, form: string): string {
  if (form.startsWith('Z') && offset === 0) return 'Z';
  const size = Math.abs(offset);
  const [h, m, s] = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60].map(two);
  const by = form.includes(':') ? ':' : '';
  const fields = form.replace(/[^0-9]/g, '').length / 2;
  return `${offset < 0 ? '-' : '+'}${[h, m, s].slice(0, fields).join(by)}`;
}

export function formatTime(layout: string, time: WallTime): string {
  const { date, nanos, offset, abbreviation } = time;
  const hour = date.getUTCHours();
  const day = date.getUTCDate();
  const yearDay = Math.floor((Date.UTC(2000, date.getUTCMonth(), day) - Date.UTC(2000, 0, 0)) / 86_400_000);
  const leap = new Date(Date.UTC(date.getUTCFullYear(), 1, 29)).getUTCMonth() === 1;
  const dayOfYear = yearDay - (!leap && date.getUTCMonth() > 1 ? 1 : 0);
  const month = MONTHS[date.getUTCMonth()] as string;
  const weekday = DAYS[date.getUTCDay()] as string;
  const forms: Readonly<Record<string, string>> = {
    January: month,
    Jan: month.slice(0, 3),
    '1': String(date.getUTCMonth() + 1),
    '01': two(date.getUTCMonth() + 1),
    Monday: weekday,
    Mon: weekday.slice(0, 3),
    '2': String(day),
    _2: String(day).padStart(2),
    '02': two(day),
    '002': String(dayOfYear).padStart(3, '0'),
    __2: String(dayOfYear).padStart(3),
    '15': two(hour),
    '3': String(hour % 12 || 12),
    '03': two(hour % 12 || 12),
    '4': String(date.getUTCMinutes()),
    '04': two(date.getUTCMinutes()),
    '5': String(date.getUTCSeconds()),
    '05': two(date.getUTCSeconds()),
    '2006': String(date.getUTCFullYear()).padStart(4, '0'),
    '06': two(((date.getUTCFullYear() % 100) + 100) % 100),
    PM: hour < 12 ? 'AM' : 'PM',
    pm: hour < 12 ? 'am' : 'pm',
    MST: abbreviation,
  };
  return elements(layout)
    .map((item) => {
      if (typeof item === 'string') return item;
      const { element } = item;
      if (/^[.,]/.test(element)) return fraction(element, nanos);
      return forms[element] ?? zone(offset, element);
    })
    .join('');
}

function fraction(element: string, nanos: number): string {
  const digits = String(nanos)
    .padStart(9, '0')
    .slice(0, element.length - 1);
  if (element[1] === '0') return `${element[0]}${digits}`;
  const short = digits.replace(/0+$/, '');
  return short === '' ? '' : `${element[0]}${short}`;
}

/** What reading found; `offset` undefined where the text has no zone. */
interface Fields {
  year: number;
  month: number;
  day: number;
  yearDay: number | undefined;
  hour: number;
  minute: number;
  second: number;
  nanos: number;
  afternoon: boolean | undefined;
  offset: number | undefined;
}

/** Nanoseconds since 1970 of `text` read by `layout`; without a zone in it, UTC. */
export function parseTime(layout: string, text: string): bigint {
  const fields: Fields = {
    year: 0,
    month: 1,
    day: 1,
    yearDay: undefined,
    hour: 0,
    minute: 0,
    second: 0,
    nanos: 0,
    afternoon: undefined,
    offset: undefined,
  };
  const fault = () =>
    new BuiltinError(
      `parsing time ${JSON.stringify(text.slice(0, 60))} as ${JSON.stringify(layout.slice(0, 60))}: cannot parse`,
    );
  let rest = text;
  const take = (pattern: RegExp): string => {
    const found = pattern.exec(rest)?.[0];
    if (found === undefined) throw fault();
    rest = rest.slice(found.length);
    return found;
  };
  const all = elements(layout);
  for (const [i, item] of all.entries()) {
    if (typeof item === 'string') {
      if (!rest.startsWith(item)) throw fault();
      rest = rest.slice(item.length);
      continue;
    }
    const next = all[i + 1];
    readElement(item.element, fields, take);
    const fractional = typeof next === 'object' && /^[.,]/.test(next.element);
    // A fraction after the seconds is read even where the layout has none.
    if ((item.element === '05' || item.element === '5') && !fractional && /^[.,]\d/.test(rest))
      fields.nanos = nanosOf(take(/^[.,]\d+/));
  }
  if (rest !== '') throw fault();
  return nanosecondsOf(fields);
}

function nanosOf(fractionText: string): number {
  return Number(fractionText.slice(1, 10).padEnd(9, '0'));
}

function readElement(element: string, fields: Fields, take: (pattern: RegExp) => string): void {
  const named = (names: readonly string[], size?: number): number => {
    const words = names.map((name) => name.slice(0, size ?? name.length));
    const found = take(new RegExp(`^(?:${words.join('|')})`, 'i')).toLowerCase();
    return words.findIndex((word) => word.toLowerCase() === found);
  };
  switch (element) {
    case '2006':
      fields.year = Number(take(/^\d{4}/));
      return;
    case '06': {
      const year = Number(take(/^\d\d/));
      fields.year = year + (year >= 69 ? 1900 : 2000);
      return;
    }
    case 'January':
      fields.month = named(MONTHS) + 1;
      return;
    case 'Jan':
      fields.month = named(MONTHS, 3) + 1;
      return;
    case '1':
      fields.month = Number(take(/^\d{1,2}/));
      return;
    case '01':
      fields.month = Number(take(/^\d\d/));
      return;
    case 'Monday':
      named(DAYS);
      return;
    case 'Mon':
      named(DAYS, 3);
      return;
    case '2':
    case '_2':
      fields.day = Number(take(/^ ?\d{1,2}/));
      return;
    case '02':
      fields.day = Number(take(/^\d\d/));
      return;
    case '002':
    case '__2':
      fields.yearDay = Number(take(/^[ \d]{2}\d/));
      return;
    case '15':
    case '03':
      fields.hour = Number(take(/^\d\d/));
      return;
    case '3':
      fields.hour = Number(take(/^\d{1,2}/));
      return;
    case '4':
      fields.minute = Number(take(/^\d{1,2}/));
      return;
    case '04':
      fields.minute = Number(take(/^\d\d/));
      return;
    case '5':
      fields.second = Number(take(/^\d{1,2}/));
      return;
    case '05':
      fields.second = Number(take(/^\d\d/));
      return;
    case 'PM':
      fields.afternoon = take(/^(?:AM|PM)/) === 'PM';
      return;
    case 'pm':
      fields.afternoon = take(/^(?:am|pm)/) === 'pm';
      return;
    case 'MST': {
      const name = take(/^(?:[A-Z]{3,4}(?:[+-]\d{1,2})?|[+-]\d\d)/);
      // A name alone says no offset; Go takes it for one of zero.
      fields.offset ??= /^GMT([+-]\d+)$/.test(name) ? Number(name.slice(3)) * 3600 : 0;
      return;
    }
    default:
      if (/^[.,]/.test(element)) {
        const found = take(
          element[1] === '0' ? new RegExp(`^[.,]\\d{${element.length - 1}}`) : /^(?:[.,]\d{1,9})?/,
        );
        if (found !== '') fields.nanos = nanosOf(found);
        return;
      }
      fields.offset = offsetOf(element, take);
  }
}

function offsetOf(element: string, take: (pattern: RegExp) => string): number {
  const by = element.includes(':') ? ':' : '';
  const more = (element.replace(/[^0-9]/g, '').length - 2) / 2;
  const digits = `[+-]\\d\\d(?:${by}\\d\\d){${more}}`;
  const found = take(new RegExp(element.startsWith('Z') ? `^(?:Z|${digits})` : `^${digits}`));
  if (found === 'Z') return 0;
  const [h = 0, m = 0, s = 0] = (found.slice(1).match(/\d\d/g) ?? []).map(Number);
  if (h > 24 || m > 59) throw new BuiltinError('time zone offset out of range');
  return (found.startsWith('-') ? -1 : 1) * (h * 3600 + m * 60 + s);
}

function nanosecondsOf(fields: Fields): bigint {
  const { year, month, minute, second, nanos, afternoon, offset, yearDay } = fields;
  let { hour } = fields;
  if (afternoon === true && hour < 12) hour += 12;
  if (afternoon === false && hour === 12) hour = 0;
  const date = new Date(0);
  const day = yearDay ?? fields.day;
  date.setUTCFullYear(year, yearDay === undefined ? month - 1 : 0, day);
  const sameMonth = yearDay !== undefined ? date.getUTCFullYear() === year : date.getUTCMonth() === month - 1;
  if (!sameMonth || day < 1 || month < 1 || hour > 23 || minute > 59 || second > 59)
    throw new BuiltinError('parsing time: out of range');
  const seconds = BigInt(date.getTime() / 1000) + BigInt(hour * 3600 + minute * 60 + second - (offset ?? 0));
  return seconds * 1_000_000_000n + BigInt(nanos);
}
