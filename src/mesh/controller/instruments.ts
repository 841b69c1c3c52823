/** What a controller measures: its metrics, and a trace of each job where somebody collects them. */
import type { Write } from '../lifecycle/index.ts';
import { Registry } from './registry.ts';
import type { Traces } from './traces.ts';

const SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200,
];

type JobWrite = Extract<Write, { kind: 'job' }>;

export class Instruments {
  readonly registry = new Registry();
  readonly #traces: Traces | undefined;
  readonly #events = this.registry.counter(
    'bit_mesh_job_events_total',
    'What happened to jobs, by event.',
    'event',
  );
  readonly #ended = this.registry.counter('bit_mesh_jobs_ended_total', 'Jobs that ended, by state.', 'state');
  readonly #placement = this.registry.histogram(
    'bit_mesh_job_placement_seconds',
    'From submission to the assignment to a runner.',
    SECONDS,
  );
  readonly #execution = this.registry.histogram(
    'bit_mesh_job_execution_seconds',
    'From the assignment to the committed result.',
    SECONDS,
  );
  readonly #commits = this.registry.histogram(
    'bit_mesh_store_batch_writes',
    'Changes that shared one answer of the store.',
    [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
  );
  readonly #refused = this.registry.counter(
    'bit_mesh_policy_refusals_total',
    'What policies refused, by kind.',
    'kind',
  );
  readonly #messages = this.registry.counter(
    'bit_mesh_messages_received_total',
    'Messages received, by type.',
    'type',
  );
  readonly #ledger = this.registry.counter('bit_mesh_ledger_entries_total', 'Entries written to the ledger.');
  readonly #failures = this.registry.counter(
    'bit_mesh_failures_total',
    'What went wrong here, by part.',
    'part',
  );
  readonly #artifacts = this.registry.counter('bit_mesh_artifact_bytes_total', 'Bytes of artifacts kept.');
  readonly #pruned = this.registry.counter(
    'bit_mesh_jobs_pruned_total',
    'Ended jobs that were kept no longer.',
  );
  /** Jobs that ended, by state. */
  readonly ends: Record<string, number> = {};
  readonly counts = { submitted: 0, committed: 0, refused: 0 };

  constructor(traces: Traces | undefined) {
    this.#traces = traces;
  }

  message(type: string): void {
    this.#messages.add(type);
  }

  refused(kind: string): void {
    this.counts.refused += 1;
    this.#refused.add(kind);
  }

  failure(part: string): void {
    this.#failures.add(part);
  }

  entries(count: number): void {
    this.#ledger.add('', count);
  }

  artifact(bytes: number): void {
    this.#artifacts.add('', bytes);
  }

  pruned(jobs: number): void {
    this.#pruned.add('', jobs);
  }

  /** Changes that are durable. */
  written(writes: readonly Write[]): void {
    this.#commits.observe(writes.length);
    for (const write of writes) {
      for (const { event } of write.events) this.#events.add(event);
      if (write.kind === 'job') this.#job(write);
    }
  }

  #job({ record, events }: JobWrite): void {
    for (const { event } of events) {
      if (event === 'JOB_SUBMIT') this.counts.submitted += 1;
      if (event === 'JOB_ASSIGN') this.#assigned(record);
    }
    if (record.end !== undefined) this.#over(record);
  }

  #assigned({ job_id, submitted_at, lease, attempt }: JobWrite['record']): void {
    if (lease === undefined) return;
    const start = Date.parse(submitted_at);
    const end = Date.parse(lease.granted_at);
    if (attempt <= 1) this.#placement.observe((end - start) / 1000);
    this.#traces?.add({
      ...{ job: job_id, name: 'placement', of: String(lease.fence), within: 'job', start, end, ok: true },
      attributes: { 'bithub.runner.id': lease.runner_id, 'bithub.fence': lease.fence },
    });
  }

  #over({ job_id, job, submitted_at, submitted_by, started_at, attempt, end }: JobWrite['record']): void {
    if (end === undefined) return;
    this.counts.committed += 1;
    this.ends[end.state] = (this.ends[end.state] ?? 0) + 1;
    this.#ended.add(end.state);
    const at = Date.parse(end.at);
    const ok = end.state === 'CompletedSuccessfully';
    const why = end.reason === undefined ? {} : { message: end.reason };
    if (started_at !== undefined) {
      this.#execution.observe((at - Date.parse(started_at)) / 1000);
      this.#traces?.add({
        ...{ job: job_id, name: 'execution', of: String(end.fence ?? 0), within: 'job', ok, ...why },
        ...{ start: Date.parse(started_at), end: at },
        attributes: { 'bithub.runner.id': end.runner_id ?? '', 'bithub.attempt': attempt },
      });
    }
    this.#traces?.add({
      ...{ job: job_id, name: 'job', start: Date.parse(submitted_at), end: at, ok, ...why },
      attributes: {
        'bithub.repository': job.repo,
        'bithub.submitter': submitted_by,
        'bithub.state': end.state,
        'bithub.attempts': attempt,
      },
    });
  }
}
