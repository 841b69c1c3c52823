/** A runner that keeps failing is left alone: each time twice as long, then it begins with one job at a time. */
import { type Mesh, type Runner, timestamp } from './mesh.ts';
import type { RunnerRecord } from './record.ts';
import { refresh } from './slots.ts';
import { writeRunner } from './writes.ts';

/** A lease or an attempt came to nothing, and not by the job's fault. */
export function blame(mesh: Mesh, runnerId: string, reason: string): void {
  const runner = mesh.runners.get(runnerId);
  if (runner === undefined) return;
  runner.failures++;
  if (runner.failures < mesh.options.quarantine_after || runner.quarantinedUntil > mesh.at.now) return;
  const times = (runner.record.quarantine?.times ?? 0) + 1;
  const { quarantine_ms, quarantine_most_ms } = mesh.options;
  const milliseconds = Math.min(quarantine_most_ms, quarantine_ms * 2 ** (times - 1));
  const until = timestamp(mesh, milliseconds);
  runner.failures = 0;
  runner.record = { ...runner.record, quarantine: { reason, until, times } };
  confine(mesh, runner, milliseconds);
  writeRunner(mesh, runner.record, {
    id: `${runner.id}.${until}`,
    event: 'RUNNER_QUARANTINE',
    facts: { reason, until, times },
    done: () => {},
  });
}

function confine(mesh: Mesh, runner: Runner, milliseconds: number): void {
  runner.quarantinedUntil = mesh.at.now + milliseconds;
  runner.probation = true;
  mesh.timers.push({ at: runner.quarantinedUntil + 1, kind: 'quarantine', runner });
  refresh(mesh, runner);
}

/** What was known of a runner when it comes. */
export function recall(mesh: Mesh, runner: Runner, record: RunnerRecord): void {
  runner.record = record;
  const { quarantine } = record;
  if (quarantine === undefined) return;
  // Only people's clocks outlast a process: a wrong one makes a quarantine longer or shorter, nothing worse.
  const left = Date.parse(quarantine.until) - mesh.at.wall;
  if (left > 0) confine(mesh, runner, Math.min(left, mesh.options.quarantine_most_ms));
  else runner.probation = true;
}

/** It finished a job. */
export function praise(mesh: Mesh, runner: Runner): void {
  runner.failures = 0;
  if (!runner.probation) return;
  runner.probation = false;
  release(mesh, runner, 'it finished a job', () => {});
}

export function release(mesh: Mesh, runner: Runner, reason: string, done: () => void): void {
  const { quarantine, ...rest } = runner.record;
  runner.record = rest;
  runner.failures = 0;
  runner.quarantinedUntil = 0;
  runner.probation = false;
  refresh(mesh, runner);
  writeRunner(mesh, rest, {
    id: `${runner.id}.${quarantine?.until ?? timestamp(mesh)}.released`,
    event: 'RUNNER_RELEASE',
    facts: { reason },
    done,
  });
}
