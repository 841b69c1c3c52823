/** What clients ask for. */
import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '../../kernel/json.ts';
import type { JobOffer } from '../protocol/types.ts';
import type { Input } from './input.ts';
import { tellCancel } from './lease.ts';
import { type Job, type Mesh, makeJob, timestamp } from './mesh.ts';
import { release } from './quarantine.ts';
import type { JobRecord } from './record.ts';
import { refuse, say } from './say.ts';
import { refresh, refreshAll } from './slots.ts';
import { writeJob, writeMesh, writeRunner } from './writes.ts';

type Of<T extends Input['type']> = Extract<Input, { type: T }>;

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * The name of what `submitter` submits under `key`: the same wherever and whenever it is submitted, so that one write
 * that may not find the job there already is all that makes a submission happen once. 130 bits of SHA-256.
 */
export function jobIdOf(submitter: string, key: string): string {
  const digest = createHash('sha256')
    .update(`${JSON.stringify([submitter, key])}`)
    .digest();
  let id = 'J-';
  for (let at = 0; at < 26; at++) id += ALPHABET[(digest[at] ?? 0) & 31];
  return id;
}

export function submit(mesh: Mesh, job: Job | undefined, input: Of<'submit'>): void {
  const job_id = jobIdOf(input.submitter, input.key);
  const digest = createHash('sha256')
    .update(canonicalJson(input.job as Json))
    .digest('hex');
  if (job !== undefined) {
    if (job.record.digest === digest) accepted(mesh, input, job_id, true);
    else
      refuse(mesh, input, {
        code: 'conflict',
        message: 'this idempotency key was used for another job',
        job_id,
      });
    return;
  }
  if (mesh.draining) {
    refuse(mesh, input, { code: 'draining', message: 'the mesh takes no more jobs' });
    return;
  }
  if (mesh.jobs.size - mesh.ended.size - mesh.leased >= mesh.options.most_pending) {
    refuse(mesh, input, {
      code: 'rate-limited',
      message: `${mesh.options.most_pending} jobs wait already`,
      retry_after_ms: 10_000,
    });
    return;
  }
  const offer: JobOffer = { job_id, ...input.job };
  const record: JobRecord = {
    job_id,
    job: offer,
    digest,
    idempotency_key: input.key,
    submitted_by: input.submitter,
    submitted_at: timestamp(mesh),
    fence: 0,
    attempt: 0,
    attempts: [],
  };
  const made = makeJob(mesh, { record, revision: 0 });
  writeJob(mesh, made, {
    record,
    event: 'JOB_SUBMIT',
    facts: { by: input.submitter, repo: offer.repo, priority: offer.priority, digest },
    // Where it is in the store already, that one answers.
    cause: input,
    done: () => accepted(mesh, input, job_id, false),
  });
}

function accepted(
  mesh: Mesh,
  { peer, re }: { peer: string; re: string },
  job_id: string,
  duplicate: boolean,
): void {
  say(mesh, peer, { type: 'JOB_ACCEPTED', payload: { job_id, duplicate } }, re);
}

export function cancel(mesh: Mesh, job: Job, input: Of<'cancel'>): void {
  const { record } = job;
  const ack = () => say(mesh, input.peer, { type: 'ACK', payload: {} }, input.re);
  if (record.end !== undefined) {
    if (record.end.state === 'Cancelled') ack();
    else
      refuse(mesh, input, {
        code: 'conflict',
        message: `the job has ended: ${record.end.state}`,
        job_id: job.id,
      });
    return;
  }
  const { by, reason } = input;
  const at = timestamp(mesh);
  if (record.lease === undefined) {
    writeJob(mesh, job, {
      record: { ...record, end: { state: 'Cancelled', at, reason } },
      event: 'JOB_CANCEL',
      facts: { by, reason },
      cause: input,
      done: ack,
    });
    return;
  }
  const tell = () => {
    const runner = mesh.runners.get(job.record.lease?.runner_id ?? '');
    if (runner !== undefined) tellCancel(mesh, runner, job);
  };
  if (record.cancel !== undefined) {
    tell();
    ack();
    return;
  }
  writeJob(mesh, job, {
    record: { ...record, cancel: { by, reason, at } },
    event: 'JOB_CANCEL',
    facts: { by, reason, asked: true },
    cause: input,
    done: () => {
      // One that goes on regardless is not renewed for ever.
      job.deadline = Math.min(job.deadline, mesh.at.now + mesh.options.overtime_ms);
      tell();
      ack();
    },
  });
}

export function retry(mesh: Mesh, job: Job, input: Of<'retry'>): void {
  const { end, cancel: _asked, lease: _held, started_at: _began, ...rest } = job.record;
  if (end === undefined) {
    accepted(mesh, input, job.id, true);
    return;
  }
  if (end.state === 'CompletedSuccessfully') {
    refuse(mesh, input, { code: 'conflict', message: 'the job has ended well', job_id: job.id });
    return;
  }
  writeJob(mesh, job, {
    record: { ...rest, attempt: 0 },
    event: 'JOB_RETRY',
    facts: { by: input.by, after: end.state },
    cause: input,
    done: () => accepted(mesh, input, job.id, false),
  });
}

export function drain(mesh: Mesh, input: Of<'drain'>): void {
  const { by, drain: drained, runner_id } = input;
  const id = `${mesh.me}.${mesh.order++}`;
  const ack = () => say(mesh, input.peer, { type: 'ACK', payload: {} }, input.re);
  if (runner_id === undefined) {
    mesh.draining = drained;
    refreshAll(mesh);
    writeMesh(
      mesh,
      { draining: drained },
      { id, event: 'MESH_DRAIN', facts: { by, drain: drained }, done: ack },
    );
    return;
  }
  const runner = mesh.runners.get(runner_id);
  const { drained: _was, ...rest } = mesh.records.get(runner_id) ?? { runner_id };
  const record = drained ? { ...rest, drained } : rest;
  if (runner !== undefined) {
    runner.record = record;
    refresh(mesh, runner);
  }
  writeRunner(mesh, record, {
    id,
    event: 'RUNNER_DRAIN',
    facts: { by, drain: drained },
    done: () => {
      if (runner?.peer !== undefined)
        say(mesh, runner.peer, { type: 'MESH_DRAIN', payload: { runner_id, drain: drained } });
      ack();
    },
  });
}

export function releaseRunner(mesh: Mesh, input: Of<'release'>): void {
  const runner = mesh.runners.get(input.runner_id);
  if (runner === undefined) {
    refuse(mesh, input, { code: 'not-found', message: `no runner ${input.runner_id} is known` });
    return;
  }
  release(mesh, runner, `by ${input.by}`, () =>
    say(mesh, input.peer, { type: 'ACK', payload: {} }, input.re),
  );
}
