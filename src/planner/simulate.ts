import { Graph } from '../workflow/index.ts';

/** A job as the engine sees it when its time comes, with what its instances have taken. Milliseconds. */
export interface TimedJob {
  readonly id: string;
  readonly needs: readonly string[];
  /** One of each instance, in their order. */
  readonly instances: readonly number[];
  /** Instances of it at once. */
  readonly lanes: number;
  /** A job that calls another workflow takes no slot: those it calls do. */
  readonly slot: boolean;
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Simulation {
  readonly makespan: number;
  /** By id: from the first instance's start to the last one's end. */
  readonly jobs: ReadonlyMap<string, Span>;
}

interface Running {
  readonly job: TimedJob;
  readonly end: number;
}

/**
 * How long a run takes on so many slots. It hands slots out as the engine does: jobs get in line when what they need has
 * ended, in the order they stand in the file, and the first in line gets the next free slot. Jobs stand as given.
 *
 * @throws BitError `usage` for a graph that is none
 */
export function simulate(jobs: readonly TimedJob[], slots: number): Simulation {
  const graph = new Graph(jobs);
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const spans = new Map<string, { start: number; end: number }>();
  const left = new Map(jobs.map(({ id, instances }) => [id, instances.length]));
  const next = new Map<string, number>();
  const line: { readonly job: TimedJob; readonly milliseconds: number }[] = [];
  const running: Running[] = [];
  let free = Math.max(1, slots);
  let now = 0;
  let ended = 0;

  const start = (job: TimedJob, milliseconds: number): void => {
    const span = spans.get(job.id);
    if (span === undefined) spans.set(job.id, { start: now, end: now });
    running.push({ job, end: now + milliseconds });
  };
  const enter = (job: TimedJob): void => {
    const at = next.get(job.id) ?? 0;
    const milliseconds = job.instances[at];
    if (milliseconds === undefined) return;
    next.set(job.id, at + 1);
    if (!job.slot) start(job, milliseconds);
    else if (free > 0) {
      free--;
      start(job, milliseconds);
    } else line.push({ job, milliseconds });
  };
  const startReady = (): void => {
    for (;;) {
      const ready = graph.takeReady();
      if (ready.length === 0) return;
      for (const id of ready) {
        const job = byId.get(id);
        if (job === undefined) continue;
        if (job.instances.length === 0) {
          spans.set(id, { start: now, end: now });
          graph.end(id);
        } else for (let lane = 0; lane < Math.min(job.lanes, job.instances.length); lane++) enter(job);
      }
    }
  };

  startReady();
  while (running.length > 0) {
    let first = 0;
    for (const [at, { end }] of running.entries()) if (end < (running[first] as Running).end) first = at;
    const [done] = running.splice(first, 1) as [Running];
    now = done.end;
    ended = now;
    if (done.job.slot) {
      const waiting = line.shift();
      if (waiting === undefined) free++;
      else start(waiting.job, waiting.milliseconds);
    }
    enter(done.job);
    const remaining = (left.get(done.job.id) ?? 0) - 1;
    left.set(done.job.id, remaining);
    if (remaining > 0) continue;
    const span = spans.get(done.job.id);
    if (span !== undefined) span.end = now;
    graph.end(done.job.id);
    startReady();
  }
  return { makespan: ended, jobs: spans };
}

/** The longest way through the jobs, each as long as its instances need on its own lanes: no order is quicker. */
export function criticalPath(jobs: readonly TimedJob[]): {
  readonly jobs: readonly string[];
  readonly milliseconds: number;
} {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const known = new Map<string, { readonly to: number; readonly by: string | undefined }>();
  for (const id of inOrder(jobs)) {
    const job = byId.get(id) as TimedJob;
    let by: string | undefined;
    for (const need of job.needs)
      if (by === undefined || (known.get(need)?.to ?? 0) > (known.get(by)?.to ?? 0)) by = need;
    const before = by === undefined ? 0 : (known.get(by)?.to ?? 0);
    known.set(id, { to: before + lengthOf(job), by });
  }
  let last: string | undefined;
  for (const [id, { to }] of known) if (last === undefined || to > (known.get(last)?.to ?? 0)) last = id;
  const path: string[] = [];
  for (let at = last; at !== undefined; at = known.get(at)?.by) path.unshift(at);
  return { jobs: path, milliseconds: last === undefined ? 0 : (known.get(last)?.to ?? 0) };
}

/** What a job takes where every lane of it has a slot: each instance goes to the lane that is free first. */
export function lengthOf({ instances, lanes }: TimedJob): number {
  const ends = new Array<number>(Math.max(1, Math.min(lanes, instances.length))).fill(0);
  for (const milliseconds of instances) {
    const least = ends.indexOf(Math.min(...ends));
    ends[least] = (ends[least] ?? 0) + milliseconds;
  }
  return Math.max(...ends);
}

/** Ids so that each stands after what it needs; otherwise as given. */
export function inOrder(jobs: readonly Pick<TimedJob, 'id' | 'needs'>[]): readonly string[] {
  const graph = new Graph(jobs);
  const order: string[] = [];
  for (let ready = graph.takeReady(); ready.length > 0; ready = graph.takeReady())
    for (const id of ready) {
      order.push(id);
      graph.end(id);
    }
  return order;
}
