/** A store without a fault in it, watched: whatever is written there has to hold. */
import type {
  JobRecord,
  Kept,
  MeshRecord,
  Outcome,
  RunnerRecord,
  Write,
} from '../../../src/mesh/lifecycle/index.ts';
import { Violation, type World } from './world.ts';

export interface Watcher {
  changed(kept: Kept): void;
  /** A controller said that it lives. */
  alive(me: string, beat: number): void;
}

export class Store {
  readonly jobs = new Map<string, Kept>();
  readonly runners = new Map<string, RunnerRecord>();
  mesh: MeshRecord | undefined;
  readonly watchers = new Set<Watcher>();
  /** Times a job ended, less the times it was asked for again. */
  readonly ends = new Map<string, number>();
  /** `job fence` of every result that was committed; a job asked for once more can have two. */
  readonly committed = new Set<string>();
  readonly figures = { writes: 0, refused: 0, leases: 0, commits: 0, requeues: 0, adoptions: 0 };
  readonly #world: World;
  readonly #attempts: number;

  constructor(world: World, attempts: number) {
    this.#world = world;
    this.#attempts = attempts;
  }

  apply(writes: readonly Write[], by: Watcher | undefined): Outcome[] {
    return writes.map((write) => {
      if (write.kind === 'runner') this.runners.set(write.record.runner_id, write.record);
      else if (write.kind === 'mesh') this.mesh = write.record;
      else return this.#job(write, by);
      return { stored: true, revision: 0 };
    });
  }

  #job({ record, after, events }: Extract<Write, { kind: 'job' }>, by: Watcher | undefined): Outcome {
    this.figures.writes++;
    const kept = this.jobs.get(record.job_id);
    if ((kept?.revision ?? 0) !== after) {
      this.figures.refused++;
      return { stored: false, ...(kept === undefined ? {} : { kept }) };
    }
    this.#check(kept?.record, record);
    this.#world.note(
      () =>
        `store ${record.job_id} ${events[0]?.event} fence ${record.fence} by ${events[0]?.runner_id ?? ''} ${JSON.stringify(events[0]?.facts)}`,
    );
    if (events.length === 0)
      throw new Violation(`a write of ${record.job_id} without an event for the ledger`);
    const now = { record, revision: after + 1 };
    this.jobs.set(record.job_id, now);
    for (const watcher of this.watchers) if (watcher !== by) watcher.changed(now);
    return { stored: true, revision: now.revision };
  }

  #check(before: JobRecord | undefined, after: JobRecord): void {
    const id = after.job_id;
    if (after.attempt > this.#attempts) throw new Violation(`${id}: attempt ${after.attempt}`);
    if (before === undefined) return;
    if (after.fence < before.fence)
      throw new Violation(`${id}: fence ${before.fence} fell to ${after.fence}`);
    const given = after.lease !== undefined && after.lease.fence !== before.lease?.fence;
    if (given && (before.lease !== undefined || after.fence <= before.fence))
      throw new Violation(`${id}: lease ${after.fence} given over ${before.lease?.fence ?? before.fence}`);
    if (given) this.figures.leases++;
    if (
      before.lease !== undefined &&
      after.lease?.controller !== before.lease.controller &&
      after.lease !== undefined
    )
      this.figures.adoptions++;
    if (before.lease !== undefined && after.lease === undefined && after.end === undefined)
      this.figures.requeues++;
    if (before.end !== undefined && after.end !== undefined) throw new Violation(`${id}: ended twice`);
    if (before.end === undefined && after.end !== undefined) this.ends.set(id, (this.ends.get(id) ?? 0) + 1);
    if (before.end !== undefined && after.end === undefined) this.ends.set(id, (this.ends.get(id) ?? 0) - 1);
    const { end } = after;
    if (end?.result === undefined || before.end !== undefined) return;
    this.figures.commits++;
    this.committed.add(`${id} ${end.result.fence}`);
    if (before.lease?.fence !== end.result.fence || before.lease.runner_id !== end.runner_id)
      throw new Violation(
        `${id}: a result of fence ${end.result.fence} under lease ${before.lease?.fence ?? 'none'}`,
      );
  }
}
