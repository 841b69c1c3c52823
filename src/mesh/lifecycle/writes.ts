/**
 * Nothing of a job changes before it is durable: a change is written, and takes place when the store has answered.
 * What must be said then is said then. Until then the job takes no other input; where another controller was first, the
 * job is what that one made of it and the input that wanted the change is begun anew.
 */

import { attach, detach } from './attach.ts';
import { dropBidding } from './bidding.ts';
import type { Input } from './input.ts';
import type { Job, Mesh } from './mesh.ts';
import { timestamp } from './mesh.ts';
import { unqueue } from './queue.ts';
import type { JobRecord, LedgerEvent, MeshRecord, Outcome, RunnerRecord } from './record.ts';
import { refresh } from './slots.ts';

interface Change {
  readonly record: JobRecord;
  readonly event: LedgerEvent['event'];
  readonly facts?: Readonly<Record<string, unknown>>;
  /** Begun anew where another controller was first. */
  readonly cause?: Input;
  /** Once it is durable and the job is what it says. */
  readonly done?: () => void;
}

export function writeJob(mesh: Mesh, job: Job, { record, event, facts = {}, cause, done }: Change): void {
  unqueue(job);
  dropBidding(mesh, job);
  const { lease, end } = record;
  const runner = lease?.runner_id ?? end?.runner_id ?? job.record.lease?.runner_id;
  const whole: JobRecord =
    job.startedAt === undefined || lease === undefined ? record : { ...record, started_at: job.startedAt };
  const told: LedgerEvent = {
    // The fence and revision make it this change's and no other's.
    id: `${job.id}.${job.revision + 1}.${record.fence}`,
    event,
    ts: timestamp(mesh),
    job_id: job.id,
    ...(runner === undefined ? {} : { runner_id: runner }),
    ...(record.fence > 0 ? { fence: record.fence } : {}),
    facts,
  };
  const flight = { job, record: whole, done: done ?? (() => {}), cause };
  job.flight = flight;
  mesh.flights.push(flight);
  mesh.out.push({
    kind: 'persist',
    write: { kind: 'job', record: whole, after: job.revision, events: [told] },
  });
}

interface Aside {
  readonly id: string;
  readonly event: LedgerEvent['event'];
  readonly facts: Readonly<Record<string, unknown>>;
  readonly done: () => void;
}

export function writeRunner(mesh: Mesh, record: RunnerRecord, { id, event, facts, done }: Aside): void {
  mesh.records.set(record.runner_id, record);
  mesh.flights.push({ job: undefined, record: undefined, done, cause: undefined });
  const told: LedgerEvent = { id, event, ts: timestamp(mesh), runner_id: record.runner_id, facts };
  mesh.out.push({ kind: 'persist', write: { kind: 'runner', record, events: [told] } });
}

export function writeMesh(mesh: Mesh, record: MeshRecord, { id, event, facts, done }: Aside): void {
  mesh.flights.push({ job: undefined, record: undefined, done, cause: undefined });
  const told: LedgerEvent = { id, event, ts: timestamp(mesh), facts };
  mesh.out.push({ kind: 'persist', write: { kind: 'mesh', record, events: [told] } });
}

/** The store's answers, in the order of the writes. */
export function stored(mesh: Mesh, outcomes: readonly Outcome[]): void {
  for (const outcome of outcomes) {
    const flight = mesh.flights[mesh.answered++];
    if (flight === undefined) throw new Error('an outcome without a write');
    land(mesh, flight, outcome);
  }
  if (mesh.answered * 2 > mesh.flights.length) {
    mesh.flights.splice(0, mesh.answered);
    mesh.answered = 0;
  }
}

function land(mesh: Mesh, { job, record, done, cause }: Mesh['flights'][number], outcome: Outcome): void {
  if (job === undefined || record === undefined) {
    done();
    return;
  }
  job.flight = undefined;
  detach(mesh, job);
  const { reserved } = job;
  if (reserved !== undefined) {
    job.reserved = undefined;
    reserved.offers.delete(job);
    refresh(mesh, reserved);
  }
  const waiting = job.waiting.splice(0);
  if (outcome.stored) {
    attach(mesh, job, { record, revision: outcome.revision });
    done();
  } else if (outcome.kept !== undefined) {
    attach(mesh, job, outcome.kept);
    if (cause !== undefined) mesh.again.push(cause);
  } else {
    mesh.jobs.delete(job.id);
    if (cause !== undefined) mesh.again.push(cause);
  }
  mesh.again.push(...waiting);
}
