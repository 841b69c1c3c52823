/** Whether a runner can be asked for one more job. */
import type { Job, Mesh, Runner } from './mesh.ts';

/** Offers in a row a runner may leave unanswered before it is left alone until it says something. */
const MOST_SILENT = 3;
/** Heartbeats that may be missing. */
const MISSED = 3;

function places(mesh: Mesh, runner: Runner): number {
  if (runner.peer === undefined || !mesh.valid || mesh.draining) return 0;
  if (runner.draining || runner.retiring || runner.record.drained === true) return 0;
  if (runner.quarantinedUntil > mesh.at.now || runner.silent >= MOST_SILENT) return 0;
  if (runner.heard + MISSED * mesh.options.heartbeat_ms < mesh.at.now) return 0;
  const most = runner.probation ? 1 : runner.facts.max_concurrent_jobs;
  return most - runner.leases.size - runner.offers.size;
}

/** After anything that could change it. */
export function refresh(mesh: Mesh, runner: Runner): void {
  const ready = places(mesh, runner) > 0;
  if (ready) mesh.dirty.add(runner);
  if (ready === runner.ready) return;
  runner.ready = ready;
  for (const jobs of runner.classes) {
    if (ready) jobs.ready.add(runner);
    else jobs.ready.delete(runner);
  }
}

export function refreshAll(mesh: Mesh): void {
  for (const runner of mesh.runners.values()) refresh(mesh, runner);
}

/** A runner that is heard of again after silence. */
export function hear(mesh: Mesh, runner: Runner): void {
  runner.heard = mesh.at.now;
  if (runner.silent === 0 && (runner.ready || runner.peer === undefined)) return;
  runner.silent = 0;
  refresh(mesh, runner);
}

export function watchSilence(mesh: Mesh, runner: Runner): void {
  const at = Math.max(mesh.at.now, runner.heard) + MISSED * mesh.options.heartbeat_ms + 1;
  mesh.timers.push({ at, kind: 'silence', runner });
}

/** A runner works under a lease of this job. */
export function take(mesh: Mesh, runner: Runner, job: Job): void {
  runner.leases.add(job);
  refresh(mesh, runner);
}

export function give(mesh: Mesh, runner: Runner, job: Job): void {
  if (!runner.leases.delete(job)) return;
  if (runner.leases.size === 0) runner.idleSince = mesh.at.now;
  refresh(mesh, runner);
}
