/**
 * Where a mesh keeps what it must not forget: jobs with their leases and results, runners in quarantine, what the
 * ledger has still to be told, logs. A port with two adapters: embedded (SQLite, one controller) and NATS JetStream
 * (as many controllers as like).
 *
 * What an acknowledgement means: embedded, `commit` answers when the disk has it (fsync); NATS, when the server has
 * acknowledged it, which survives killed processes and, where the server syncs each write or is replicated, power loss
 * (docs/mesh.md). Logs survive killed processes on both.
 */

import type { StreamingDriver } from '../../storage/index.ts';
import type {
  JobRecord,
  Kept,
  LedgerEvent,
  MeshRecord,
  Outcome,
  RunnerRecord,
  Write,
} from '../lifecycle/index.ts';
import type { StandardState } from '../protocol/types.ts';

/** Everything a controller needs in memory. */
export interface Loaded {
  /** Jobs that have not ended, oldest first. */
  readonly jobs: readonly Kept[];
  readonly runners: readonly RunnerRecord[];
  readonly mesh?: MeshRecord;
}

export interface JobFilter {
  readonly jobs?: readonly string[];
  readonly standard?: readonly StandardState[];
  readonly repo?: string;
  /** Only such as ended then or later; as `Date.prototype.toISOString` writes it. */
  readonly ended_since?: string;
  /** The last one of the page before. */
  readonly after?: string;
  readonly limit: number;
}

export interface Pruning {
  readonly keep: number;
  readonly before: string;
  readonly most: number;
}

export interface LogChunk {
  readonly job_id: string;
  readonly fence: number;
  /** Of the first byte, in UTF-8, of the whole log of this lease. */
  readonly offset: number;
  readonly stream: 'stdout' | 'stderr' | 'event';
  readonly data: string;
}

/** A claim to be alive among the controllers of a mesh. */
export interface Membership {
  /** This incarnation; another after a claim that lapsed. */
  readonly me: string;
  /** Sorted; with this one while its claim holds. */
  readonly live: readonly string[];
  /** False from the moment the claim may have lapsed, by this machine's monotonic clock. */
  readonly valid: boolean;
}

export interface MeshStore {
  readonly engine: 'embedded' | 'nats';
  /** Whether other controllers write here too. */
  readonly shared: boolean;
  /** How long a controller's claim holds, 0 where there is one controller: the lifecycle has to be told. */
  readonly claim_ms: number;

  load(): Promise<Loaded>;

  /**
   * Answers in the order given, when they are durable: one outcome for each write. Writes of the same job go in
   * order; where one is refused, so are those after it in this call. What other calls ask for at the same time shares
   * the disk's one answer.
   *
   * @throws BitError `io` or `remote` where nothing was, or may have been, written: the controller can't go on from
   * what it has in memory, and begins anew with `load`.
   */
  commit(writes: readonly Write[]): Promise<readonly Outcome[]>;

  job(jobId: string): Promise<Kept | undefined>;
  /** Newest first. `Pending` and `Running` are both what has not ended. */
  list(filter: JobFilter): Promise<{ readonly jobs: readonly JobRecord[]; readonly next?: string }>;
  /**
   * Ended jobs beyond the newest `keep` that ended before `before` (RFC 3339) go, with their logs: the oldest, at most
   * `most` of them. `going` hears of them first, so that what lies elsewhere goes before it is forgotten; where it
   * fails they stay. Answers how many went.
   */
  prune(options: Pruning, going?: (jobs: readonly JobRecord[]) => Promise<void>): Promise<number>;

  readonly outbox: {
    /** The next events in order; with more controllers than one, each is given to one of them at a time. */
    take(limit: number): Promise<readonly LedgerEvent[]>;
    /** The ledger has them, durably. */
    done(events: readonly LedgerEvent[]): Promise<void>;
  };

  readonly logs: {
    /**
     * Answers with how far each chunk's log is kept then. Only what follows on is: the part of a chunk that is there
     * already is left out, and a chunk beyond the end is not kept.
     */
    append(chunks: readonly LogChunk[]): Promise<readonly number[]>;
    /** From `offset`, at most about `limit` bytes. */
    read(jobId: string, fence: number, offset: number, limit: number): Promise<readonly LogChunk[]>;
    /** Bytes there are, 0 for none. */
    end(jobId: string, fence: number): Promise<number>;
  };

  /**
   * Where the engine holds `aln+ns://` artifacts itself, so that every controller serves every one. @param staging a
   * folder of this machine, for what comes and goes. @throws BitError `remote`
   */
  artifacts?(staging: string): Promise<StreamingDriver>;

  /** Joins the controllers; `changed` hears of every change of membership, the first at once. */
  join(name: string, changed: (membership: Membership) => void): Promise<{ leave(): Promise<void> }>;
  /** What others wrote, in order; nothing where the store is not shared. */
  watch(
    changed: (change: { readonly jobs: readonly Kept[]; readonly runners: readonly RunnerRecord[] }) => void,
  ): Promise<{ stop(): Promise<void> }>;

  close(): Promise<void>;
}

export { type EmbeddedOptions, openEmbeddedStore } from './embedded.ts';
export { type NatsOptions, openNatsStore } from './nats.ts';
