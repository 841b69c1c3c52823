/** Offers, bids and the choice among them. */
import { avoid, dropBidding } from './bidding.ts';
import { grant } from './lease.ts';
import type { Bid, Bidding, Job, JobClass, Mesh, Runner } from './mesh.ts';
import { avoided, charge, enqueue, pick, unqueue } from './queue.ts';
import { say, show } from './say.ts';
import { better, score, type Terms } from './score.ts';
import { refresh } from './slots.ts';

/** Runners looked at for one job. */
const MOST_COMPARED = 32;
const MOST_LOOKED_AT = 256;

/** At the end of a step: whoever has a free place gets a job. */
export function placeAll(mesh: Mesh): void {
  while (mesh.dirty.size > 0 || mesh.fresh.size > 0) {
    for (const runner of mesh.dirty) {
      mesh.dirty.delete(runner);
      while (runner.ready) {
        const job = pick(mesh, runner);
        if (job === undefined) break;
        offer(mesh, job);
      }
    }
    for (const jobs of mesh.fresh) {
      mesh.fresh.delete(jobs);
      placeClass(mesh, jobs);
    }
  }
}

function placeClass(mesh: Mesh, jobs: JobClass): void {
  let looked = 0;
  for (const runner of jobs.ready) {
    if (jobs.waiting === 0 || ++looked > MOST_LOOKED_AT) return;
    while (runner.ready && jobs.waiting > 0) {
      const job = pick(mesh, runner);
      if (job === undefined) break;
      offer(mesh, job);
    }
  }
}

/** Asks the runners that suit a queued job best; one alone where jobs are more than places. */
function offer(mesh: Mesh, job: Job): void {
  const jobs = job.class;
  if (jobs === undefined) return;
  const { options } = mesh;
  const most = Math.max(1, Math.min(options.bidders, Math.floor(jobs.ready.size / jobs.waiting)));
  const chosen = choose(mesh, job, jobs, most);
  if (chosen.length === 0) return;
  const bidding: Bidding = { opened: mesh.at.now, asked: new Map() };
  unqueue(job);
  charge(mesh, job);
  job.phase = 'bidding';
  job.bidding = bidding;
  for (const runner of chosen) {
    bidding.asked.set(runner, undefined);
    runner.offers.add(job);
    if (jobs.ready.delete(runner)) jobs.ready.add(runner);
    refresh(mesh, runner);
    if (runner.peer !== undefined) say(mesh, runner.peer, { type: 'JOB_OFFER', payload: job.record.job });
  }
  job.soft = 'BiddingOpen';
  show(mesh, job);
  const patience = Math.min(options.bid_most_ms, Math.max(options.bid_least_ms, mesh.bidTime * 4));
  mesh.timers.push({ at: mesh.at.now + patience, kind: 'bid', job, bidding });
}

/** The best that policies permit: those alone are asked about, for a policy costs more than a score. */
function choose(mesh: Mesh, job: Job, jobs: JobClass, most: number): Runner[] {
  for (;;) {
    const found: { readonly runner: Runner; readonly score: number }[] = [];
    let looked = 0;
    for (const runner of jobs.ready) {
      if (found.length >= MOST_COMPARED || ++looked > MOST_LOOKED_AT) break;
      if (avoided(mesh, job, runner)) continue;
      if (!fits(job, runner)) {
        avoid(mesh, job, runner.id, mesh.options.bid_most_ms);
        continue;
      }
      found.push({ runner, score: score(job.record.job, runner.facts, runner.load) });
    }
    found.sort((a, b) => b.score - a.score);
    const chosen: Runner[] = [];
    for (const { runner } of found) {
      if (chosen.length >= most) break;
      if (permitted(mesh, job, runner)) chosen.push(runner);
    }
    // who was refused is avoided from now on, so there is an end of it
    if (chosen.length > 0 || found.length === 0) return chosen;
  }
}

function permitted(mesh: Mesh, job: Job, runner: Runner): boolean {
  const refusal = mesh.options.permits(job.record.job, runner.facts);
  if (refusal === undefined) return true;
  job.reason = `${runner.id}: ${refusal}`;
  avoid(mesh, job, runner.id, mesh.options.avoid_ms);
  return false;
}

/** Whether what a runner has left is enough. */
function fits(job: Job, runner: Runner): boolean {
  const wanted = job.record.job.required.resources;
  const has = runner.facts.resources;
  if (wanted === undefined || has === undefined) return true;
  for (const kind of ['cpu', 'memory_bytes', 'gpu'] as const) {
    const asked = wanted[kind] ?? 0;
    if (asked === 0) continue;
    let used = 0;
    for (const jobs of [runner.leases, runner.offers])
      for (const other of jobs) used += other.record.job.required.resources?.[kind] ?? 0;
    if (used + asked > (has[kind] ?? Number.POSITIVE_INFINITY)) return false;
  }
  return true;
}

/** JOB_BID or JOB_CLAIM. */
export function bid(mesh: Mesh, runner: Runner, job: Job, offered: Bid): void {
  const { bidding } = job;
  if (bidding?.asked.has(runner)) {
    if (bidding.asked.get(runner) === undefined) {
      const took = mesh.at.now - bidding.opened;
      mesh.bidTime += (took - mesh.bidTime) / 8;
      bidding.asked.set(runner, offered);
    }
    closeIfAnswered(mesh, job, bidding);
    return;
  }
  // Late: it was asked, and would still do it.
  if (job.phase !== 'queued' || !runner.ready || job.class?.eligible.has(runner) !== true) return;
  job.avoid.delete(runner.id);
  if (!permitted(mesh, job, runner) || !fits(job, runner)) return;
  unqueue(job);
  charge(mesh, job);
  assign(mesh, job, runner, offered.re);
}

export function decline(mesh: Mesh, runner: Runner, job: Job, code: string, reason: string): void {
  const { bidding } = job;
  if (bidding === undefined || !bidding.asked.has(runner)) return;
  job.reason = `${runner.id}: ${reason}`;
  bidding.asked.set(runner, 'no');
  avoid(mesh, job, runner.id, code === 'busy' ? mesh.options.bid_most_ms : mesh.options.avoid_ms);
  closeIfAnswered(mesh, job, bidding);
}

/** No sooner than everybody has. */
export function closeIfAnswered(mesh: Mesh, job: Job, bidding: Bidding): void {
  for (const answer of bidding.asked.values()) if (answer === undefined) return;
  closeBidding(mesh, job);
}

/** Every runner answered, or the time to is over. */
export function closeBidding(mesh: Mesh, job: Job): void {
  const { bidding } = job;
  if (bidding === undefined) return;
  job.soft = 'BiddingClosed';
  let best:
    | {
        readonly runner: Runner;
        readonly score: number;
        readonly terms?: Terms;
        readonly re: string;
      }
    | undefined;
  for (const [runner, answer] of bidding.asked) {
    if (answer === undefined) {
      runner.silent++;
      refresh(mesh, runner);
      avoid(mesh, job, runner.id, mesh.options.bid_most_ms * 2);
    }
    if (answer === undefined || answer === 'no' || runner.peer === undefined) continue;
    const bidder = { runner, score: score(job.record.job, runner.facts, runner.load), ...answer };
    if (best === undefined || better(bidder, best)) best = bidder;
  }
  dropBidding(mesh, job);
  if (best === undefined) {
    charge(mesh, job, true);
    job.soft = 'PendingAnnouncement';
    enqueue(mesh, job);
    show(mesh, job);
    return;
  }
  assign(mesh, job, best.runner, best.re);
}

function assign(mesh: Mesh, job: Job, runner: Runner, re: string): void {
  job.reserved = runner;
  runner.offers.add(job);
  refresh(mesh, runner);
  grant(mesh, job, runner, re);
}
