/** A result counts once. */
import type { Input } from './input.ts';
import { leaseOf, lose } from './lease.ts';
import { type Job, type Mesh, type Runner, timestamp } from './mesh.ts';
import { praise } from './quarantine.ts';
import type { JobRecord } from './record.ts';
import { say } from './say.ts';
import { writeJob } from './writes.ts';

type ResultInput = Extract<Input, { type: 'result' }>;

/** @param looked whether the job is as the store has it this very moment, and not as was heard of it last */
export function result(
  mesh: Mesh,
  runner: Runner,
  job: Job | undefined,
  { input, looked }: { readonly input: ResultInput; readonly looked: boolean },
): void {
  const { end } = input;
  if (job === undefined) {
    answer(mesh, input, { committed: false, duplicate: false, reason: 'there is no such job' });
    return;
  }
  // Another controller may have given a later lease, or taken this very result, and that was not heard of here yet.
  const look = (): boolean => {
    if (looked || mesh.options.claim_ms === 0) return false;
    mesh.out.push({ kind: 'load', job_id: job.id, again: input });
    return true;
  };
  const ended = job.record.end;
  if (ended !== undefined) {
    const same = ended.fence === end.fence && ended.result?.idempotency_key === end.idempotency_key;
    const mine = ended.runner_id === runner.id;
    if (same && mine) answer(mesh, input, { committed: true, duplicate: true });
    else if (!look())
      answer(mesh, input, { committed: false, duplicate: false, reason: 'the job ended without it' });
    return;
  }
  const lease = leaseOf(job, runner, end.fence);
  if (lease === undefined) {
    if (look()) return;
    const reason = job.record.lease === undefined ? 'its lease ran out' : 'another lease holds the job';
    answer(mesh, input, { committed: false, duplicate: false, reason });
    return;
  }
  if (!isFinal(job.record, end)) {
    // Where that was the last one it may try, the job ends with what this one says.
    const more = job.record.attempt < (job.record.job.attempts ?? mesh.options.attempts);
    if (more || job.record.cancel !== undefined) {
      const reason = end.error ?? 'the runner could not run it';
      lose(mesh, job, reason, {
        counts: true,
        cause: input,
        done: () =>
          answer(mesh, input, { committed: false, duplicate: false, reason: 'another runner tries it' }),
      });
      return;
    }
  }
  commit(mesh, runner, job, input);
}

/** Whether the job itself came to this end, and not its runner. */
function isFinal(record: JobRecord, end: ResultInput['end']): boolean {
  if (end.status === 'CompletedSuccessfully') return true;
  if (end.status === 'Cancelled') return record.cancel !== undefined;
  return end.exit_code !== undefined;
}

function commit(mesh: Mesh, runner: Runner, job: Job, input: ResultInput): void {
  const { end } = input;
  const { lease: _over, ...rest } = job.record;
  const final = isFinal(job.record, end);
  const state = final ? end.status : 'Failed';
  const reason = end.error ?? (state === 'Cancelled' ? job.record.cancel?.reason : undefined);
  writeJob(mesh, job, {
    record: {
      ...rest,
      ...(job.startedAt === undefined ? {} : { started_at: job.startedAt }),
      end: {
        state,
        at: timestamp(mesh),
        ...(reason === undefined ? {} : { reason }),
        runner_id: runner.id,
        fence: end.fence,
        result: end,
      },
    },
    event: 'JOB_RESULT',
    facts: {
      status: state,
      ...(end.exit_code === undefined ? {} : { exit_code: end.exit_code }),
      idempotency_key: end.idempotency_key,
      artifacts: end.artifacts.map(({ uri, sha256, size }) => ({ uri, sha256, size })),
      ...(end.ledger === undefined ? {} : { runner_ledger: end.ledger }),
    },
    cause: input,
    done: () => {
      if (final) praise(mesh, runner);
      answer(mesh, input, { committed: true, duplicate: false });
    },
  });
}

function answer(
  mesh: Mesh,
  { peer, re, end }: ResultInput,
  said: { readonly committed: boolean; readonly duplicate: boolean; readonly reason?: string },
): void {
  say(mesh, peer, { type: 'JOB_COMMITTED', payload: { job_id: end.job_id, fence: end.fence, ...said } }, re);
}
