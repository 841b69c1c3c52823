import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { isHeld, tryLock } from '../kernel/lock.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { rootOf } from './change.ts';
import { type Due, judge, nextWake } from './due.ts';
import { readHandled, readSchedules, writeHandled } from './store.ts';

export interface KeepResult {
  readonly started: number;
  readonly failed: number;
  /** Times that were let go by. */
  readonly skipped: number;
}

/** Looks at least this often: a schedule may have been added, the clock set, the machine asleep. */
const LONGEST_SLEEP_MS = 30_000;

/**
 * Keeps the schedules until Ctrl-C, or with `once` sees to what is due now and ends. A time is marked as seen to before
 * its workflow starts, so a crash never runs it twice; `bit retry` takes up what was interrupted.
 *
 * @throws BitError `busy` where another process keeps them
 */
export async function keepSchedules(
  reader: Reader,
  options: { readonly once: boolean },
): Promise<Effect<KeepResult>> {
  rootOf(reader);
  const { stateDirectory } = reader;
  const { due } = judge(readSchedules(stateDirectory), readHandled(stateDirectory), reader.now());
  const first = due.map(({ schedule, at }) => `run ${schedule.workflow}, due at ${at.toISOString()}`);
  return {
    summary: options.once ? 'run what is due' : 'keep the schedules',
    target: { once: options.once },
    plan: first.length > 0 ? first : ['run nothing now: no schedule is due'],
    touches: { refs: [] },
    beside: true,
    event: 'SCHEDULE_RUN',
    run: (writer) => keep(writer, options.once),
    record: (out) => ({ ...out }),
  };
}

function keeperLock(stateDirectory: string): string {
  return join(stateDirectory, 'schedules', 'keeper.lock');
}

/** Whether a process keeps the schedules now. */
export function keeperRuns(stateDirectory: string): boolean {
  return isHeld(keeperLock(stateDirectory));
}

async function keep(writer: Writer, once: boolean): Promise<KeepResult> {
  const lock = tryLock(keeperLock(writer.stateDirectory));
  if (lock === undefined)
    throw new BitError('busy', 'another process keeps the schedules of this repository', {
      hint: 'end it first, or leave it to that one',
    });
  const running = new Map<string, Promise<void>>();
  const told = { started: 0, failed: 0, skipped: 0 };
  try {
    while (!writer.signal.aborted) {
      const { due, skipped, handled } = judge(
        readSchedules(writer.stateDirectory),
        readHandled(writer.stateDirectory),
        writer.now(),
      );
      if (due.length + skipped.length > 0) writeHandled(writer.stateDirectory, handled);
      for (const late of skipped) pass(writer, late, told);
      for (const item of due) start(writer, item, running, told);
      if (once) break;
      await sleep(
        nextWake(readSchedules(writer.stateDirectory), writer.now(), LONGEST_SLEEP_MS),
        writer.signal,
      );
    }
    await Promise.all(running.values());
    return told;
  } finally {
    lock.release();
  }
}

type Told = { started: number; failed: number; skipped: number };

function pass(writer: Writer, { schedule, at, missed }: Due, told: Told): void {
  told.skipped += missed + 1;
  writer.notice(`${schedule.name}: ${at.toISOString()} is past, and it is said to let missed times go by`);
}

function start(
  writer: Writer,
  { schedule, at, missed }: Due,
  running: Map<string, Promise<void>>,
  told: Told,
): void {
  const { name, workflow } = schedule;
  if (running.has(name)) {
    told.skipped += 1;
    writer.notice(`${name}: still running, so ${at.toISOString()} goes by`);
    return;
  }
  told.started += 1;
  writer.notice(`${name}: runs ${workflow}${missed > 0 ? `, once for ${missed + 1} times that came` : ''}`);
  const run = writer
    .runBit(['run', workflow, '--event', 'schedule', '--no-input', '--yes'], {
      onOutput: (text) => {
        for (const line of text.split('\n')) if (line !== '') writer.notice(`${name}: ${line}`);
      },
    })
    .then((status) => {
      if (status !== 0) told.failed += 1;
      writer.notice(`${name}: ended with ${status}`);
    })
    .finally(() => running.delete(name));
  running.set(name, run);
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end, { once: true });
  });
}
