/**
 * The mesh from outside: submits jobs, follows them, asks how the mesh stands.
 *
 * {@link openMesh} finds the controller (the address given, `BIT_MESH`, one that runs in this repository, the seeds of
 * `.bit/mesh/config.yml`, then mDNS), proves who asks with the user's own key, and keeps the connection: a broken one is
 * taken up again, a watch goes on where it stood, and a submission is repeated under its idempotency key.
 */
export {
  type At,
  type JobOutput,
  type JobPage,
  jobOutput,
  listJobs,
  type MeshStanding,
  meshStanding,
  topOfMesh,
  watchJob,
  withMesh,
} from './asks.ts';
export { cancelJob, type Drained, drainMesh, type JobChanged, retryJob } from './changes.ts';
export { type MeshReader, type OpenOptions, openMesh } from './connect.ts';
export { describeTask } from './describe.ts';
export { type FollowOptions, followJob } from './follow.ts';
export { type ControllerFile, controllerFile, controllerHere } from './place.ts';
export { jobRepository } from './repository.ts';
export { renderJobs, renderMesh, renderPeers, stateWord } from './rows.ts';
export { MeshSession, Watches } from './session.ts';
export { renderSubmitted, type SubmitRequest, type SubmittedJob, submitJob } from './submit.ts';
export { getArtifact, putArtifact, type Transfer } from './transfer.ts';

import type { JobSpecification, LedgerPosition, PayloadOf, StandardState } from '../protocol/types.ts';

export type JobRow = PayloadOf<'JOB_LIST'>['jobs'][number];
export type MeshStatus = PayloadOf<'MESH_STATUS'>;
export type MeshPeer = NonNullable<MeshStatus['peers']>[number];

export interface JobQuestion {
  readonly jobs?: readonly string[];
  readonly standard?: readonly StandardState[];
  readonly repo?: string;
  /** Only jobs that ended then or later, RFC 3339. */
  readonly ended_since?: string;
  readonly after?: string;
  /** At most 500. */
  readonly limit: number;
}

export interface Submitted {
  readonly job_id: string;
  /** The key was known: the job is the one of the first submission. */
  readonly duplicate: boolean;
  /** The controller's entry of it. */
  readonly ledger?: LedgerPosition;
}

export type JobNews =
  | ({ readonly kind: 'state' } & PayloadOf<'JOB_STATE'>)
  | ({ readonly kind: 'log' } & PayloadOf<'JOB_LOG'>);

export interface WatchOptions {
  readonly logs: boolean;
  /** Log of this lease; default the latest. */
  readonly fence?: number;
  /** Bytes of that log that are known already. */
  readonly offset?: number;
  /** End with what there is by now, instead of with the job. */
  readonly soFar?: boolean;
  readonly signal?: AbortSignal;
}

export interface MeshClient {
  /** Where it is connected to. */
  readonly address: string;
  /** Name of the mesh. */
  readonly mesh: string;
  /** Returned once the job is on the controller's disk. @throws BitError `denied` where a policy refuses it */
  submit(job: JobSpecification, idempotencyKey: string): Promise<Submitted>;
  /** Newest first. */
  jobs(question: JobQuestion): Promise<{ readonly jobs: readonly JobRow[]; readonly next?: string }>;
  /** @throws BitError `not-found` */
  job(id: string): Promise<JobRow>;
  /** States and output as they come, until the job has ended; across reconnections. */
  watch(id: string, options: WatchOptions): AsyncIterable<JobNews>;
  cancel(id: string, reason: string): Promise<void>;
  /** A job that ended badly, once more. */
  retry(id: string): Promise<void>;
  status(options?: { readonly peers?: boolean }): Promise<MeshStatus>;
  /** A runner, or the whole mesh, takes no more jobs; `drain: false` ends that. */
  drain(runner: string | undefined, drain: boolean): Promise<void>;
  /** Keeps a file under an `aln+ns://` URI at the controller, going on where an earlier upload broke off. */
  put(uri: string, path: string): Promise<{ readonly sha256: string; readonly size: number }>;
  /** Writes what a URI names to `path`, whose digest was checked. @throws BitError `not-found`, `integrity`, also for more than `most` bytes */
  get(uri: string, path: string, most?: number): Promise<{ readonly sha256: string; readonly size: number }>;
  close(): Promise<void>;
}
