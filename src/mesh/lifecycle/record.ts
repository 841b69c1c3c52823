/** What of a job is kept: the record a store holds, and what is written with it. */
import type { EndState, FineState, JobEnd, JobOffer, StandardState } from '../protocol/types.ts';

/** Who works on a job, until when nobody else may. How long it runs is in no record: see `lifecycle/index.ts`. */
export interface Lease {
  readonly runner_id: string;
  /** A name alone proves nothing: a lease is held by a key. */
  readonly public_key: string;
  /** Greater than that of every earlier lease of this job, whichever controller gave it. */
  readonly fence: number;
  /** Incarnation of the controller that answers its renewals. */
  readonly controller: string;
  readonly lease_s: number;
  /** RFC 3339, UTC; for people. */
  readonly granted_at: string;
}

/** An attempt that came to nothing. */
export interface Attempt {
  readonly runner_id: string;
  readonly fence: number;
  readonly reason: string;
  readonly at: string;
}

export interface Ending {
  readonly state: EndState;
  readonly at: string;
  readonly reason?: string;
  readonly runner_id?: string;
  readonly fence?: number;
  /** What the runner that held the lease reported, with its signature; none where no runner did. */
  readonly result?: JobEnd & { readonly signature?: string };
}

/** A job as it is kept. Queued where there is neither `lease` nor `end`. */
export interface JobRecord {
  readonly job_id: string;
  readonly job: JobOffer;
  /** SHA-256 of the canonical specification: the same key with another job is refused. */
  readonly digest: string;
  readonly idempotency_key: string;
  readonly submitted_by: string;
  readonly submitted_at: string;
  /** Of the last lease given, 0 before the first. Never falls. */
  readonly fence: number;
  /** Runners tried since it was submitted, or asked for again. */
  readonly attempt: number;
  /** The last ones, oldest first. */
  readonly attempts: readonly Attempt[];
  readonly lease?: Lease;
  /** Asked for while somebody worked on it. */
  readonly cancel?: { readonly by: string; readonly reason: string; readonly at: string };
  readonly started_at?: string;
  readonly end?: Ending;
}

/** What is known of a runner beyond its connection. */
export interface RunnerRecord {
  readonly runner_id: string;
  /** Told to take no more jobs. */
  readonly drained?: boolean;
  readonly quarantine?: {
    readonly reason: string;
    /** RFC 3339, UTC. */
    readonly until: string;
    /** How often it came to this; each doubles the time. */
    readonly times: number;
  };
}

/** The mesh itself. */
export interface MeshRecord {
  readonly draining: boolean;
}

/**
 * Something for the controller's ledger. It is written with the change it tells of, and stays in the outbox until the
 * ledger has it: an entry that is there twice after a crash has the same `id` twice.
 */
export interface LedgerEvent {
  readonly id: string;
  readonly event:
    | 'JOB_SUBMIT'
    | 'JOB_ASSIGN'
    | 'JOB_REQUEUE'
    | 'JOB_CANCEL'
    | 'JOB_RESULT'
    | 'JOB_RETRY'
    | 'LEASE_ADOPT'
    | 'RUNNER_QUARANTINE'
    | 'RUNNER_RELEASE'
    | 'RUNNER_DRAIN'
    | 'MESH_DRAIN';
  /** RFC 3339, UTC. */
  readonly ts: string;
  readonly job_id?: string;
  readonly runner_id?: string;
  readonly fence?: number;
  /** Further facts; no secrets, no output of jobs. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A change that is durable as a whole or not at all. */
export type Write =
  | {
      readonly kind: 'job';
      readonly record: JobRecord;
      /** Revision this follows; 0 for a job that is new. Another in the store refuses the write. */
      readonly after: number;
      readonly events: readonly LedgerEvent[];
    }
  | { readonly kind: 'runner'; readonly record: RunnerRecord; readonly events: readonly LedgerEvent[] }
  | { readonly kind: 'mesh'; readonly record: MeshRecord; readonly events: readonly LedgerEvent[] };

/** A job and the revision the store has it in. */
export interface Kept {
  readonly record: JobRecord;
  /** Grows with every write of this job. */
  readonly revision: number;
}

/** What became of a write. */
export type Outcome =
  /** `revision`: of the job; 0 where it was no job. */
  | { readonly stored: true; readonly revision: number }
  /** Somebody else wrote this job first; `kept` is how it is now, none where it is gone. */
  | { readonly stored: false; readonly kept?: Kept };

/** How a job looks from outside. */
export interface JobStanding {
  readonly job_id: string;
  readonly state: FineState;
  readonly standard: StandardState;
  readonly attempt: number;
  readonly fence?: number;
  readonly runner_id?: string;
  readonly reason?: string;
}
