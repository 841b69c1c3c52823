import { BitError } from '../../kernel/errors.ts';
import type { JobOffer } from '../protocol/types.ts';
import type { RunnerFacts } from './input.ts';

/** Runners of a profile the mesh keeps (`clusters.profiles.*.autoscale`). */
export interface ProfileOptions {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Milliseconds before a runner that has nothing to do is given up. */
  readonly cooldown_ms: number;
}

/** What a runner of a profile must have for all of its jobs together (`clusters.profiles.*.resources`). */
export interface ProfileNeeds {
  readonly cpu?: number;
  readonly memory_bytes?: number;
  /** A kind, and how many of it. */
  readonly gpus?: { readonly kind: string; readonly count: number };
}

/** All times in milliseconds. */
export interface MeshOptions {
  /** How long a runner may work without a word. */
  readonly lease_ms: number;
  /**
   * How much longer the controller waits: covers what two clocks can drift apart within a lease (`drift`) and the
   * pauses of a busy process. `checkOptions` refuses one that is too short.
   */
  readonly margin_ms: number;
  /** Most that a clock runs fast or slow, as a fraction. */
  readonly drift: number;
  /** How long a controller's claim holds where there may be others; 0 where there is one alone. */
  readonly claim_ms: number;
  readonly heartbeat_ms: number;
  /** Runners asked at the same time where many are idle. */
  readonly bidders: number;
  /** Bounds of the time to bid; within them it follows how fast runners answered lately. */
  readonly bid_least_ms: number;
  readonly bid_most_ms: number;
  /** Runners tried where the job does not say. */
  readonly attempts: number;
  /** How long a runner that declined or failed a job is not asked for that job, if others could. */
  readonly avoid_ms: number;
  /** Beyond its `timeout_s` a job's lease is not renewed. */
  readonly overtime_ms: number;
  /** Failures in a row before a runner is quarantined, how long, and at most how long. */
  readonly quarantine_after: number;
  readonly quarantine_ms: number;
  readonly quarantine_most_ms: number;
  /** A controller waits this long before it takes a job that another one is nearer to. */
  readonly steal_ms: number;
  /** More jobs than this wait: no more are taken. */
  readonly most_pending: number;
  /** Ended jobs kept in memory (the store keeps all). */
  readonly remembered: number;
  readonly profiles: readonly ProfileOptions[];
  /** By profile: a job of one is done by runners that have this, whatever they call themselves. */
  readonly needs: Readonly<Record<string, ProfileNeeds>>;
  /** The gate: pure, asked for each runner before it is offered a job. Says why not, or nothing. */
  readonly permits: (job: JobOffer, runner: RunnerFacts) => string | undefined;
  /** Share of a repository, default 1. */
  readonly weight: (repository: string) => number;
}

export const DEFAULT_OPTIONS: MeshOptions = {
  lease_ms: 30_000,
  margin_ms: 3_000,
  drift: 0.01,
  claim_ms: 0,
  heartbeat_ms: 15_000,
  bidders: 3,
  bid_least_ms: 5,
  bid_most_ms: 1_000,
  attempts: 3,
  avoid_ms: 30_000,
  overtime_ms: 60_000,
  quarantine_after: 3,
  quarantine_ms: 60_000,
  quarantine_most_ms: 3_600_000,
  steal_ms: 100,
  most_pending: 100_000,
  remembered: 512,
  profiles: [],
  needs: {},
  permits: () => undefined,
  weight: () => 1,
};

/** @throws BitError `usage` for a margin that two clocks within `drift` could eat up. */
export function checkOptions(options: MeshOptions): void {
  const { lease_ms, margin_ms, drift } = options;
  const least = (lease_ms * 2 * drift) / (1 - drift);
  if (margin_ms > least) return;
  throw new BitError(
    'usage',
    `a margin of ${margin_ms} ms is too short for leases of ${lease_ms} ms: clocks that drift by ${drift * 100} % need more than ${Math.ceil(least)} ms`,
    { details: { lease_ms, margin_ms, drift } },
  );
}
