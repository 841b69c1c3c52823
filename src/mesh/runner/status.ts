import { readTextIfExists, writeFileAtomic } from '../../kernel/files.ts';
import { isJsonObject } from '../../kernel/json.ts';
import { isHeld } from '../../kernel/lock.ts';
import type { Capabilities } from './capabilities.ts';
import type { RunnerPlace } from './place.ts';

export interface JobSummary {
  readonly jobId: string;
  readonly fence: number;
  readonly repo: string;
  readonly task: string;
  /** A fine state, or `Finished`: its result waits to be committed. */
  readonly state: string;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  /** What holds each of its limits: `cgroup v1`, `cgroup v2`, `prlimit`, `nothing`. */
  readonly heldBy: Readonly<Record<string, string>>;
}

export interface RunnerStatus {
  readonly pid: number;
  readonly id: string;
  readonly publicKey: string;
  readonly persona: string;
  readonly capabilities: Capabilities;
  readonly state: 'connecting' | 'joined' | 'draining';
  readonly controller: { readonly id: string; readonly address: string } | null;
  /** Why there is no connection. */
  readonly trouble: string | null;
  readonly startedAt: string;
  readonly maxConcurrentJobs: number;
  readonly jobs: readonly JobSummary[];
  /** Results that nobody acknowledged yet. */
  readonly owed: number;
  readonly done: {
    readonly succeeded: number;
    readonly failed: number;
    readonly declined: number;
    /** Ended because their leases were over. */
    readonly lost: number;
  };
}

export function writeStatus(place: RunnerPlace, status: RunnerStatus): void {
  writeFileAtomic(place.status, `${JSON.stringify(status)}\n`);
}

/** What the runner that runs here last said; undefined where none runs, whatever a file says. */
export function readStatus(place: RunnerPlace): RunnerStatus | undefined {
  const text = readTextIfExists(place.status);
  if (text === undefined || !isRunning(place)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? (value as unknown as RunnerStatus) : undefined;
  } catch {
    return undefined;
  }
}

/** The lock is the kernel's: a runner that was killed holds none. */
export function isRunning(place: RunnerPlace): boolean {
  return isHeld(place.lock);
}
