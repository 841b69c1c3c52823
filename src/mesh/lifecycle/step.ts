import { attach, detach, extend } from './attach.ts';
import { cancel, drain, jobIdOf, releaseRunner, retry, submit } from './client.ts';
import type { Input } from './input.ts';
import { expire, release, renew } from './lease.ts';
import { type Job, type Mesh, type Moment, makeJob, type Timer } from './mesh.ts';
import type { Output } from './output.ts';
import { bid, closeBidding, decline, placeAll } from './place.ts';
import { recall } from './quarantine.ts';
import { enqueue } from './queue.ts';
import type { Kept } from './record.ts';
import { result } from './result.ts';
import { giveBack, gone, heartbeat, hello, progress } from './runners.ts';
import { refuse } from './say.ts';
import { SCALE_EVERY_MS, scale } from './scale.ts';
import { hear, refresh, refreshAll, watchSilence } from './slots.ts';
import { stored } from './writes.ts';

/** Inputs that wait for one write of their job. */
const MOST_WAITING = 256;

/** One thing happens. @param at never earlier than the step before */
export function step(mesh: Mesh, input: Input, at: Moment): Output[] {
  mesh.at = at;
  mesh.out = [];
  pass(mesh);
  take(mesh, input, false);
  for (let next = 0; next < mesh.again.length; next++) {
    const once = mesh.again[next];
    if (once !== undefined) take(mesh, once, false);
  }
  mesh.again = [];
  placeAll(mesh);
  return mesh.out;
}

/** When the mesh wants a `tick` at the latest; none while nothing is awaited. */
export function wakeAt(mesh: Mesh): number | undefined {
  return mesh.timers.peek()?.at;
}

function pass(mesh: Mesh): void {
  for (
    let timer = mesh.timers.peek();
    timer !== undefined && timer.at <= mesh.at.now;
    timer = mesh.timers.peek()
  ) {
    mesh.timers.pop();
    fire(mesh, timer);
  }
}

function fire(mesh: Mesh, timer: Timer): void {
  switch (timer.kind) {
    case 'bid':
      if (timer.job.bidding === timer.bidding) closeBidding(mesh, timer.job);
      return;
    case 'lease':
      expire(mesh, timer.job, timer.fence);
      return;
    case 'again':
      if (timer.job.phase === 'queued' && timer.job.class !== undefined) mesh.fresh.add(timer.job.class);
      return;
    case 'steal': {
      const { job } = timer;
      job.stealable = true;
      const { lease, end } = job.record;
      const free = job.phase === 'apart' && lease === undefined && end === undefined;
      if (free && job.flight === undefined) enqueue(mesh, job);
      return;
    }
    case 'silence': {
      const { runner } = timer;
      if (runner.peer === undefined && runner.leases.size + runner.offers.size === 0) {
        mesh.runners.delete(runner.id);
        return;
      }
      refresh(mesh, runner);
      watchSilence(mesh, runner);
      return;
    }
    case 'quarantine':
      refresh(mesh, timer.runner);
      return;
    case 'scale':
      scale(mesh);
      mesh.timers.push({ at: mesh.at.now + SCALE_EVERY_MS, kind: 'scale' });
  }
}

function take(mesh: Mesh, input: Input, looked: boolean): void {
  switch (input.type) {
    case 'load':
      load(mesh, input);
      return;
    case 'standing':
      stand(mesh, input);
      return;
    case 'stored':
      stored(mesh, input.outcomes);
      return;
    case 'changed':
      for (const kept of input.jobs) change(mesh, kept);
      for (const record of input.runners ?? []) {
        mesh.records.set(record.runner_id, record);
        const runner = mesh.runners.get(record.runner_id);
        if (runner === undefined) continue;
        recall(mesh, runner, record);
        refresh(mesh, runner);
      }
      return;
    case 'loaded':
      if (input.kept !== undefined) change(mesh, input.kept);
      take(mesh, input.again, true);
      return;
    case 'hello':
      hello(mesh, input);
      return;
    case 'gone':
      gone(mesh, input.peer);
      return;
    case 'released':
      release(mesh, input.leases);
      return;
    case 'policy-changed':
      for (const job of mesh.jobs.values()) job.avoid.clear();
      for (const jobs of mesh.classes.values()) mesh.fresh.add(jobs);
      return;
    case 'tick':
      return;
    case 'drain':
      drain(mesh, input);
      return;
    case 'release':
      releaseRunner(mesh, input);
      return;
    case 'submit':
      ofJob(mesh, jobIdOf(input.submitter, input.key), input, true, (job) => submit(mesh, job, input));
      return;
    case 'cancel':
    case 'retry':
      ofJob(mesh, input.job_id, input, looked, (job) => {
        if (job === undefined)
          refuse(mesh, input, {
            code: 'not-found',
            message: `there is no job ${input.job_id}`,
            job_id: input.job_id,
          });
        else if (input.type === 'cancel') cancel(mesh, job, input);
        else retry(mesh, job, input);
      });
      return;
    default:
      fromRunner(mesh, input, looked);
  }
}

type FromRunner = Extract<Input, { type: 'heartbeat' | 'bid' | 'decline' | 'progress' | 'renew' | 'result' }>;

/** What comes from a session that is over counts for nothing. */
function fromRunner(mesh: Mesh, input: FromRunner, looked: boolean): void {
  const runner = mesh.peers.get(input.peer);
  if (runner === undefined) return;
  hear(mesh, runner);
  switch (input.type) {
    case 'heartbeat':
      heartbeat(mesh, runner, input);
      return;
    case 'renew':
      renew(mesh, runner, input, looked);
      return;
    case 'result':
      ofJob(mesh, input.end.job_id, input, looked, (job) => result(mesh, runner, job, { input, looked }));
      return;
    default: {
      const job = mesh.jobs.get(input.job_id);
      if (job === undefined) return;
      if (input.type === 'bid') bid(mesh, runner, job, input);
      else if (input.type === 'progress') progress(mesh, runner, job, input);
      else if (input.fence === undefined) decline(mesh, runner, job, input.code, input.reason);
      else if (job.flight !== undefined) job.waiting.push(input);
      else giveBack(mesh, runner, job, input);
    }
  }
}

/** Does `work` when the job has no write under way and, where it is not in memory, was `looked` for in the store. */
function ofJob(
  mesh: Mesh,
  jobId: string,
  input: Extract<Input, { type: 'submit' | 'cancel' | 'retry' | 'result' }>,
  looked: boolean,
  work: (job: Job | undefined) => void,
): void {
  const job = mesh.jobs.get(jobId);
  if (job === undefined && !looked) {
    mesh.out.push({ kind: 'load', job_id: jobId, again: input });
  } else if (job?.flight === undefined) {
    work(job);
  } else if (job.waiting.length < MOST_WAITING) {
    job.waiting.push(input);
  } else {
    refuse(mesh, input, {
      code: 'rate-limited',
      message: 'too much is asked of this job at once',
      job_id: jobId,
      retry_after_ms: 1000,
    });
  }
}

function load(mesh: Mesh, { jobs, runners, mesh: record }: Extract<Input, { type: 'load' }>): void {
  mesh.draining = record?.draining ?? false;
  for (const known of runners) mesh.records.set(known.runner_id, known);
  for (const kept of jobs) change(mesh, kept);
  if (mesh.options.profiles.length > 0) mesh.timers.push({ at: mesh.at.now, kind: 'scale' });
}

function stand(mesh: Mesh, { me, live, valid }: Extract<Input, { type: 'standing' }>): void {
  mesh.me = me;
  mesh.live = live;
  mesh.valid = valid;
  for (const held of mesh.held.values()) {
    for (const job of held) {
      const { lease } = job.record;
      if (lease === undefined || lease.controller === me) continue;
      // One whose controller is gone runs out a whole lease from now; one whose controller turns up does not.
      const forsaken = !live.includes(lease.controller);
      if (forsaken === job.until < Number.POSITIVE_INFINITY) continue;
      extend(mesh, job, lease);
      if (forsaken) mesh.timers.push({ at: job.until, kind: 'lease', job, fence: lease.fence });
    }
  }
  refreshAll(mesh);
}

/** A job is in the store as `kept` says. */
function change(mesh: Mesh, kept: Kept): void {
  const job = mesh.jobs.get(kept.record.job_id);
  if (job === undefined) {
    attach(mesh, makeJob(mesh, kept), kept);
  } else if (job.flight !== undefined) {
    // Perhaps the very write that is under way.
    job.waiting.push({ type: 'changed', jobs: [kept] });
  } else if (kept.revision > job.revision) {
    detach(mesh, job);
    attach(mesh, job, kept);
  }
}
