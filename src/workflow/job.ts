import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isBitError } from '../kernel/errors.ts';
import type { Lock } from '../kernel/lock.ts';
import type { RunContext, Scope } from './context.ts';
import { DelegatedRun, levelOf } from './delegate-run.ts';
import { runGraph, runState } from './engine.ts';
import { InstanceRun } from './instance.ts';
import {
  allSucceeded,
  type Concurrency,
  type Instance,
  type InstanceState,
  type Job,
  type JobPlan,
  type JobRecord,
  type JobState,
  type Outputs,
  type Result,
  type Strategy,
} from './model.ts';
import type { InstanceEnded } from './records.ts';
import { Slots } from './slots.ts';
import { fileName } from './store.ts';
import { messageOf } from './work.ts';

const ONE: Strategy = { instances: [{ key: '', title: '', values: {} }], failFast: true };

export interface JobRun {
  readonly records: ReadonlyMap<string, JobRecord>;
  /** What it needs ran again in this attempt, so it does too. */
  readonly again: boolean;
}

/** Takes one job from its needs' end to its own; never throws for what is the job's fault. */
export async function runJob(
  context: RunContext,
  scope: Scope,
  job: Job,
  { records, again }: JobRun,
): Promise<{ readonly record: JobRecord; readonly ran: boolean }> {
  const { log } = context;
  const path = `${scope.prefix}${job.id}`;
  const known = log.memory.jobs.get(path);
  if (known !== undefined && !again) {
    const { result, outputs, instances } = known;
    return { record: { id: job.id, result, outputs, instances }, ran: false };
  }
  if (again) forget(context, path);
  const needs = new Map(job.needs.flatMap((id) => entryOf(records, id)));
  const state: JobState = { ...runState(context, scope, records), job, needs };
  const title = job.title ?? job.id;
  let strategy: Strategy;
  try {
    const decision = (job.decide ?? allSucceeded)(state);
    if (!decision.run) return ended(skipped(decision.why));
    strategy = job.strategy?.(state) ?? ONE;
    if (strategy.instances.length === 0) return ended(skipped('there is no instance of it'));
  } catch (error) {
    return ended(failed(messageOf(error)));
  }
  log.record({ t: 'decided', job: path, instances: strategy.instances.map(({ key }) => key) });
  return ended(await runInstances());

  function entryOf(from: ReadonlyMap<string, JobRecord>, id: string): [string, JobRecord][] {
    const record = from.get(id);
    return record === undefined ? [] : [[id, record]];
  }

  function skipped(why: string): JobRecord {
    log.record({ t: 'decided', job: path, instances: [], why: log.text(why) });
    tellEnd('skipped', {}, log.text(why));
    return { id: job.id, result: 'skipped', outputs: {}, instances: {} };
  }

  function failed(why: string): JobRecord {
    tellEnd('failure', {}, log.text(why));
    return { id: job.id, result: 'failure', outputs: {}, instances: {} };
  }

  function tellEnd(result: Result, outputs: Outputs, why: string): void {
    log.tell({ event: 'job-finished', job: path, title, result, milliseconds: 0, outputs, why });
  }

  async function ended(record: JobRecord): Promise<{ record: JobRecord; ran: boolean }> {
    const { result, outputs, instances } = record;
    log.record({ t: 'job', job: path, result, outputs, instances });
    await log.durable();
    return { record, ran: result !== 'skipped' };
  }

  async function runInstances(): Promise<JobRecord> {
    const ending = new AbortController();
    const stop = (): void => ending.abort();
    if (scope.signal.aborted) stop();
    else scope.signal.addEventListener('abort', stop, { once: true });
    const lanes = new Slots(strategy.maxParallel ?? strategy.instances.length);
    const { instances: all, ...rest } = strategy;
    try {
      const done = await Promise.all(
        all.map((instance, index) =>
          lanes.within(async () => {
            const inner: InstanceState = {
              ...state,
              instance,
              strategy: { ...rest, index, total: all.length },
            };
            const one = await runInstance(context, { ...scope, signal: ending.signal }, inner, path);
            if (one.result === 'failure' && strategy.failFast) stop();
            return [instance.key, one] as const;
          }),
        ),
      );
      return {
        id: job.id,
        result: together(done.map(([, one]) => one.result)),
        // of several instances the last one's outputs stand, as GitHub has it; an empty one takes nothing away
        outputs: Object.assign({}, ...done.map(([, one]) => filled(one.outputs, all.length > 1))),
        instances: Object.fromEntries(done.map(([key, one]) => [key, one.result])),
      };
    } finally {
      scope.signal.removeEventListener('abort', stop);
    }
  }
}

function filled(outputs: Outputs, several: boolean): Outputs {
  return several ? Object.fromEntries(Object.entries(outputs).filter(([, value]) => value !== '')) : outputs;
}

/** What the journal says of it and its instances no longer counts. */
function forget({ log }: RunContext, path: string): void {
  log.memory.jobs.delete(path);
  for (const key of log.memory.instances.keys()) {
    if (key === path || key.startsWith(`${path}(`) || key.startsWith(`${path}/`)) log.memory.forget(key);
  }
  for (const job of log.memory.jobs.keys())
    if (job.startsWith(`${path}/`) || job.startsWith(`${path}(`)) log.memory.jobs.delete(job);
}

export function together(results: readonly Result[]): Result {
  for (const result of ['failure', 'cancelled', 'success'] as const)
    if (results.includes(result)) return result;
  return 'skipped';
}

/** One instance: its plan, its place in line, its steps; what it may end as stands in the journal. */
async function runInstance(
  context: RunContext,
  scope: Scope,
  state: InstanceState,
  path: string,
): Promise<Pick<InstanceEnded, 'result' | 'outputs'>> {
  const { log } = context;
  const { instance } = state;
  const key = instance.key === '' ? path : `${path}(${instance.key})`;
  const closed = log.memory.instances.get(key)?.closed;
  if (closed !== undefined) return closed;
  const started = log.milliseconds();
  let title = titleOf(state.job, instance);
  const end = (result: Result, outputs: Outputs, why?: string): InstanceEnded => {
    const record: InstanceEnded = {
      t: 'closed',
      instance: key,
      result,
      outputs,
      ...(why === undefined ? {} : { error: log.text(why) }),
      milliseconds: log.milliseconds() - started,
    };
    return record;
  };
  let record: InstanceEnded;
  try {
    const plan = state.job.plan(state);
    if (plan.kind === 'steps' && plan.title !== undefined) title = plan.title;
    title = log.text(title);
    if (scope.signal.aborted) record = end('cancelled', {}, 'cancelled before it began');
    else record = await within(context, plan, scope, { key, title }, (signal) => go(plan, signal));
  } catch (error) {
    record = end(isBitError(error, 'cancelled') ? 'cancelled' : 'failure', {}, messageOf(error));
  }
  log.record(record);
  await log.durable();
  const { result, outputs, error, milliseconds } = record;
  log.tell({
    event: 'job-finished',
    job: key,
    title,
    result,
    milliseconds,
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, log.text(value)])),
    ...(error === undefined ? {} : { why: error }),
  });
  return { result, outputs };

  async function go(plan: JobPlan, signal: AbortSignal): Promise<InstanceEnded> {
    if (plan.kind === 'call') {
      const called = await runGraph(runJob, context, {
        prefix: `${key}/`,
        levels: [...(scope.levels ?? []), levelOf(state)],
        workflow: plan.workflow,
        inputs: plan.workflow.inputs?.(plan.inputs) ?? plan.inputs,
        secret: (name) => {
          if (plan.secrets === 'inherit') return scope.secret(name);
          const value = plan.secrets[name];
          if (value !== undefined) log.mask(value);
          return value;
        },
        signal,
      });
      return forgiven(plan, end(called.result, called.outputs));
    }
    if (plan.resumeFrom === 'job') log.memory.forget(key);
    log.record({ t: 'open', instance: key, title, at: log.now() });
    log.tell({ event: 'job-started', job: key, title, kept: log.memory.instance(key).steps.size });
    const delegate = context.delegate(plan.on ?? context.request.on);
    const own = delegate === undefined ? await inTree(context, state, key) : undefined;
    // what it reads of the work tree it now reads of its own
    const again = own === undefined ? plan : state.job.plan(own);
    const parts = {
      ...{ context, key, title, signal, state: own ?? state },
      plan: again.kind === 'steps' ? again : plan,
    };
    const run =
      delegate === undefined ? new InstanceRun(parts) : new DelegatedRun({ ...parts, scope, delegate });
    return forgiven(plan, await run.run());
  }
}

/**
 * What an instance with a tree of its own is told, once that is there. One that is there from before goes on being used;
 * where it is gone, what was done in it is done again.
 */
async function inTree(
  { trees, facts, log }: RunContext,
  state: InstanceState,
  key: string,
): Promise<InstanceState | undefined> {
  if (trees === undefined || state.job.workspace?.(state) !== 'own') return undefined;
  const workspace = join(trees.directory, facts.id, fileName(key));
  if (log.memory.instance(key).steps.size === 0 || !existsSync(workspace)) {
    log.memory.forget(key);
    await trees.make(workspace);
  } else await trees.renew(workspace);
  return { ...state, workspace, ownTree: true };
}

/** What the jobs after it see. */
function forgiven(plan: JobPlan, ended: InstanceEnded): InstanceEnded {
  return plan.continueOnError === true && ended.result === 'failure'
    ? { ...ended, result: 'success' }
    : ended;
}

function titleOf(job: Job, instance: Instance): string {
  const title = job.title ?? job.id;
  return instance.title === '' ? title : `${title} ${instance.title}`;
}

/** In its concurrency group and its slot. A job that calls others takes no slot: they take theirs; nor does one that
 * runs elsewhere, unless the run was told how many. */
async function within(
  context: RunContext,
  plan: JobPlan,
  scope: Scope,
  { key, title }: { readonly key: string; readonly title: string },
  work: (signal: AbortSignal) => Promise<InstanceEnded>,
): Promise<InstanceEnded> {
  const { concurrency } = plan;
  const slotted = (signal: AbortSignal): Promise<InstanceEnded> =>
    plan.kind === 'call' ||
    (context.delegate(plan.on ?? context.request.on) !== undefined && !context.slotted)
      ? work(signal)
      : context.slots.within(() => work(signal));
  if (concurrency === undefined) return slotted(scope.signal);
  const evicted = new AbortController();
  const lock = await enter(context, concurrency, {
    signal: scope.signal,
    onWait: () =>
      context.log.tell({
        event: 'job-waiting',
        job: key,
        title,
        why: `another one of concurrency group ${concurrency.group} runs`,
      }),
    onEvict: () => evicted.abort(),
  });
  try {
    return await slotted(AbortSignal.any([scope.signal, evicted.signal]));
  } finally {
    lock.release();
  }
}

function enter(
  { groups }: RunContext,
  concurrency: Concurrency,
  options: { readonly signal: AbortSignal; readonly onWait: () => void; readonly onEvict: () => void },
): Promise<Lock> {
  return groups.enter(concurrency, options);
}
