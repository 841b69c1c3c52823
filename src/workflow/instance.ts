import { appendFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeDirectory } from '../kernel/files.ts';
import type { RunContext } from './context.ts';
import type { Room } from './executor.ts';
import type {
  InstanceState,
  Outputs,
  Result,
  Step,
  StepRecord,
  StepsPlan,
  StepsState,
  Surround,
} from './model.ts';
import type { InstanceEnded } from './records.ts';
import { type Level, StepRunner } from './step.ts';
import { fileName } from './store.ts';
import { messageOf } from './work.ts';

export interface InstanceOptions {
  readonly context: RunContext;
  readonly state: InstanceState;
  readonly plan: StepsPlan;
  /** `job(key)`, with the path of what called it. */
  readonly key: string;
  readonly title: string;
  /** Ends this instance. */
  readonly signal: AbortSignal;
}

/** Runs a job instance's steps, those of them that the journal does not hold yet. */
export class InstanceRun {
  readonly context: RunContext;
  readonly key: string;
  readonly plan: StepsPlan;
  readonly temporary: string;
  readonly scratch: string;
  /** What steps added to the environment through command files. */
  readonly changes: Record<string, string> = {};
  folders: readonly string[] = [];
  jobStatus: StepsState['jobStatus'] = 'success';
  /** Post steps of those that ran, in their order. */
  readonly posts: { readonly step: Step; readonly path: string; readonly record: StepRecord }[] = [];
  readonly #options: InstanceOptions;
  readonly #cancel = new AbortController();
  readonly #last = new AbortController();
  #room: Promise<Room> | undefined;
  #timedOut = false;
  #waits: string | undefined;
  /** Numbers its logs and scratch folders. */
  count = 0;

  constructor(options: InstanceOptions) {
    this.#options = options;
    this.context = options.context;
    this.key = options.key;
    this.plan = options.plan;
    this.temporary = join(options.context.place.directory, 'tmp', fileName(options.key));
    this.scratch = join(options.context.scratch, fileName(options.key));
  }

  /** Where its processes work. */
  get workspace(): string {
    return this.#options.state.workspace;
  }

  /** Ends what runs. */
  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  /** Ends also what runs although the job is cancelled. */
  get lastSignal(): AbortSignal {
    return this.#last.signal;
  }

  async run(): Promise<InstanceEnded> {
    const { log } = this.context;
    const started = log.milliseconds();
    const outer = this.#options.signal;
    const stop = (): void => this.#stop();
    if (outer.aborted) stop();
    else outer.addEventListener('abort', stop, { once: true });
    const timer =
      this.plan.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            this.#timedOut = true;
            this.#stop();
          }, this.plan.timeoutMs);
    let error: string | undefined;
    let outputs: Outputs = {};
    const level: Level = { prefix: '', steps: new Map(), status: 'success', env: undefined };
    const runner = new StepRunner(this, this.#options.state);
    try {
      await this.#surrounded(runner, level);
      outputs = this.plan.outputs?.(runner.state(level)) ?? {};
    } catch (failure) {
      this.jobStatus = this.jobStatus === 'cancelled' ? 'cancelled' : 'failure';
      error = messageOf(failure);
    } finally {
      clearTimeout(timer);
      outer.removeEventListener('abort', stop);
      await this.#leave();
    }
    error ??= this.#waits;
    // of one that failed it stays, to be gone on with
    if (this.#options.state.ownTree === true && this.#result() === 'success')
      await this.context.trees?.remove(this.workspace).catch(() => undefined);
    if (this.#timedOut) error = `it took longer than ${Math.round((this.plan.timeoutMs ?? 0) / 1000)} s`;
    return {
      t: 'closed',
      instance: this.key,
      result: this.#result(),
      outputs,
      ...(error === undefined ? {} : { error: log.text(error) }),
      milliseconds: log.milliseconds() - started,
      ...(this.#timedOut ? { timedOut: true as const } : {}),
    };
  }

  /** A step of it waits for somebody: the job stops here, and a resumed run asks that step again. */
  wait(step: string, why: string): void {
    this.context.waiting.push({ job: this.key, step, why: this.context.log.text(why) });
    this.#waits = why;
    this.#stop();
  }

  #result(): Result {
    if (this.signal.aborted && this.jobStatus !== 'failure') return 'cancelled';
    return this.jobStatus;
  }

  #stop(): void {
    if (this.#cancel.signal.aborted) return;
    if (this.jobStatus === 'success') this.jobStatus = 'cancelled';
    this.#cancel.abort();
    setTimeout(() => this.#last.abort(), this.context.settings.afterCancel).unref();
  }

  async #surrounded(runner: StepRunner, level: Level): Promise<void> {
    const { surround } = this.plan;
    try {
      if (surround !== undefined)
        await runner.native('_start', 'start', (tools) => surround.start(tools), level);
      await runner.all(level, this.plan.steps);
    } finally {
      await this.#after(runner, level, surround);
    }
  }

  async #after(runner: StepRunner, level: Level, surround: Surround | undefined): Promise<void> {
    for (const { step, path, record } of [...this.posts].reverse()) {
      await runner.post(level, step, `${path}:post`, record);
    }
    if (surround !== undefined) await runner.native('_stop', 'stop', (tools) => surround.stop(tools), level);
  }

  /** Opened when the first process is due. */
  room(): Promise<Room> {
    const { context, plan } = this;
    const { settings } = context;
    if (this.#room === undefined)
      for (const path of [this.temporary, this.scratch]) makeDirectory(path, 0o700);
    this.#room ??= context.executor(plan.on ?? context.request.on).open({
      title: this.#options.title,
      workspace: this.workspace,
      env: { ...context.env, ...plan.env },
      sandbox: plan.sandbox ?? settings.sandbox,
      limits: { ...settings.limits, ...plan.limits },
      writable: [this.temporary, this.scratch],
      hidden: settings.hidden,
      grace: settings.grace,
    });
    return this.#room;
  }

  /** Appends what a step wrote to its summary. */
  summary(step: string, text: string): void {
    const path = join(this.context.place.directory, 'summaries', `${fileName(this.key)}.md`);
    makeDirectory(dirname(path));
    appendFileSync(path, this.context.log.text(text), { mode: 0o600 });
    this.context.log.tell({ event: 'summary', job: this.key, step, path });
  }

  async #leave(): Promise<void> {
    if (this.#room === undefined) return;
    const room = await this.#room.catch(() => undefined);
    await room?.close();
    rmSync(this.scratch, { recursive: true, force: true });
    rmSync(this.temporary, { recursive: true, force: true });
  }
}
