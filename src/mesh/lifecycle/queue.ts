/**
 * Which job is next: the highest priority; within one, the repository that had least of it (start-time fair queueing,
 * weighted); within that the oldest. Jobs that want the same of a runner form a class, so that neither a job nor a
 * runner is ever compared with all of the others.
 */
import { Heap } from './heap.ts';
import type { Job, JobClass, Level, Mesh, RepositoryQueue, Runner, Share } from './mesh.ts';
import type { ProfileNeeds } from './options.ts';
import { unfit } from './score.ts';

/** Classes without a job that are kept, and shares. */
const MOST_IDLE_CLASSES = 256;
const MOST_IDLE_SHARES = 10_000;
/** Jobs looked at beyond the first where a runner is not to be asked for those in front. */
const LOOK_PAST = 64;

export function classOf(mesh: Mesh, job: Job): JobClass {
  const { required, profile } = job.record.job;
  const key = JSON.stringify([
    [...required.capabilities].sort(),
    required.policies === undefined ? [] : [...required.policies].sort(),
    required.persona ?? null,
    required.runner ?? null,
    required.resources ?? null,
    profile ?? null,
  ]);
  const known = mesh.classes.get(key);
  if (known !== undefined) return known;
  if (mesh.classes.size >= MOST_IDLE_CLASSES) forgetIdleClasses(mesh);
  const made: JobClass = {
    key,
    required,
    profile,
    needs: needsOf(mesh, profile),
    eligible: new Set(),
    ready: new Set(),
    levels: new Map(),
    waiting: 0,
  };
  mesh.classes.set(key, made);
  for (const runner of mesh.runners.values()) considerClass(made, runner);
  return made;
}

function needsOf({ options: { needs } }: Mesh, profile: string | undefined): ProfileNeeds {
  return (profile !== undefined && Object.hasOwn(needs, profile) ? needs[profile] : undefined) ?? {};
}

function forgetIdleClasses(mesh: Mesh): void {
  for (const [key, old] of mesh.classes) {
    if (old.waiting > 0) continue;
    mesh.classes.delete(key);
    for (const runner of old.eligible) runner.classes.delete(old);
    if (mesh.classes.size < MOST_IDLE_CLASSES) return;
  }
}

/** Whether a runner could ever do jobs of a class. */
export function considerClass(jobs: JobClass, runner: Runner): void {
  if (runner.peer !== undefined && unfit(jobs, runner.facts) === undefined) {
    jobs.eligible.add(runner);
    runner.classes.add(jobs);
    if (runner.ready) jobs.ready.add(runner);
  } else {
    jobs.eligible.delete(runner);
    jobs.ready.delete(runner);
    runner.classes.delete(jobs);
  }
}

function shareOf(mesh: Mesh, repository: string, priority: number): Share {
  const key = `${priority} ${repository}`;
  let share = mesh.shares.get(key);
  if (share === undefined) {
    if (mesh.shares.size >= MOST_IDLE_SHARES)
      for (const [other, { waiting }] of mesh.shares) if (waiting === 0) mesh.shares.delete(other);
    const weight = mesh.options.weight(repository);
    share = { repository, weight: weight > 0 ? weight : 1, virtual: 0, waiting: 0 };
    mesh.shares.set(key, share);
  }
  // Who was away brings nothing saved up.
  if (share.waiting === 0) share.virtual = Math.max(share.virtual, mesh.virtual.get(priority) ?? 0);
  return share;
}

export function enqueue(mesh: Mesh, job: Job): void {
  // A class without jobs may have been forgotten since.
  const jobs = classOf(mesh, job);
  job.class = jobs;
  const { priority } = job.record.job;
  let level = jobs.levels.get(priority);
  if (level === undefined) {
    level = { priority, queues: new Map(), heap: new Heap((a, b) => a.key < b.key), waiting: 0 };
    jobs.levels.set(priority, level);
  }
  let queue = level.queues.get(job.repository);
  if (queue === undefined) {
    queue = {
      level,
      share: shareOf(mesh, job.repository, priority),
      jobs: new Heap((a, b) => a.order < b.order),
      entry: undefined,
      waiting: 0,
    };
    level.queues.set(job.repository, queue);
  }
  queue.jobs.push(job);
  queue.waiting++;
  queue.share.waiting++;
  level.waiting++;
  jobs.waiting++;
  job.queue = queue;
  job.phase = 'queued';
  list(queue);
  mesh.fresh.add(jobs);
}

function list(queue: RepositoryQueue): void {
  const current = queue.entry as { key: number } | undefined;
  if (current !== undefined && current.key === queue.share.virtual) return;
  const entry = { queue, key: queue.share.virtual };
  queue.entry = entry;
  queue.level.heap.push(entry);
}

/** Takes a job out of its queue; its place in heaps is skipped later. */
export function unqueue(job: Job): void {
  const { queue } = job;
  if (queue === undefined) return;
  job.queue = undefined;
  job.phase = 'apart';
  queue.waiting--;
  queue.share.waiting--;
  queue.level.waiting--;
  if (job.class !== undefined) job.class.waiting--;
  if (queue.waiting > 0) return;
  queue.level.queues.delete(job.repository);
  queue.entry = undefined;
  if (queue.level.waiting === 0) job.class?.levels.delete(queue.level.priority);
}

/** A repository has had one more of a priority, or (back) has not after all. */
export function charge(mesh: Mesh, job: Job, back = false): void {
  const { priority } = job.record.job;
  const share = mesh.shares.get(`${priority} ${job.repository}`);
  if (share === undefined) return;
  if (!back) mesh.virtual.set(priority, Math.max(mesh.virtual.get(priority) ?? 0, share.virtual));
  share.virtual += (back ? -1 : 1) / share.weight;
}

/** The job a runner should have next, still in its queue. */
export function pick(mesh: Mesh, runner: Runner): Job | undefined {
  let best: Job | undefined;
  for (const jobs of runner.classes) {
    if (jobs.waiting === 0) continue;
    const found = headFor(mesh, jobs, runner, best);
    if (found !== undefined && (best === undefined || before(found, best))) best = found;
  }
  return best;
}

function before(a: Job, b: Job): boolean {
  const [first, second] = [a.record.job.priority, b.record.job.priority];
  if (first !== second) return first > second;
  const left = a.queue?.share.virtual ?? 0;
  const right = b.queue?.share.virtual ?? 0;
  if (left !== right) return left < right;
  return a.order < b.order;
}

function headFor(mesh: Mesh, jobs: JobClass, runner: Runner, best: Job | undefined): Job | undefined {
  const least = best?.record.job.priority ?? -1;
  const priorities = [...jobs.levels.keys()].sort((a, b) => b - a);
  for (const priority of priorities) {
    if (priority < least) return undefined;
    const level = jobs.levels.get(priority);
    const found = level === undefined ? undefined : headOfLevel(mesh, level, runner);
    if (found !== undefined) return found;
  }
  return undefined;
}

function headOfLevel(mesh: Mesh, level: Level, runner: Runner): Job | undefined {
  const aside: { readonly queue: RepositoryQueue; readonly key: number }[] = [];
  let found: Job | undefined;
  for (let looked = 0; looked < LOOK_PAST && found === undefined; ) {
    const entry = level.heap.pop();
    if (entry === undefined) break;
    const { queue } = entry;
    if (queue.entry !== entry || queue.waiting === 0) continue;
    if (entry.key !== queue.share.virtual) {
      // Its repository had some of this priority since, in another class.
      list(queue);
      continue;
    }
    aside.push(entry);
    looked++;
    found = headOfQueue(mesh, queue, runner);
  }
  for (const entry of aside) level.heap.push(entry);
  return found;
}

function headOfQueue(mesh: Mesh, queue: RepositoryQueue, runner: Runner): Job | undefined {
  const aside: Job[] = [];
  let found: Job | undefined;
  while (aside.length < LOOK_PAST) {
    const job = queue.jobs.peek();
    if (job === undefined) break;
    if (job.queue !== queue) {
      queue.jobs.pop();
      continue;
    }
    if (!avoided(mesh, job, runner)) {
      found = job;
      break;
    }
    queue.jobs.pop();
    aside.push(job);
  }
  for (const job of aside) queue.jobs.push(job);
  return found;
}

export function avoided(mesh: Mesh, job: Job, runner: Runner): boolean {
  if (job.avoid.size === 0) return false;
  const until = job.avoid.get(runner.id);
  if (until === undefined) return false;
  if (until > mesh.at.now) return true;
  job.avoid.delete(runner.id);
  return false;
}
