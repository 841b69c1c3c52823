import { parseCron } from './cron.ts';
import type { Handled, Schedule } from './store.ts';

export interface Due {
  readonly schedule: Schedule;
  /** The latest time that came. */
  readonly at: Date;
  /** Times before it that nobody was there for. */
  readonly missed: number;
}

export interface Judged {
  readonly due: readonly Due[];
  /** Those whose times are past and, by their own word, not to be made up for. */
  readonly skipped: readonly Due[];
  /** What is seen to once these are. */
  readonly handled: Handled;
}

/** Later than this after its time, nobody was there: the machine slept, or nothing ran. */
const ON_TIME_MS = 90_000;
/** A year of minutes would be walked through; more missed ones are not counted. */
const MOST_MISSED = 1000;

/** What is due now: pure, from what was seen to before. A schedule is due once, however many of its times came. */
export function judge(schedules: readonly Schedule[], handled: Handled, now: Date): Judged {
  const due: Due[] = [];
  const skipped: Due[] = [];
  const after: Record<string, string> = {};
  for (const schedule of schedules) {
    const since = new Date(handled[schedule.name] ?? schedule.added);
    const last = lastBetween(schedule, since, now);
    after[schedule.name] = last === undefined ? since.toISOString() : last.at.toISOString();
    if (last === undefined) continue;
    const late = now.getTime() - last.at.getTime() > ON_TIME_MS;
    (late && schedule.missed === 'skip' ? skipped : due).push({ schedule, ...last });
  }
  return { due, skipped, handled: after };
}

/** The next time of any of them, at the latest `most` milliseconds from now. */
export function nextWake(schedules: readonly Schedule[], now: Date, most: number): number {
  const times = schedules.map(({ cron, timezone }) => parseCron(cron, timezone).nextRun(now)?.getTime());
  const soonest = Math.min(...times.filter((time) => time !== undefined), now.getTime() + most);
  return Math.max(0, soonest - now.getTime());
}

function lastBetween(
  { cron, timezone }: Schedule,
  since: Date,
  now: Date,
): { readonly at: Date; readonly missed: number } | undefined {
  const pattern = parseCron(cron, timezone);
  let at: Date | undefined;
  let count = 0;
  let next = pattern.nextRun(since);
  while (next !== null && next <= now && count <= MOST_MISSED) {
    at = next;
    count += 1;
    next = pattern.nextRun(next);
  }
  // so many: the last is found from the other end
  if (count > MOST_MISSED) at = pattern.previousRuns(1, new Date(now.getTime() + 1))[0] ?? at;
  return at === undefined ? undefined : { at, missed: count - 1 };
}
