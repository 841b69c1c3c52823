import type { Reader } from '../operation/index.ts';
import { parseCron } from './cron.ts';
import { type DeclaredSchedule, declaredSchedules, isAsDeclared } from './declared.ts';
import { readHandled, readSchedules, type Schedule } from './store.ts';

export interface ShownSchedule extends Schedule {
  /** RFC 3339, soonest first. */
  readonly next: readonly string[];
  /** The last time that was seen to. */
  readonly handled: string | null;
}

export interface ScheduleList {
  readonly schedules: readonly ShownSchedule[];
  /** What the work tree's files declare and this clone does not run, or runs otherwise. */
  readonly declared: readonly DeclaredSchedule[];
}

/** What runs by itself, and when next; the soonest first. */
export async function listSchedules(reader: Reader, count: number): Promise<ScheduleList> {
  const handled = readHandled(reader.stateDirectory);
  const now = reader.now();
  const schedules = readSchedules(reader.stateDirectory).map((schedule) => ({
    ...schedule,
    next: parseCron(schedule.cron, schedule.timezone)
      .nextRuns(count, now)
      .map((time) => time.toISOString()),
    handled: handled[schedule.name] ?? null,
  }));
  const root = reader.repository?.root;
  const declared = root === undefined ? [] : await declaredSchedules(root);
  return {
    schedules: schedules.sort((a, b) => ((a.next[0] ?? '~') < (b.next[0] ?? '~') ? -1 : 1)),
    declared: declared.filter(
      (one) => !schedules.some((other) => other.name === one.name && isAsDeclared(other, one)),
    ),
  };
}
