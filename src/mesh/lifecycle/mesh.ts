/** What a mesh is in memory. Everything here is the state machine's own; others see it through `view.ts`. */
import type { FineState, JobOffer } from '../protocol/types.ts';
import { Heap } from './heap.ts';
import type { Input, Peer, RunnerFacts } from './input.ts';
import { checkOptions, DEFAULT_OPTIONS, type MeshOptions, type ProfileNeeds } from './options.ts';
import type { Output } from './output.ts';
import type { JobRecord, Kept, RunnerRecord } from './record.ts';
import type { Terms } from './score.ts';

/** When something happens: `now` on a monotonic clock, milliseconds; `wall` Unix milliseconds, for people. */
export interface Moment {
  readonly now: number;
  readonly wall: number;
}

export interface Bid {
  readonly re: string;
  /** None in a claim. */
  readonly terms?: Terms;
}

export interface Bidding {
  readonly opened: number;
  /** Those asked: nothing yet, their bid, or that they won't. */
  readonly asked: Map<Runner, Bid | 'no' | undefined>;
}

/** Jobs that want the same of a runner. */
export interface JobClass {
  readonly key: string;
  readonly required: JobOffer['required'];
  readonly profile: string | undefined;
  /** Of the profile. */
  readonly needs: ProfileNeeds;
  readonly eligible: Set<Runner>;
  /** Of them those with a free place; longest unused first. */
  readonly ready: Set<Runner>;
  readonly levels: Map<number, Level>;
  /** Jobs queued. */
  waiting: number;
}

export interface Level {
  readonly priority: number;
  readonly queues: Map<string, RepositoryQueue>;
  readonly heap: Heap<{ readonly queue: RepositoryQueue; readonly key: number }>;
  waiting: number;
}

/** Jobs of one class, priority and repository, oldest first. */
export interface RepositoryQueue {
  readonly level: Level;
  readonly share: Share;
  readonly jobs: Heap<Job>;
  /** Its one place in the level's heap that counts. */
  entry: unknown;
  waiting: number;
}

/** What a repository has had of a priority: start-time fair queueing. */
export interface Share {
  readonly repository: string;
  readonly weight: number;
  virtual: number;
  waiting: number;
}

/** A write the store has not answered. */
export interface Flight {
  readonly job: Job | undefined;
  readonly record: JobRecord | undefined;
  /** After it is durable. */
  readonly done: () => void;
  /** Begun anew where another was first. */
  readonly cause: Input | undefined;
}

export interface Job {
  readonly id: string;
  record: JobRecord;
  /** 0: in no store yet. */
  revision: number;
  order: number;
  readonly repository: string;
  phase: 'new' | 'apart' | 'queued' | 'bidding' | 'leased' | 'ended';
  soft: FineState;
  class: JobClass | undefined;
  queue: RepositoryQueue | undefined;
  bidding: Bidding | undefined;
  /** Keeps a place for it while its assignment is written. */
  reserved: Runner | undefined;
  flight: Flight | undefined;
  readonly waiting: Input[];
  /** Runners not to ask before a time. */
  readonly avoid: Map<string, number>;
  /** Why nobody runs it, as far as is known. */
  reason: string | undefined;
  stealable: boolean;
  /** Of the lease: since when it is known here. */
  leasedSince: number;
  /** Of the lease: nobody else may have it before. */
  until: number;
  /** Of the lease: not renewed after. */
  deadline: number;
  startedAt: string | undefined;
}

export interface Runner {
  readonly id: string;
  facts: RunnerFacts;
  peer: Peer | undefined;
  helloSent: number;
  load: number;
  draining: boolean;
  retiring: boolean;
  record: RunnerRecord;
  quarantinedUntil: number;
  probation: boolean;
  heard: number;
  /** Offers in a row it said nothing to. */
  silent: number;
  failures: number;
  idleSince: number;
  readonly leases: Set<Job>;
  readonly offers: Set<Job>;
  readonly classes: Set<JobClass>;
  ready: boolean;
}

export type Timer =
  | { readonly at: number; readonly kind: 'bid'; readonly job: Job; readonly bidding: Bidding }
  | { readonly at: number; readonly kind: 'lease'; readonly job: Job; readonly fence: number }
  | { readonly at: number; readonly kind: 'again' | 'steal'; readonly job: Job }
  | { readonly at: number; readonly kind: 'silence' | 'quarantine'; readonly runner: Runner }
  | { readonly at: number; readonly kind: 'scale' };

export interface Mesh {
  readonly options: MeshOptions;
  me: string;
  live: readonly string[];
  valid: boolean;
  draining: boolean;
  readonly jobs: Map<string, Job>;
  /** Ended jobs in memory, oldest first. */
  readonly ended: Set<Job>;
  /** Leased jobs by who holds them, connected or not. */
  readonly held: Map<string, Set<Job>>;
  readonly runners: Map<string, Runner>;
  readonly peers: Map<Peer, Runner>;
  readonly records: Map<string, RunnerRecord>;
  readonly classes: Map<string, JobClass>;
  readonly shares: Map<string, Share>;
  /** Virtual time of each priority. */
  readonly virtual: Map<number, number>;
  readonly timers: Heap<Timer>;
  readonly flights: Flight[];
  /** First of `flights` not answered. */
  answered: number;
  /** Jobs under a lease. */
  leased: number;
  order: number;
  /** Smoothed time to bid, milliseconds. */
  bidTime: number;
  readonly starting: Map<string, { asked: number; until: number; downAt: number }>;
  /** This step's. */
  at: Moment;
  out: Output[];
  /** Inputs that begin once more in this step. */
  again: Input[];
  readonly dirty: Set<Runner>;
  readonly fresh: Set<JobClass>;
}

/** An empty mesh; `load` and `standing` come first. @throws BitError `usage` for options that are not safe. */
export function openMesh(options: Partial<MeshOptions> = {}): Mesh {
  const whole = { ...DEFAULT_OPTIONS, ...options };
  checkOptions(whole);
  return {
    options: whole,
    me: '',
    live: [],
    valid: false,
    draining: false,
    jobs: new Map(),
    ended: new Set(),
    held: new Map(),
    runners: new Map(),
    peers: new Map(),
    records: new Map(),
    classes: new Map(),
    shares: new Map(),
    virtual: new Map(),
    timers: new Heap((a, b) => a.at < b.at),
    flights: [],
    answered: 0,
    leased: 0,
    order: 0,
    bidTime: whole.bid_least_ms,
    starting: new Map(),
    at: { now: 0, wall: 0 },
    out: [],
    again: [],
    dirty: new Set(),
    fresh: new Set(),
  };
}

export function makeJob(mesh: Mesh, { record, revision }: Kept): Job {
  const job: Job = {
    id: record.job_id,
    record,
    revision,
    order: mesh.order++,
    repository: repositoryOf(record.job.repo),
    phase: 'new',
    soft: 'PendingAnnouncement',
    class: undefined,
    queue: undefined,
    bidding: undefined,
    reserved: undefined,
    flight: undefined,
    waiting: [],
    avoid: new Map(),
    reason: undefined,
    stealable: false,
    until: Number.POSITIVE_INFINITY,
    deadline: Number.POSITIVE_INFINITY,
    leasedSince: Number.POSITIVE_INFINITY,
    startedAt: record.started_at,
  };
  mesh.jobs.set(job.id, job);
  return job;
}

/** A repository is the same at every ref. */
function repositoryOf(repo: string): string {
  const hash = repo.indexOf('#');
  return hash < 0 ? repo : repo.slice(0, hash);
}

export function timestamp(mesh: Mesh, later = 0): string {
  return new Date(mesh.at.wall + later).toISOString();
}
