import { inOrder, lengthOf, simulate, type TimedJob } from './simulate.ts';

export interface Ordered {
  /** Job ids as they should stand; each after what it needs, where they were written so. */
  readonly order: readonly string[];
  /** Milliseconds from start to end, as the order is and as it was. */
  readonly makespan: number;
  readonly written: number;
}

/** Simulations a search may cost; each is linear in the jobs. */
const MOST_WORK = 60_000;
/** What is less than this is noise of the measurements. */
const LEAST_GAIN = 0.005;

/**
 * The order in which a workflow's jobs end soonest on so many slots. Finding the best is NP-hard; this takes the best of
 * the known list orders (longest way to the end first, longest first, most dependents first) and what moving single jobs
 * makes of it, each judged by {@link simulate}. The order as written is among them, so it never gets worse.
 */
export function orderJobs(jobs: readonly TimedJob[], slots: number): Ordered {
  const written = simulate(jobs, slots).makespan;
  const asWritten = jobs.map(({ id }) => id);
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const arranged = (order: readonly string[]): TimedJob[] => order.map((id) => byId.get(id) as TimedJob);
  let best = { order: asWritten as readonly string[], makespan: written };
  const least = Math.max(...[...ranks(jobs).values()], totalOf(jobs) / Math.max(1, slots), 0);
  let work = 0;
  const tryOut = (order: readonly string[]): boolean => {
    work += jobs.length;
    const { makespan } = simulate(arranged(order), slots);
    // a difference of rounding is none
    if (makespan >= best.makespan - 1e-6) return false;
    best = { order, makespan };
    return true;
  };
  for (const order of listOrders(jobs)) tryOut(order);
  for (let improved = true; improved && work < MOST_WORK && best.makespan > least; ) {
    improved = false;
    for (const order of neighbours(best.order, byId)) {
      if (work >= MOST_WORK) break;
      if (!tryOut(order)) continue;
      improved = true;
      break;
    }
  }
  if (written - best.makespan < LEAST_GAIN * written) return { order: asWritten, makespan: written, written };
  return { ...best, written };
}

function totalOf(jobs: readonly TimedJob[]): number {
  return jobs.reduce(
    (sum, { instances, slot }) => sum + (slot ? instances.reduce((total, one) => total + one, 0) : 0),
    0,
  );
}

/** By id: how long it takes from a job's start to the end of the longest chain behind it. */
export function ranks(jobs: readonly TimedJob[]): ReadonlyMap<string, number> {
  const dependents = dependentsOf(jobs);
  const known = new Map<string, number>();
  const byId = new Map(jobs.map((job) => [job.id, job]));
  for (const id of inOrder(jobs).toReversed()) {
    const behind = (dependents.get(id) ?? []).map((one) => known.get(one) ?? 0);
    known.set(id, lengthOf(byId.get(id) as TimedJob) + Math.max(0, ...behind));
  }
  return known;
}

function dependentsOf(jobs: readonly TimedJob[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { id, needs } of jobs)
    for (const need of new Set(needs)) found.set(need, [...(found.get(need) ?? []), id]);
  return found;
}

function listOrders(jobs: readonly TimedJob[]): readonly (readonly string[])[] {
  const rank = ranks(jobs);
  const dependents = dependentsOf(jobs);
  const of = (weights: (job: TimedJob) => readonly number[]): readonly string[] => {
    const weighed = jobs.map((job, at) => ({ ...job, at, weights: weights(job) }));
    weighed.sort((a, b) => {
      for (const [index, weight] of a.weights.entries()) {
        const difference = (b.weights[index] ?? 0) - weight;
        if (difference !== 0) return difference;
      }
      return a.at - b.at;
    });
    return after(weighed);
  };
  return [
    of((job) => [rank.get(job.id) ?? 0]),
    of((job) => [lengthOf(job), rank.get(job.id) ?? 0]),
    of((job) => [dependents.get(job.id)?.length ?? 0, rank.get(job.id) ?? 0]),
  ];
}

/** As given, but each after what it needs: so a person reads the file from top to bottom. */
function after(jobs: readonly Pick<TimedJob, 'id' | 'needs'>[]): readonly string[] {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const placed = new Set<string>();
  const open = new Set<string>();
  const place = (id: string): void => {
    const job = byId.get(id);
    if (job === undefined || placed.has(id) || open.has(id)) return;
    open.add(id);
    for (const need of job.needs) place(need);
    placed.add(id);
  };
  for (const { id } of jobs) place(id);
  return [...placed];
}

/** Every order that comes of moving one job to another place it may stand at. */
function* neighbours(
  order: readonly string[],
  byId: ReadonlyMap<string, TimedJob>,
): Generator<readonly string[]> {
  for (let from = 0; from < order.length; from++) {
    const id = order[from] as string;
    const rest = order.toSpliced(from, 1);
    for (let to = 0; to <= rest.length; to++) {
      if (to === from) continue;
      const made = rest.toSpliced(to, 0, id);
      if (stands(made, Math.min(from, to), Math.max(from, to), byId)) yield made;
    }
  }
}

/** Whether each job between two places stands after what it needs. */
function stands(
  order: readonly string[],
  from: number,
  to: number,
  byId: ReadonlyMap<string, TimedJob>,
): boolean {
  const position = new Map(order.map((id, at) => [id, at]));
  for (let at = from; at <= to; at++) {
    for (const need of byId.get(order[at] as string)?.needs ?? [])
      if ((position.get(need) ?? -1) > at) return false;
  }
  return true;
}
