import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BitError, isBitError } from '../kernel/errors.ts';
import type { InstanceRun } from './instance.ts';
import type {
  Decision,
  InstanceState,
  Result,
  Step,
  StepRecord,
  StepsState,
  StepTools,
  Work,
} from './model.ts';
import type { StepEnded } from './records.ts';
import { StepEffects } from './step-effects.ts';
import { StepLog } from './step-log.ts';
import { fileName } from './store.ts';
import { messageOf, runWork } from './work.ts';

/** Steps that see each other: a job's own, or those of a group within it. */
export interface Level {
  /** `''`, or `group/`. */
  readonly prefix: string;
  readonly steps: Map<string, StepRecord>;
  status: StepsState['status'];
  /** A group's own, over the job's. */
  readonly env: Readonly<Record<string, string>> | undefined;
}

/** How one try of a step went. */
export interface Tried {
  readonly outcome: Result;
  readonly effects: StepEffects;
  readonly exit?: number;
  readonly error?: string;
  readonly timedOut?: true;
}

interface StepContext {
  readonly step: Step;
  readonly path: string;
  readonly level: Level;
  readonly saved: Readonly<Record<string, string>>;
  /** Due when the job had been cancelled already. */
  readonly late?: boolean;
}

/** Runs steps one after another, passing over those the journal holds. */
export class StepRunner {
  readonly #run: InstanceRun;
  readonly #state: InstanceState;

  constructor(run: InstanceRun, state: InstanceState) {
    this.#run = run;
    this.#state = state;
  }

  /** What a step's functions are told. */
  state(level: Level, saved: Readonly<Record<string, string>> = {}): StepsState {
    const run = this.#run;
    const { context } = run;
    const cancelled = run.signal.aborted;
    return {
      ...this.#state,
      cancelled: this.#state.cancelled || context.signal.aborted,
      steps: level.steps,
      status: cancelled ? 'cancelled' : level.status,
      jobStatus: cancelled ? 'cancelled' : run.jobStatus,
      env: { ...run.plan.env, ...run.changes, ...level.env },
      path: run.folders,
      saved,
      temporary: run.temporary,
      runDirectory: context.place.directory,
    };
  }

  async all(level: Level, steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.#one({ step, path: `${level.prefix}${step.id}`, level, saved: {} });
  }

  /** Runs whatever happened, unless the step says otherwise. */
  async post(level: Level, step: Step, path: string, of: StepRecord): Promise<void> {
    const always: Step = { decide: () => ({ run: true }), ...step };
    await this.#one({ step: always, path, level: { ...level, steps: level.steps }, saved: of.saved });
  }

  /** Work around the steps, as a step of its own. */
  async native(
    id: string,
    title: string,
    run: (tools: StepTools) => Promise<void>,
    level: Level,
  ): Promise<void> {
    const step: Step = {
      id,
      title,
      decide: () => ({ run: true }),
      prepare: () => ({ kind: 'native', run }),
    };
    const around: Level = { ...level, steps: new Map() };
    // what stands around the steps died with the process that made it: never taken from the journal
    this.#run.context.log.memory.instance(this.#run.key).steps.delete(id);
    await this.#one({ step, path: id, level: around, saved: {} });
    const record = around.steps.get(id);
    if (record?.conclusion === 'failure') throw new BitError('failed', `${title} failed`);
  }

  async #one(at: StepContext): Promise<void> {
    const { context, key } = this.#run;
    const known = context.log.memory.instance(key).steps.get(at.path);
    const ended = known ?? (await this.#due({ ...at, late: this.#run.signal.aborted }));
    this.#take(at, ended);
    if (known !== undefined) await this.#replayGroup(at, known);
  }

  /** A group that is over may have steps within whose post steps are still due. */
  async #replayGroup(at: StepContext, known: StepEnded): Promise<void> {
    if (known.outcome === 'skipped') return;
    const inside = [...this.#run.context.log.memory.instance(this.#run.key).steps.keys()];
    if (!inside.some((path) => path.startsWith(`${at.path}/`))) return;
    const work = await at.step.prepare(this.state(at.level, at.saved));
    if (work.kind !== 'group') return;
    const level: Level = { prefix: `${at.path}/`, steps: new Map(), status: 'success', env: work.env };
    const before = this.#run.jobStatus;
    for (const step of work.steps) {
      const path = `${level.prefix}${step.id}`;
      if (inside.includes(path)) await this.#one({ step, path, level, saved: {} });
    }
    this.#run.jobStatus = before;
  }

  /** What the journal says of a step becomes what the next ones see. */
  #take({ step, path, level }: StepContext, ended: StepEnded): void {
    const run = this.#run;
    Object.assign(run.changes, ended.env);
    if (ended.path.length > 0) run.folders = [...ended.path, ...run.folders];
    const { outcome, conclusion, outputs, saved, exit } = ended;
    const record: StepRecord = {
      id: step.id,
      outcome,
      conclusion,
      outputs,
      saved,
      ...(exit === undefined ? {} : { exit }),
    };
    level.steps.set(step.id, record);
    if (conclusion === 'failure') {
      level.status = 'failure';
      if (run.jobStatus === 'success') run.jobStatus = 'failure';
    }
    if (step.post !== undefined && outcome !== 'skipped') run.posts.push({ step: step.post, path, record });
  }

  async #due(at: StepContext): Promise<StepEnded> {
    const run = this.#run;
    const { log } = run.context;
    const { step, path, level, saved } = at;
    const started = log.milliseconds();
    const place = { instance: run.key, step: path };
    const title = this.#title(at);
    let decision: Decision;
    try {
      decision = step.decide?.(this.state(level, saved)) ?? this.#usual(level);
    } catch (error) {
      return this.#end(at, title, started, 1, {
        outcome: 'failure',
        effects: new StepEffects(log, place),
        error: messageOf(error),
      });
    }
    const { before } = run.context.settings;
    const state = this.state(level, saved);
    const wanted =
      decision.run && before !== undefined
        ? await before({ job: run.key, step: path, title, state, masked: (text) => log.text(text) })
        : 'run';
    if (!decision.run || wanted === 'skip') {
      const effects = new StepEffects(log, place);
      return this.#end(at, title, started, 0, { outcome: 'skipped', effects });
    }
    log.record({ t: 'start', ...place, at: log.now() });
    log.tell({ event: 'step-started', job: run.key, step: path, title });
    const journal = this.#log(at);
    const most = 1 + (step.retry?.times ?? 0);
    for (let count = 1; ; count++) {
      const tried = await this.#attempt(at, journal);
      if (tried.outcome !== 'failure' || count >= most) {
        const written = journal.close();
        return this.#end(at, title, started, count, tried, { log: journal, written });
      }
      const wait = backoff(step, count);
      log.tell({
        event: 'step-retrying',
        job: run.key,
        step: path,
        title,
        failed: count,
        milliseconds: wait,
      });
      journal.write(
        `[bit: try ${count} of ${most} failed${tried.error === undefined ? '' : `: ${tried.error}`}; again in ${wait} ms]`,
      );
      await sleep(wait, undefined, { signal: run.signal }).catch(() => undefined);
    }
  }

  #usual(level: Level): Decision {
    const { status } = this.state(level);
    return status === 'success' ? { run: true } : { run: false, why: `a step before it ended as ${status}` };
  }

  #title({ step, level, saved }: StepContext): string {
    try {
      const title = typeof step.title === 'string' ? step.title : step.title(this.state(level, saved));
      return this.#run.context.log.text(title);
    } catch {
      return step.id;
    }
  }

  #log({ path }: StepContext): StepLog {
    const run = this.#run;
    const { log, place, settings } = run.context;
    run.count++;
    return new StepLog({
      path: join(place.directory, this.#logName(path)),
      masks: log.masks,
      most: settings.logBytes,
      onLine: (line) => log.tell({ event: 'step-output', job: run.key, step: path, line }),
    });
  }

  #logName(path: string): string {
    return join('logs', fileName(this.#run.key), `${fileName(path)}.log`);
  }

  async #attempt(at: StepContext, log: StepLog): Promise<Tried> {
    const run = this.#run;
    const { step, path, level, saved } = at;
    const effects = new StepEffects(run.context.log, { instance: run.key, step: path });
    const state = this.state(level, saved);
    // one that runs although the job is cancelled ends when its time is over
    const outer = run.signal.aborted ? run.lastSignal : run.signal;
    const ending = new AbortController();
    const stop = (): void => ending.abort();
    if (outer.aborted) stop();
    else outer.addEventListener('abort', stop, { once: true });
    let limit: number | undefined;
    let timer: NodeJS.Timeout | undefined;
    let timedOut = false;
    try {
      limit = step.timeoutMs?.(state);
      if (limit !== undefined) {
        timer = setTimeout(() => {
          timedOut = true;
          ending.abort();
        }, limit);
      }
      const work: Work = await step.prepare(state);
      const done = await runWork(work, {
        run,
        runner: this,
        level,
        path,
        state,
        effects,
        log,
        signal: ending.signal,
      });
      if (timedOut) {
        const error = `it took longer than ${limit} ms`;
        return { ...done, effects, outcome: 'failure', error, timedOut: true };
      }
      return {
        ...done,
        effects,
        outcome: outer.aborted && done.outcome !== 'success' ? 'cancelled' : done.outcome,
      };
    } catch (error) {
      if (isBitError(error, 'waiting')) {
        log.write(`[bit: ${error.message}]`);
        run.wait(path, error.message);
        return { outcome: 'cancelled', effects, error: error.message };
      }
      const message = timedOut ? `it took longer than ${limit} ms` : messageOf(error);
      log.write(`[bit: ${message}]`);
      if (!isBitError(error) && !timedOut && !ending.signal.aborted) log.write(stackOf(error));
      const outcome = outer.aborted && !timedOut ? 'cancelled' : 'failure';
      return { outcome, effects, error: message, ...(timedOut ? { timedOut: true as const } : {}) };
    } finally {
      clearTimeout(timer);
      outer.removeEventListener('abort', stop);
    }
  }

  async #end(
    at: StepContext,
    title: string,
    started: number,
    tries: number,
    { outcome, effects, exit, error, timedOut }: Tried,
    logged?: { readonly log: StepLog; readonly written: boolean },
  ): Promise<StepEnded> {
    const run = this.#run;
    const { log } = run.context;
    const { path } = at;
    const conclusion = outcome === 'failure' && this.#forgiven(at, effects) ? 'success' : outcome;
    const ended: StepEnded = {
      t: 'step',
      instance: run.key,
      step: path,
      title,
      outcome,
      conclusion,
      outputs: { ...effects.outputs },
      saved: { ...effects.saved },
      env: { ...effects.changes },
      path: effects.folders,
      ...(exit === undefined ? {} : { exit }),
      ...(error === undefined ? {} : { error: log.text(error) }),
      milliseconds: log.milliseconds() - started,
      tries,
      ...(logged?.written === true ? { log: this.#logName(path) } : {}),
      ...(at.late === true ? { cancelled: true as const } : {}),
      ...(timedOut === true ? { timedOut } : {}),
    };
    log.record(ended);
    if (effects.summaryText !== '') run.summary(path, effects.summaryText);
    await log.durable();
    log.tell({
      event: 'step-finished',
      job: run.key,
      step: path,
      title,
      outcome,
      conclusion,
      milliseconds: ended.milliseconds,
      tries,
      ...(exit === undefined ? {} : { exit }),
      ...(ended.error === undefined ? {} : { error: ended.error }),
      ...(outcome === 'failure' && logged !== undefined ? { tail: logged.log.tail() } : {}),
    });
    return ended;
  }

  #forgiven({ step, level, saved }: StepContext, effects: StepEffects): boolean {
    try {
      return step.continueOnError?.(this.state(level, saved)) === true;
    } catch (error) {
      effects.annotate({ level: 'error', message: messageOf(error) });
      return false;
    }
  }
}

/** Doubling, spread by a quarter either way so that what failed together does not come back together. */
function backoff({ retry }: Step, failed: number): number {
  const { backoffMs = 0, mostMs = 300_000 } = retry ?? {};
  const full = Math.min(mostMs, backoffMs * 2 ** (failed - 1));
  return Math.round(full * (0.75 + Math.random() / 2));
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
