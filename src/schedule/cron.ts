import { createRequire } from 'node:module';
import type { Cron } from 'croner';
import { BitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';

const require = createRequire(import.meta.url);

/**
 * A cron line of five fields (minute, hour, day, month, weekday; names, `L`, `#` and `@daily` forms too) in an IANA time
 * zone. A time that daylight saving skips is the same distance after the gap; one that it repeats counts once.
 *
 * @throws BitError `usage` telling what is wrong, or that it never comes
 */
export function parseCron(line: string, timezone: string): Cron {
  const { Cron: Parser } = require('croner') as typeof import('croner');
  checkZone(timezone);
  const given = line.trim();
  if (given.length === 0 || given.length > 200)
    throw new BitError('usage', `${printable(line.slice(0, 200))} is no cron line`, { hint: HINT });
  let cron: Cron;
  try {
    cron = new Parser(given, { paused: true, timezone, mode: '5-part' });
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^Cron\w+: /, '') : 'no cron line';
    throw new BitError('usage', `${printable(line)}: ${why}`, { hint: HINT });
  }
  if (cron.nextRun(new Date('2024-01-01T00:00:00Z')) === null)
    throw new BitError('usage', `${printable(line)} never comes`, { hint: HINT });
  return cron;
}

const HINT = "five fields: minute hour day month weekday, such as '30 2 * * 1-5', or @daily";

/** The machine's own where none is named. */
export function localZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function checkZone(timezone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch {
    throw new BitError('usage', `${printable(timezone)} is no time zone`, {
      hint: 'an IANA name, such as Europe/Vienna or UTC',
    });
  }
}
