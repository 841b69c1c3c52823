/** What happens to a mesh. */
import type { FineState, JobEnd, JobSpecification, PayloadOf, Persona } from '../protocol/types.ts';
import type { Kept, MeshRecord, Outcome, RunnerRecord } from './record.ts';

/** A session of a connected runner or client: the controller's name for it, never used again for another. */
export type Peer = string;

/** What HELLO proved and told. */
export interface RunnerFacts {
  readonly runner_id: string;
  readonly public_key: string;
  readonly persona: Persona;
  readonly capabilities: Readonly<Record<string, readonly string[]>>;
  readonly policies: readonly string[];
  readonly max_concurrent_jobs: number;
  readonly profile?: string;
  readonly resources?: {
    readonly cpu?: number;
    readonly memory_bytes?: number;
    readonly gpu?: number;
    /** Of each kind. */
    readonly gpus?: Readonly<Record<string, number>>;
  };
}

export interface Held {
  readonly job_id: string;
  readonly fence: number;
}

/** `re`: the `msg_id` to answer. */
export type Input =
  /** First of all: every job that has not ended, from the store. */
  | {
      readonly type: 'load';
      readonly jobs: readonly Kept[];
      readonly runners: readonly RunnerRecord[];
      readonly mesh?: MeshRecord;
    }
  /**
   * Which controllers live, and whether this one's own claim holds (where there is one controller: itself, true). A
   * controller whose claim lapsed comes back as another incarnation: `me` is new then.
   */
  | {
      readonly type: 'standing';
      readonly me: string;
      readonly live: readonly string[];
      readonly valid: boolean;
    }
  /**
   * A runner has proved who it is. `jobs`: the leases it still works under, all of them. `sent`: its `ts`, Unix ms.
   * `challenged`: when the CHALLENGE it answers was sent, by the clock of `Moment.now`.
   */
  | {
      readonly type: 'hello';
      readonly sent: number;
      readonly challenged: number;
      readonly peer: Peer;
      readonly runner: RunnerFacts;
      readonly jobs: readonly Held[];
    }
  | { readonly type: 'gone'; readonly peer: Peer }
  | { readonly type: 'heartbeat'; readonly peer: Peer; readonly load: number; readonly draining: boolean }
  /** JOB_BID, or JOB_CLAIM (without terms). */
  | {
      readonly type: 'bid';
      readonly peer: Peer;
      /** The assignment answers this very bid: the runner counts its lease from when it sent it. */
      readonly re: string;
      readonly job_id: string;
      readonly terms?: { readonly eta_s: number; readonly cost_units: number; readonly confidence: number };
    }
  | ({ readonly type: 'decline'; readonly peer: Peer } & PayloadOf<'JOB_DECLINE'>)
  | {
      readonly type: 'progress';
      readonly peer: Peer;
      readonly job_id: string;
      readonly fence: number;
      readonly state: FineState;
      readonly reason?: string;
    }
  | {
      readonly type: 'renew';
      readonly peer: Peer;
      readonly re: string;
      readonly leases: readonly Held[];
    }
  /** That who held these leases has ended, with all it did under them: signed by its key, told by whoever. */
  | { readonly type: 'released'; readonly leases: readonly (Held & { readonly public_key: string })[] }
  | {
      readonly type: 'result';
      readonly peer: Peer;
      readonly re: string;
      readonly end: JobEnd & { readonly signature?: string };
    }
  | {
      readonly type: 'submit';
      readonly peer: Peer;
      readonly re: string;
      /** Whose `key` it is: keys of different submitters never meet. */
      readonly submitter: string;
      readonly key: string;
      readonly job: JobSpecification;
    }
  | {
      readonly type: 'cancel';
      readonly peer: Peer;
      readonly re: string;
      readonly by: string;
      readonly job_id: string;
      readonly reason: string;
    }
  | {
      readonly type: 'retry';
      readonly peer: Peer;
      readonly re: string;
      readonly by: string;
      readonly job_id: string;
    }
  /** A runner (`runner_id`) or the mesh takes no more jobs, or does again. */
  | {
      readonly type: 'drain';
      readonly peer: Peer;
      readonly re: string;
      readonly by: string;
      readonly runner_id?: string;
      readonly drain: boolean;
    }
  /** Ends a quarantine by hand. */
  | {
      readonly type: 'release';
      readonly peer: Peer;
      readonly re: string;
      readonly by: string;
      readonly runner_id: string;
    }
  /** What became of writes, in the order they were given. */
  | { readonly type: 'stored'; readonly outcomes: readonly Outcome[] }
  /** Another controller changed this. */
  | { readonly type: 'changed'; readonly jobs: readonly Kept[]; readonly runners?: readonly RunnerRecord[] }
  /** Answers `load`: the job, or none, and what was waiting for it. */
  | { readonly type: 'loaded'; readonly job_id: string; readonly kept?: Kept; readonly again: Input }
  /** What `permits` says may be different now. */
  | { readonly type: 'policy-changed' }
  /** Time passed: at the latest when `wakeAt` says. */
  | { readonly type: 'tick' };
