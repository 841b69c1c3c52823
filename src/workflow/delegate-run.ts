import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import type { RunContext, Scope } from './context.ts';
import type { Delegate, DelegatedLevel, DelegateEnd, Delegation, RemoteEvent } from './delegation.ts';
import { carriedRequest } from './delegation.ts';
import type { RunEvent } from './events.ts';
import type { Artifact, InstanceState, JobRecord, Outputs, StepsPlan } from './model.ts';
import { takeOutcome } from './outcome.ts';
import { readPack, writePack } from './pack.ts';
import type { InstanceEnded } from './records.ts';
import { StepLog } from './step-log.ts';
import { fileName } from './store.ts';
import { messageOf } from './work.ts';

export interface DelegatedOptions {
  readonly context: RunContext;
  readonly scope: Scope;
  readonly state: InstanceState;
  readonly plan: StepsPlan;
  readonly key: string;
  readonly title: string;
  readonly signal: AbortSignal;
  readonly delegate: Delegate;
}

/** Job minutes nobody set: what GitHub gives a job. Milliseconds. */
const USUAL_LIMIT = 6 * 60 * 60 * 1000;

/** Has a job instance run elsewhere: what happens there is told here, and stands in the journal when it ended. */
export class DelegatedRun {
  readonly #options: DelegatedOptions;
  readonly #logs = new Map<string, StepLog>();
  /** Steps whose end was told. */
  readonly #told = new Set<string>();

  constructor(options: DelegatedOptions) {
    this.#options = options;
  }

  async run(): Promise<InstanceEnded> {
    const { context, key } = this.#options;
    const { log } = context;
    const started = log.milliseconds();
    const end = (
      ended: Pick<InstanceEnded, 'result' | 'outputs'> & { readonly error?: string },
    ): InstanceEnded => ({
      t: 'closed',
      instance: key,
      result: ended.result,
      outputs: ended.outputs,
      ...(ended.error === undefined ? {} : { error: log.text(ended.error) }),
      milliseconds: log.milliseconds() - started,
    });
    // it ends elsewhere as a whole: of what was heard of it before, nothing holds
    log.memory.forget(key);
    this.#restart();
    try {
      const done = await this.#delegated();
      if (done.kind === 'cancelled') return end({ result: 'cancelled', outputs: {} });
      if (done.kind === 'lost') return end({ result: 'failure', outputs: {}, error: done.why });
      return end(await this.#take(done.path));
    } catch (error) {
      if (this.#options.signal.aborted) return end({ result: 'cancelled', outputs: {} });
      return end({ result: 'failure', outputs: {}, error: messageOf(error) });
    } finally {
      this.#closeLogs();
    }
  }

  #delegated(): Promise<DelegateEnd> {
    const { context, plan, key, title, signal, delegate } = this.#options;
    const { log, place, facts, content } = context;
    const artifacts = [...log.memory.artifacts.values()];
    return delegate.run({
      key: `${facts.id}/${facts.attempt}/${fileName(key)}`,
      job: key,
      title,
      document: this.#document(artifacts),
      writePack: (artifact, to) => writePack(to, { artifact: artifact.digest }, [artifact], content),
      secrets: context.workflow.secrets ?? [],
      timeoutMs: plan.timeoutMs ?? USUAL_LIMIT,
      placement: plan.placement ?? {},
      network: (plan.sandbox ?? context.settings.sandbox)?.network ?? 'none',
      directory: join(place.directory, 'delegated'),
      handle: log.memory.delegated.get(key),
      onHandle: async (handle) => {
        log.record({ t: 'delegated', instance: key, handle });
        await log.durable();
      },
      onEvent: (event) => this.#hear(event),
      signal,
    });
  }

  #document(artifacts: readonly Artifact[]): Delegation {
    const { context, scope, state } = this.#options;
    const levels = [...(scope.levels ?? []), levelOf(state)];
    const request = { ...carriedRequest(context.request, context.workspace), on: 'local' as const };
    // `secret:NAME` in `--env` is a name; a value of one is refused
    for (const [name, value] of Object.entries({ ...request.inputs, ...request.env })) {
      if (context.log.masks.finds(value)) throw holdsSecret(name);
    }
    if (context.log.masks.finds(JSON.stringify(request.event))) throw holdsSecret('the event');
    const safe = levels.map(({ jobs, ...level }) => ({
      ...level,
      jobs: jobs.map((job) => this.#withoutSecrets(job)),
    }));
    return { v: 1, run: context.facts, request, levels: safe, artifacts } as unknown as Delegation;
  }

  /** As GitHub has it: an output that holds a secret is handed on to nobody. */
  #withoutSecrets(record: JobRecord): JobRecord {
    const { masks } = this.#options.context.log;
    const outputs: Outputs = Object.fromEntries(
      Object.entries(record.outputs).filter(([, value]) => !masks.finds(value)),
    );
    return { ...record, outputs };
  }

  #hear(heard: RemoteEvent): void {
    const { context, key, title } = this.#options;
    if (heard.kind === 'event') {
      this.#tell(heard.event);
      return;
    }
    if (heard.kind === 'again') this.#restart();
    context.log.tell({ event: 'job-waiting', job: key, title, why: context.log.text(heard.why) });
  }

  /** What it hears is of this job, whatever the other side calls it. */
  #tell(event: RunEvent): void {
    const { context, key } = this.#options;
    const { log } = context;
    switch (event.event) {
      case 'step-started':
        log.tell({ event: 'step-started', job: key, step: event.step, title: log.text(event.title) });
        return;
      case 'step-output':
        this.#log(event.step).write(event.line);
        return;
      case 'step-retrying':
      case 'step-finished': {
        const { at, run, ...rest } = event;
        if (rest.event === 'step-finished') this.#told.add(rest.step);
        log.tell({ ...rest, job: key, title: log.text(rest.title) });
        return;
      }
      default:
        // of the rest the outcome tells
        return;
    }
  }

  #log(step: string): StepLog {
    const { context, key } = this.#options;
    const { log, place, settings } = context;
    let found = this.#logs.get(step);
    if (found === undefined) {
      found = new StepLog({
        path: join(place.directory, this.#logName(step)),
        masks: log.masks,
        most: settings.logBytes,
        onLine: (line) => log.tell({ event: 'step-output', job: key, step, line }),
      });
      this.#logs.set(step, found);
    }
    return found;
  }

  #logName(step: string): string {
    return join('logs', fileName(this.#options.key), `${fileName(step)}.log`);
  }

  #restart(): void {
    const { context, key } = this.#options;
    this.#closeLogs();
    this.#told.clear();
    rmSync(join(context.place.directory, 'logs', fileName(key)), { recursive: true, force: true });
  }

  #closeLogs(): void {
    for (const log of this.#logs.values()) log.close();
    this.#logs.clear();
  }

  async #take(
    path: string,
  ): Promise<Pick<InstanceEnded, 'result' | 'outputs'> & { readonly error?: string }> {
    const { context, key } = this.#options;
    const header = await readPack(path, context.content);
    const written = new Set([...this.#logs].flatMap(([step, log]) => (log.close() ? [step] : [])));
    this.#logs.clear();
    const outcome = await takeOutcome(header, {
      context,
      instance: key,
      told: this.#told,
      logName: (step) => (written.has(step) ? this.#logName(step) : undefined),
    });
    rmSync(path, { force: true });
    return outcome;
  }
}

export function levelOf(state: InstanceState): DelegatedLevel {
  return { job: state.job.id, instance: state.instance.key, jobs: [...state.jobs.values()] };
}

function holdsSecret(name: string): BitError {
  return new BitError('denied', `${name} holds a secret: it does not travel to another machine`, {
    hint: 'name it instead: secret:NAME, and give the runner a secret of that name',
  });
}
