import { BitError } from './errors.ts';
import { shorten } from './text.ts';

const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const WORDS: Readonly<Record<string, string>> = {
  second: 's',
  minute: 'm',
  min: 'm',
  hour: 'h',
  day: 'd',
  week: 'w',
};
const DAY = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?$/;

/**
 * A moment as people write it: `2026-01-31`, `2026-01-31T12:00:00Z`, `now`, `today`, `yesterday`, `90m`,
 * `2 weeks ago`. A day or a time without zone is local; a day is its first instant.
 *
 * @throws BitError `usage` naming it
 */
export function parseMoment(text: string, now: Date): Date {
  const word = text.trim().toLowerCase();
  const day = DAY.exec(word);
  if (day !== null) return checked(text, localDay(Number(day[1]), Number(day[2]), Number(day[3])));
  if (TIME.test(text.trim())) return checked(text, new Date(text.trim().replace(' ', 'T')));
  if (word === 'now') return now;
  if (word === 'today' || word === 'yesterday') {
    const back = word === 'today' ? 0 : 1;
    return new Date(now.getFullYear(), now.getMonth(), now.getDate() - back);
  }
  const [, number, unit = ''] = /^(\d{1,6})\s*([a-z]+?)s?(?:\s+ago)?$/.exec(word) ?? [];
  const size = UNITS[WORDS[unit] ?? unit];
  if (number !== undefined && size !== undefined) return new Date(now.getTime() - Number(number) * size);
  if (number !== undefined && (unit === 'month' || unit === 'year'))
    return monthsBack(now, Number(number) * (unit === 'year' ? 12 : 1));
  return checked(text, new Date(Number.NaN));
}

function localDay(year: number, month: number, day: number): Date {
  const date = new Date(year, month - 1, day);
  // 2026-02-31 would otherwise become a day in March
  return date.getMonth() === month - 1 && date.getDate() === day ? date : new Date(Number.NaN);
}

/** The same day so many months ago, or that month's last one. */
function monthsBack(now: Date, months: number): Date {
  const date = new Date(now);
  date.setDate(1);
  date.setMonth(date.getMonth() - months);
  const last = new Date(date.getFullYear(), date.getMonth() + 1, 0).getDate();
  date.setDate(Math.min(now.getDate(), last));
  return checked(String(months), date);
}

function checked(text: string, date: Date): Date {
  if (!Number.isNaN(date.getTime())) return date;
  throw new BitError('usage', `not a time: ${shorten(text)}`, {
    hint: 'write 2026-01-31, 2026-01-31T12:00:00Z, yesterday, 90m or 2 weeks ago',
  });
}
