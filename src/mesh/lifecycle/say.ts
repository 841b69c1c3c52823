import type { ErrorCode } from '../protocol/types.ts';
import type { Peer } from './input.ts';
import type { Job, Mesh } from './mesh.ts';
import type { Said } from './output.ts';
import type { JobStanding } from './record.ts';
import { standardOf } from './states.ts';

export function say(mesh: Mesh, to: Peer, said: Said, re?: string): void {
  mesh.out.push({ kind: 'send', to, ...(re === undefined ? {} : { re }), said });
}

export function refuse(
  mesh: Mesh,
  to: { readonly peer: Peer; readonly re: string },
  refusal: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly job_id?: string;
    readonly retry_after_ms?: number;
  },
): void {
  say(mesh, to.peer, { type: 'ERROR', payload: refusal }, to.re);
}

/** How a job looks from outside. */
export function standingOf(job: Job): JobStanding {
  const { record, soft } = job;
  const runner_id = record.lease?.runner_id ?? record.end?.runner_id;
  const reason = record.end?.reason ?? record.cancel?.reason ?? job.reason ?? triedFor(job);
  return {
    job_id: job.id,
    state: soft,
    standard: standardOf(soft),
    attempt: record.attempt,
    ...(record.fence > 0 ? { fence: record.fence } : {}),
    ...(runner_id === undefined ? {} : { runner_id }),
    ...(reason === undefined ? {} : { reason }),
  };
}

const WAITING: ReadonlySet<Job['soft']> = new Set(['PendingAnnouncement', 'Announced', 'BiddingOpen']);

/** Of one that waits again: why the runner that had it last let it go. */
function triedFor({ record, soft }: Job): string | undefined {
  const last = record.attempts.at(-1);
  return last === undefined || !WAITING.has(soft) ? undefined : `${last.runner_id}: ${last.reason}`;
}

/** Tells who watches. */
export function show(mesh: Mesh, job: Job): void {
  mesh.out.push({ kind: 'standing', standing: standingOf(job) });
}
