/** What a mesh shows without changing. */
import type { Peer, RunnerFacts } from './input.ts';
import { leaseOf } from './lease.ts';
import type { Mesh } from './mesh.ts';
import type { JobStanding, Kept } from './record.ts';
import { standingOf } from './say.ts';

export interface RunnerStanding {
  readonly facts: RunnerFacts;
  readonly state: 'idle' | 'busy' | 'draining' | 'quarantined' | 'gone';
  readonly peer?: Peer;
  readonly load: number;
  readonly jobs: readonly string[];
  readonly reason?: string;
}

export interface MeshCounts {
  readonly queued: number;
  readonly bidding: number;
  readonly leased: number;
  readonly runners: number;
  /** Places for jobs of runners that would take one now. */
  readonly ready: number;
}

/** Whether this session's runner works on a job under this very lease: what it logs and puts may be taken. */
export function holds(mesh: Mesh, peer: Peer, jobId: string, fence: number): boolean {
  const runner = mesh.peers.get(peer);
  const job = mesh.jobs.get(jobId);
  return runner !== undefined && job !== undefined && leaseOf(job, runner, fence) !== undefined;
}

/** A job in memory, as it is in the store; ended ones are forgotten sooner or later. */
export function recordOf(mesh: Mesh, jobId: string): Kept | undefined {
  const job = mesh.jobs.get(jobId);
  return job === undefined || job.revision === 0 ? undefined : { record: job.record, revision: job.revision };
}

export function jobStanding(mesh: Mesh, jobId: string): JobStanding | undefined {
  const job = mesh.jobs.get(jobId);
  return job === undefined || job.revision === 0 ? undefined : standingOf(job);
}

export function runnerStandings(mesh: Mesh): RunnerStanding[] {
  return [...mesh.runners.values()].map((runner) => {
    const reason = runner.record.quarantine?.reason;
    const confined = runner.quarantinedUntil > mesh.at.now;
    const draining = runner.draining || runner.retiring || runner.record.drained === true;
    const state =
      runner.peer === undefined
        ? 'gone'
        : confined
          ? 'quarantined'
          : draining
            ? 'draining'
            : runner.leases.size > 0
              ? 'busy'
              : 'idle';
    return {
      facts: runner.facts,
      state,
      ...(runner.peer === undefined ? {} : { peer: runner.peer }),
      load: runner.load,
      jobs: [...runner.leases].map(({ id }) => id),
      ...(confined && reason !== undefined ? { reason } : {}),
    };
  });
}

export function countsOf(mesh: Mesh): MeshCounts {
  const bidding = new Set([...mesh.runners.values()].flatMap(({ offers }) => [...offers])).size;
  return {
    queued: mesh.jobs.size - mesh.ended.size - mesh.leased - bidding,
    bidding,
    leased: mesh.leased,
    runners: mesh.peers.size,
    ready: [...mesh.runners.values()].filter(({ ready }) => ready).length,
  };
}
