/** Leases: given, renewed, adopted, lost. */
import { extend } from './attach.ts';
import { avoid } from './bidding.ts';
import type { Held, Input, Peer } from './input.ts';
import { type Job, type Mesh, type Runner, timestamp } from './mesh.ts';
import { blame } from './quarantine.ts';
import { classOf } from './queue.ts';
import type { Attempt, JobRecord, Lease } from './record.ts';
import { say } from './say.ts';
import { writeJob } from './writes.ts';

/** Attempts a record remembers. */
const MOST_ATTEMPTS_KEPT = 10;

/** Writes the lease; the runner hears of it when it is durable. */
export function grant(mesh: Mesh, job: Job, runner: Runner, re: string): void {
  const { record } = job;
  const fence = record.fence + 1;
  const lease: Lease = {
    runner_id: runner.id,
    public_key: runner.facts.public_key,
    fence,
    controller: mesh.me,
    lease_s: mesh.options.lease_ms / 1000,
    granted_at: timestamp(mesh),
  };
  writeJob(mesh, job, {
    record: { ...record, fence, attempt: record.attempt + 1, lease },
    event: 'JOB_ASSIGN',
    facts: { attempt: record.attempt + 1, lease_s: lease.lease_s },
    done: () => {
      if (runner.peer === undefined || runner.facts.public_key !== lease.public_key) {
        // It left while that was written, and never heard of it.
        lose(mesh, job, 'the runner left before it was told', { counts: false, gone: true });
        return;
      }
      const { attempt } = job.record;
      say(
        mesh,
        runner.peer,
        {
          type: 'JOB_ASSIGN',
          payload: {
            job_id: job.id,
            runner_id: runner.id,
            fence,
            lease_s: lease.lease_s,
            attempt,
            job: record.job,
          },
        },
        re,
      );
    },
  });
}

/** The lease of this job that `runner` holds with `fence`, if it does. */
export function leaseOf(job: Job, runner: Runner, fence: number): Lease | undefined {
  const { lease } = job.record;
  if (lease === undefined || lease.fence !== fence || lease.runner_id !== runner.id) return undefined;
  return lease.public_key === runner.facts.public_key ? lease : undefined;
}

/** LEASE_RENEW: each lease is renewed, adopted (and answered when that is durable), or lost. */
export function renew(
  mesh: Mesh,
  runner: Runner,
  { peer, re, leases }: { readonly peer: Peer; readonly re: string; readonly leases: readonly Held[] },
  looked: boolean,
): void {
  // Whoever has no claim can promise nothing.
  if (!mesh.valid) return;
  const renewed: { job_id: string; fence: number; lease_s: number }[] = [];
  const lost: Held[] = [];
  let later = 0;
  for (const { job_id, fence } of leases) {
    const job = mesh.jobs.get(job_id);
    const single: Input = { type: 'renew', peer, re, leases: [{ job_id, fence }] };
    if (job?.flight !== undefined) {
      job.waiting.push(single);
      later++;
      continue;
    }
    const lease = job === undefined ? undefined : leaseOf(job, runner, fence);
    if (lease === undefined && !looked && mesh.options.claim_ms > 0) {
      // Another controller may have given it, and that was not heard of here yet.
      mesh.out.push({ kind: 'load', job_id, again: single });
      later++;
      continue;
    }
    if (job === undefined || lease === undefined || job.deadline <= mesh.at.now) {
      lost.push({ job_id, fence });
      continue;
    }
    if (lease.controller !== mesh.me) {
      adopt(mesh, job, lease, single);
      later++;
      continue;
    }
    extend(mesh, job, lease);
    if (job.soft === 'AwaitingAssignmentConfirmation') job.soft = 'Assigned';
    renewed.push({ job_id, fence, lease_s: lease.lease_s });
    if (job.record.cancel !== undefined) tellCancel(mesh, runner, job);
  }
  if (later > 0 && renewed.length + lost.length === 0) return;
  say(mesh, peer, { type: 'LEASE_RENEWED', payload: { leases: renewed, lost } }, re);
}

/** A lease comes under this controller; `cause` is answered then as for one of its own. */
export function adopt(mesh: Mesh, job: Job, lease: Lease, cause: Input | undefined): void {
  writeJob(mesh, job, {
    record: { ...job.record, lease: { ...lease, controller: mesh.me } },
    event: 'LEASE_ADOPT',
    facts: { from: lease.controller, to: mesh.me },
    ...(cause === undefined ? {} : { cause, done: () => mesh.again.push(cause) }),
  });
}

export function tellCancel(mesh: Mesh, runner: Runner, job: Job): void {
  const { lease, cancel } = job.record;
  if (runner.peer === undefined || lease === undefined || cancel === undefined) return;
  say(mesh, runner.peer, {
    type: 'JOB_CANCEL',
    payload: { job_id: job.id, fence: lease.fence, reason: cancel.reason },
  });
}

interface Losing {
  /** Whether it was a try. */
  readonly counts: boolean;
  /** Whether the runner is to blame; by default where it counts. */
  readonly blames?: boolean;
  readonly cause?: Input;
  /** How long it is not given to that runner again. */
  readonly avoid_ms?: number;
  /** Nothing was wrong with the job or what it needs: its runner was gone. It may have it again where no other could. */
  readonly gone?: boolean;
  readonly done?: () => void;
}

/** Whether somebody else is there who could do it, be it later. */
function othersCould(mesh: Mesh, job: Job, runnerId: string): boolean {
  for (const runner of classOf(mesh, job).eligible) if (runner.id !== runnerId) return true;
  return false;
}

/** A lease ends without a result: the job goes to another runner, or ends where it has none left to try. */
export function lose(mesh: Mesh, job: Job, reason: string, losing: Losing): void {
  const { record } = job;
  const { lease } = record;
  if (lease === undefined) return;
  const alone = losing.gone === true && !othersCould(mesh, job, lease.runner_id);
  const { avoid_ms, bid_most_ms } = mesh.options;
  avoid(mesh, job, lease.runner_id, losing.avoid_ms ?? (alone ? bid_most_ms : avoid_ms));
  const at = timestamp(mesh);
  const tried: Attempt = { runner_id: lease.runner_id, fence: lease.fence, reason, at };
  const attempt = losing.counts ? record.attempt : record.attempt - 1;
  const { lease: _over, ...rest } = record;
  const free: JobRecord = {
    ...rest,
    attempt,
    attempts: [...record.attempts, tried].slice(-MOST_ATTEMPTS_KEPT),
  };
  if (losing.blames ?? losing.counts) blame(mesh, lease.runner_id, reason);
  const { cause, done } = losing;
  const more = { ...(cause === undefined ? {} : { cause }), ...(done === undefined ? {} : { done }) };
  if (record.cancel !== undefined) {
    const { reason: why } = record.cancel;
    writeJob(mesh, job, {
      record: { ...free, end: { state: 'Cancelled', at, reason: why } },
      event: 'JOB_CANCEL',
      facts: { by: record.cancel.by, reason: why },
      ...more,
    });
    return;
  }
  if (attempt >= (record.job.attempts ?? mesh.options.attempts)) {
    const why = attempt === 1 ? reason : `tried ${attempt} times; the last: ${reason}`;
    writeJob(mesh, job, {
      record: { ...free, end: { state: 'Failed', at, reason: why, runner_id: lease.runner_id } },
      event: 'JOB_RESULT',
      facts: { status: 'Failed', reason: why },
      ...more,
    });
    return;
  }
  writeJob(mesh, job, { record: free, event: 'JOB_REQUEUE', facts: { reason, attempt }, ...more });
}

/** A lease ran out, as far as this controller can know. */
export function expire(mesh: Mesh, job: Job, fence: number): void {
  if (job.phase !== 'leased' || job.record.lease?.fence !== fence) return;
  if (job.flight !== undefined || !mesh.valid) {
    mesh.timers.push({ at: mesh.at.now + 1000, kind: 'lease', job, fence });
    return;
  }
  if (job.until > mesh.at.now) {
    if (job.until < Number.POSITIVE_INFINITY) mesh.timers.push({ at: job.until, kind: 'lease', job, fence });
    return;
  }
  const over = job.deadline <= mesh.at.now ? 'it ran beyond its time limit' : 'its lease ran out';
  lose(mesh, job, over, { counts: true, gone: true });
}

/** Leases of a runner whose end was seen: nobody works under them any more, so nobody waits for their time. */
export function release(mesh: Mesh, leases: readonly (Held & { readonly public_key: string })[]): void {
  for (const one of leases) {
    const job = mesh.jobs.get(one.job_id);
    const lease = job?.record.lease;
    if (job === undefined || lease?.fence !== one.fence || lease.public_key !== one.public_key) continue;
    const cause: Input = { type: 'released', leases: [one] };
    if (job.flight !== undefined) job.waiting.push(cause);
    else if (mesh.valid) lose(mesh, job, 'its runner ended', { counts: true, gone: true, cause });
  }
}
