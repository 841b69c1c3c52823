import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FineState, JobEnd, LedgerPosition } from '../protocol/types.ts';
import type { EndReason, Execution, JobAssignment, JobPlace } from './execution.ts';
import { JobLog } from './job-log.ts';
import type { LogSender } from './log-sender.ts';
import { removeTree } from './remove-tree.ts';

export interface ActiveJobOptions {
  readonly assignment: JobAssignment;
  /** Folder of all jobs. */
  readonly jobs: string;
  readonly mostLog: number;
  /** When its lease runs out, by the clock that never goes back. */
  readonly deadline: number;
  readonly now: () => Date;
  readonly sender: (log: JobLog) => LogSender;
}

/** A job this runner holds a lease of: from its assignment until nothing of it is owed to anyone any more. */
export class ActiveJob {
  readonly assignment: JobAssignment;
  readonly place: JobPlace;
  readonly log: JobLog;
  readonly sender: LogSender;
  readonly startedAt: string;
  /** When its lease runs out; only renewals that were answered move it. */
  deadline: number;
  state: FineState = 'Assigned';
  heldBy: Readonly<Record<string, string>> = {};
  /** It has ended, and its result waits to be committed. */
  finished = false;
  /** Resolves when it is over. */
  done: Promise<void> = Promise.resolve();
  readonly #ending = new AbortController();

  constructor(options: ActiveJobOptions) {
    const { assignment, jobs, mostLog, deadline, now } = options;
    this.assignment = assignment;
    this.deadline = deadline;
    this.startedAt = now().toISOString();
    const folder = join(jobs, `${assignment.job.job_id}.${assignment.fence}`);
    removeTree(folder);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.place = { folder, work: join(folder, 'work'), home: join(folder, 'home') };
    let sender: LogSender | undefined;
    this.log = new JobLog({ path: join(folder, 'log'), most: mostLog, onGrowth: () => sender?.grown() });
    sender = options.sender(this.log);
    this.sender = sender;
  }

  get id(): string {
    return this.assignment.job.job_id;
  }

  get fence(): number {
    return this.assignment.fence;
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** The first reason counts. */
  end(reason: EndReason): void {
    if (!this.#ending.signal.aborted) this.#ending.abort(reason);
  }

  /** Lets go of everything on disk. */
  dispose(): void {
    this.sender.end();
    this.log.close();
    removeTree(this.place.folder);
  }
}

/** Its result as the controller is told; the signature comes to it. */
export function endOf(
  { id, fence }: Pick<ActiveJob, 'id' | 'fence'>,
  execution: Execution & { readonly kind: 'ended' },
  ledger: LedgerPosition | undefined,
): JobEnd {
  const { status, exitCode, error, metrics, artifacts, outputs, seconds } = execution.outcome;
  return {
    job_id: id,
    fence,
    idempotency_key: `${id}.${fence}`,
    status,
    ...(exitCode === undefined ? {} : { exit_code: Math.min(255, Math.max(0, exitCode)) }),
    ...(error === undefined ? {} : { error }),
    metrics: { ...metrics },
    artifacts: [...artifacts],
    ...(Object.keys(outputs).length === 0 ? {} : { outputs: { ...outputs } }),
    ...(ledger === undefined ? {} : { ledger }),
    duration_s: seconds,
  };
}
