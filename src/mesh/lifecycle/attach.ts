/** Where a job has its place in memory: its queue, its lease, among the ended. */
import { dropBidding } from './bidding.ts';
import type { Job, Mesh } from './mesh.ts';
import { enqueue, unqueue } from './queue.ts';
import type { Kept, Lease } from './record.ts';
import { show } from './say.ts';
import { give, take } from './slots.ts';
import { fineOf } from './states.ts';

const FOREVER = Number.POSITIVE_INFINITY;

export function detach(mesh: Mesh, job: Job): void {
  unqueue(job);
  dropBidding(mesh, job);
  if (job.phase === 'leased') {
    const runnerId = job.record.lease?.runner_id ?? '';
    const held = mesh.held.get(runnerId);
    held?.delete(job);
    if (held?.size === 0) mesh.held.delete(runnerId);
    mesh.leased--;
    const runner = mesh.runners.get(runnerId);
    if (runner !== undefined) give(mesh, runner, job);
  }
  if (job.phase === 'ended') mesh.ended.delete(job);
  if (job.phase !== 'new') job.phase = 'apart';
}

/** Gives a job the place its record says. */
export function attach(mesh: Mesh, job: Job, { record, revision }: Kept): void {
  // What was loaded just now had no place before.
  const before = job.phase === 'new' ? undefined : job.record.lease;
  job.record = record;
  job.revision = revision;
  if (record.end !== undefined) end(mesh, job);
  else if (record.lease !== undefined) hold(mesh, job, record.lease, before);
  else queue(mesh, job);
}

function end(mesh: Mesh, job: Job): void {
  const { end } = job.record;
  job.phase = 'ended';
  job.soft = end === undefined ? 'Failed' : fineOf(end.state);
  job.until = FOREVER;
  job.avoid.clear();
  mesh.ended.add(job);
  if (mesh.ended.size > mesh.options.remembered) {
    for (const oldest of mesh.ended) {
      mesh.ended.delete(oldest);
      // One with a write under way is asked for again soon.
      if (oldest.flight === undefined) mesh.jobs.delete(oldest.id);
      else mesh.ended.add(oldest);
      break;
    }
  }
  show(mesh, job);
}

function hold(mesh: Mesh, job: Job, lease: Lease, before: Lease | undefined): void {
  job.phase = 'leased';
  job.reason = undefined;
  let held = mesh.held.get(lease.runner_id);
  if (held === undefined) {
    held = new Set();
    mesh.held.set(lease.runner_id, held);
  }
  held.add(job);
  mesh.leased++;
  const runner = mesh.runners.get(lease.runner_id);
  if (runner !== undefined && runner.facts.public_key === lease.public_key) take(mesh, runner, job);
  const same = before?.fence === lease.fence;
  if (!same) {
    job.soft = 'AwaitingAssignmentConfirmation';
    job.leasedSince = mesh.at.now;
    const { timeout_s } = job.record.job;
    job.deadline = mesh.at.now + timeout_s * 1000 + mesh.options.overtime_ms;
  }
  if (!same || before.controller !== lease.controller) extend(mesh, job, lease);
  // Once more for the same lease too: it may have run out while a write that ends it lost a race.
  if (job.until < FOREVER) mesh.timers.push({ at: job.until, kind: 'lease', job, fence: lease.fence });
  show(mesh, job);
}

/** The time from which on nobody works under a lease any more, counted from now. */
export function extend(mesh: Mesh, job: Job, lease: Lease): void {
  const { margin_ms, claim_ms } = mesh.options;
  const known = lease.controller === mesh.me || !mesh.live.includes(lease.controller);
  // A controller that lives sees to its leases itself.
  job.until = known ? mesh.at.now + lease.lease_s * 1000 + margin_ms + claim_ms : FOREVER;
}

function queue(mesh: Mesh, job: Job): void {
  job.soft = 'PendingAnnouncement';
  job.until = FOREVER;
  job.deadline = FOREVER;
  job.startedAt = undefined;
  if (nearest(mesh, job.id) !== mesh.me && !job.stealable) {
    job.phase = 'apart';
    mesh.timers.push({ at: mesh.at.now + mesh.options.steal_ms, kind: 'steal', job });
  } else {
    enqueue(mesh, job);
  }
  show(mesh, job);
}

/** Rendezvous hashing (FNV-1a): which of the controllers takes a job first, so that they rarely want the same one. */
function nearest(mesh: Mesh, jobId: string): string {
  if (mesh.live.length < 2) return mesh.me;
  let best = mesh.me;
  let most = -1;
  for (const controller of mesh.live) {
    let hash = 0x811c9dc5;
    for (const text of [controller, jobId])
      for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
    if (hash > most) [best, most] = [controller, hash];
  }
  return best;
}
