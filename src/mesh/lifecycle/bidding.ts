import type { Job, Mesh } from './mesh.ts';
import { refresh } from './slots.ts';

/** Ends a bidding without a winner and leaves the job without a place. */
export function dropBidding(mesh: Mesh, job: Job): void {
  const { bidding } = job;
  if (bidding === undefined) return;
  job.bidding = undefined;
  job.phase = 'apart';
  for (const runner of bidding.asked.keys()) {
    runner.offers.delete(job);
    refresh(mesh, runner);
  }
}

/** A runner is not asked for a job for a while. */
export function avoid(mesh: Mesh, job: Job, runnerId: string, milliseconds: number): void {
  const until = mesh.at.now + milliseconds;
  if ((job.avoid.get(runnerId) ?? 0) >= until) return;
  job.avoid.set(runnerId, until);
  mesh.timers.push({ at: until, kind: 'again', job });
}
