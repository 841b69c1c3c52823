/** Runners come, tell how they are, and go. */
import { avoid } from './bidding.ts';
import type { Held, Input, Peer } from './input.ts';
import { leaseOf, lose } from './lease.ts';
import { type Job, type Mesh, type Runner, timestamp } from './mesh.ts';
import { closeIfAnswered } from './place.ts';
import { recall } from './quarantine.ts';
import { considerClass } from './queue.ts';
import { say, show } from './say.ts';
import { hear, refresh, watchSilence } from './slots.ts';
import { PROGRESS } from './states.ts';

type Of<T extends Input['type']> = Extract<Input, { type: T }>;

export function hello(mesh: Mesh, { peer, runner: facts, jobs, sent, challenged }: Of<'hello'>): void {
  let runner = mesh.runners.get(facts.runner_id);
  const newer = runner === undefined || sent > runner.helloSent;
  if (runner === undefined) {
    runner = makeRunner(mesh, facts);
    watchSilence(mesh, runner);
  } else if (runner.peer !== undefined && runner.peer !== peer) {
    if (!newer) {
      mesh.out.push({ kind: 'close', peer, reason: 'a later session of this runner is there' });
      return;
    }
    mesh.peers.delete(runner.peer);
    mesh.out.push({
      kind: 'close',
      peer: runner.peer,
      reason: 'another session of this runner took its place',
    });
  }
  withdraw(mesh, runner);
  runner.leases.clear();
  runner.facts = facts;
  runner.peer = peer;
  runner.helloSent = Math.max(sent, runner.helloSent);
  runner.heard = mesh.at.now;
  runner.silent = 0;
  runner.draining = false;
  mesh.peers.set(peer, runner);
  for (const jobs of mesh.classes.values()) considerClass(jobs, runner);
  reattach(mesh, runner, jobs, newer ? challenged : undefined);
  refresh(mesh, runner);
  if (runner.record.drained === true)
    say(mesh, peer, { type: 'MESH_DRAIN', payload: { runner_id: runner.id, drain: true } });
}

/**
 * What it still works on is its own. What it no longer knows of goes to another at once, if nothing that is under way
 * could contradict it: it is the latest HELLO, and a lease that another controller gave was known here before this
 * session's CHALLENGE was sent. Whatever assigned it was said in an earlier session then, and if it came after that HELLO,
 * the runner didn't heed it; a later session knows none of the bids that it could answer.
 *
 * @param challenged undefined where there was a later HELLO
 */
function reattach(mesh: Mesh, runner: Runner, jobs: readonly Held[], challenged: number | undefined): void {
  const works = new Map(jobs.map(({ job_id, fence }) => [job_id, fence]));
  for (const job of [...(mesh.held.get(runner.id) ?? [])]) {
    const { lease } = job.record;
    if (lease === undefined || lease.public_key !== runner.facts.public_key) continue;
    runner.leases.add(job);
    const known = works.get(job.id) === lease.fence;
    if (known || challenged === undefined || !mesh.valid || job.flight !== undefined) continue;
    const ours = mesh.options.claim_ms === 0 || lease.controller === mesh.me;
    if (!ours && job.leasedSince >= challenged) continue;
    lose(mesh, job, 'the runner came back without it', { counts: true, gone: true });
  }
}

function makeRunner(mesh: Mesh, facts: Of<'hello'>['runner']): Runner {
  const { runner_id } = facts;
  const runner: Runner = {
    id: runner_id,
    facts,
    peer: undefined,
    helloSent: Number.NEGATIVE_INFINITY,
    load: 0,
    draining: false,
    retiring: false,
    record: { runner_id },
    quarantinedUntil: 0,
    probation: false,
    heard: mesh.at.now,
    silent: 0,
    failures: 0,
    idleSince: mesh.at.now,
    leases: new Set(),
    offers: new Set(),
    classes: new Set(),
    ready: false,
  };
  mesh.runners.set(runner_id, runner);
  const record = mesh.records.get(runner_id);
  if (record !== undefined) recall(mesh, runner, record);
  return runner;
}

/** What it was asked in a session that is over, it will not answer. */
function withdraw(mesh: Mesh, runner: Runner): void {
  for (const job of [...runner.offers]) {
    const { bidding } = job;
    if (bidding === undefined || bidding.asked.get(runner) !== undefined) continue;
    bidding.asked.set(runner, 'no');
    closeIfAnswered(mesh, job, bidding);
  }
}

export function gone(mesh: Mesh, peer: Peer): void {
  const runner = mesh.peers.get(peer);
  if (runner === undefined) return;
  mesh.peers.delete(peer);
  runner.peer = undefined;
  refresh(mesh, runner);
  for (const jobs of [...runner.classes]) considerClass(jobs, runner);
  withdraw(mesh, runner);
}

export function heartbeat(mesh: Mesh, runner: Runner, { load, draining }: Of<'heartbeat'>): void {
  runner.load = load;
  runner.draining = draining;
  hear(mesh, runner);
  refresh(mesh, runner);
}

export function progress(
  mesh: Mesh,
  runner: Runner,
  job: Job,
  { fence, state, reason }: Of<'progress'>,
): void {
  if (leaseOf(job, runner, fence) === undefined || !PROGRESS.has(state) || job.soft === state) return;
  job.soft = state;
  job.reason = reason;
  if (state === 'Running') job.startedAt ??= timestamp(mesh);
  show(mesh, job);
}

/** An assignment that can't begin. */
export function giveBack(mesh: Mesh, runner: Runner, job: Job, input: Of<'decline'>): void {
  const { fence, code, reason } = input;
  if (fence === undefined || leaseOf(job, runner, fence) === undefined) return;
  if (code === 'draining') {
    runner.draining = true;
    refresh(mesh, runner);
  }
  const soon = code === 'busy' || code === 'draining';
  lose(mesh, job, reason, {
    // Full or on its way out: nothing was tried. A runner that says no has done nothing wrong.
    counts: !soon,
    blames: false,
    avoid_ms: soon ? mesh.options.bid_most_ms : mesh.options.avoid_ms,
    cause: input,
  });
  avoid(mesh, job, runner.id, mesh.options.bid_most_ms);
}
