import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { ulid } from '../kernel/ids.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import { printable } from '../kernel/text.ts';
import type { RunContext, Scope } from './context.ts';
import { type Delegation, packName, settledRequest } from './delegation.ts';
import { runState } from './engine.ts';
import type { RunEvent, Watch } from './events.ts';
import { InstanceRun } from './instance.ts';
import { Journal } from './journal.ts';
import { Masks } from './masks.ts';
import type {
  InstanceState,
  Job,
  JobRecord,
  Outputs,
  RunRequest,
  StepsPlan,
  Strategy,
  Workflow,
} from './model.ts';
import { readPack, writePack } from './pack.ts';
import { type InstanceEnded, Memory } from './records.ts';
import { contextOf, type Given } from './run-context.ts';
import { RunLog } from './run-log.ts';
import { makeScratch } from './scratch.ts';
import { sealWith } from './seal.ts';
import { fileName, runPlace } from './store.ts';

export interface DelegatedStart extends Given {
  readonly delegation: Delegation;
  /** Folder with the packs of the artifacts. */
  readonly packs: string;
  /** Where the outcome goes: a file that is there when this resolves. */
  readonly outcome: string;
  readonly load: (request: RunRequest) => Promise<Workflow>;
  readonly secrets: (names: readonly string[]) => Promise<(name: string) => string | undefined>;
  readonly signal: AbortSignal;
  readonly now: () => Date;
  /** Hears of its steps as they go. */
  readonly watch: Watch;
}

/**
 * Runs one instance of a job for an engine elsewhere and writes its outcome. State and cache directories are its own;
 * nothing of them is of use afterwards.
 *
 * @throws BitError what kept it from beginning; how the job itself ended is the answer and stands in the outcome
 */
export async function runDelegated(options: DelegatedStart): Promise<InstanceEnded['result']> {
  const { delegation, stateDirectory, outcome, now, signal } = options;
  const { run } = delegation;
  const request = settledRequest(delegation.request, options.workspace);
  // other instances of the same run may be on this machine too
  const place = runPlace(stateDirectory, ulid(now().getTime()));
  const { journal } = Journal.open(place.journal);
  const notes: Json[] = [];
  const watch = (event: RunEvent): void => {
    if (event.event === 'annotation') notes.push({ step: event.step, annotation: { ...event.annotation } });
    options.watch(event);
  };
  const memory = new Memory();
  const log = new RunLog({
    ...{ run: run.id, journal, memory, masks: new Masks(), seal: sealWith(randomBytes(32)) },
    ...{ now, watch },
  });
  const scratch = makeScratch(place, stateDirectory);
  try {
    const workflow = await options.load(request);
    const secret = await options.secrets(workflow.secrets ?? []);
    for (const name of workflow.secrets ?? []) log.mask(secret(name) ?? '');
    for (const artifact of delegation.artifacts) log.record({ t: 'artifact', artifact, instance: '' });
    const known = { place, facts: run, request, workflow, log, signal, secret, scratch };
    const context = contextOf(options, known);
    for (const artifact of delegation.artifacts) await takePack(options, context, packName(artifact));
    const given = new Set(delegation.artifacts.map(({ name, digest }) => `${digest} ${name}`));
    const found = find(context, delegation);
    const ended = await new InstanceRun({ ...found, context, signal }).run();
    const artifacts = [...memory.artifacts.values()].filter(
      ({ name, digest }) => !given.has(`${digest} ${name}`),
    );
    const header = {
      v: 1,
      result: ended.result,
      outputs: withoutSecrets(ended.outputs, log, notes),
      ...(ended.error === undefined ? {} : { error: ended.error }),
      milliseconds: ended.milliseconds,
      records: stepsOf(memory, found.key, log),
      notes,
      artifacts,
      summary: summaryOf(join(place.directory, 'summaries', `${fileName(found.key)}.md`)),
    };
    await writePack(outcome, header as unknown as JsonObject, artifacts, context.content);
    return ended.result;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
    await journal.close();
  }
}

async function takePack({ packs }: DelegatedStart, { content }: RunContext, name: string): Promise<void> {
  const path = join(packs, name);
  if (!existsSync(path)) throw new BitError('not-found', `an artifact of the run did not come: ${name}`);
  await readPack(path, content);
}

interface Found {
  readonly state: InstanceState;
  readonly plan: StepsPlan;
  readonly key: string;
  readonly title: string;
}

/** Walks to the instance as the engine that delegates did, told the same of what had ended. */
function find(context: RunContext, { levels }: Delegation): Found {
  const { workflow, request } = context;
  const inputs = workflow.inputs?.(request.inputs) ?? request.inputs;
  let scope: Scope = { prefix: '', workflow, inputs, secret: context.secret, signal: context.signal };
  for (const [depth, { job: id, instance, jobs }] of levels.entries()) {
    const records = new Map(jobs.map((record) => [record.id, record]));
    const state = stateOf(context, scope, { id, instance, records });
    const plan = state.job.plan(state);
    const path = `${scope.prefix}${id}`;
    const key = instance === '' ? path : `${path}(${instance})`;
    if (depth === levels.length - 1) {
      if (plan.kind !== 'steps') throw drifted(key);
      return { state, plan, key, title: plan.title ?? state.job.title ?? id };
    }
    if (plan.kind !== 'call') throw drifted(key);
    const { secrets } = plan;
    const outer = scope.secret;
    scope = {
      prefix: `${key}/`,
      workflow: plan.workflow,
      inputs: plan.workflow.inputs?.(plan.inputs) ?? plan.inputs,
      secret: secrets === 'inherit' ? outer : (name) => secrets[name],
      signal: scope.signal,
    };
  }
  throw drifted('');
}

const ONE: Strategy = { instances: [{ key: '', title: '', values: {} }], failFast: true };

function stateOf(
  context: RunContext,
  scope: Scope,
  at: { readonly id: string; readonly instance: string; readonly records: ReadonlyMap<string, JobRecord> },
): InstanceState {
  const job: Job | undefined = scope.workflow.jobs.find(({ id }) => id === at.id);
  if (job === undefined) throw drifted(`${scope.prefix}${at.id}`);
  const needs = new Map(
    job.needs.flatMap((id) => {
      const record = at.records.get(id);
      return record === undefined ? [] : [[id, record] as const];
    }),
  );
  const state = { ...runState(context, scope, at.records), job, needs };
  const { instances, ...strategy } = job.strategy?.(state) ?? ONE;
  const index = instances.findIndex(({ key }) => key === at.instance);
  const instance = instances[index];
  if (instance === undefined) throw drifted(`${scope.prefix}${at.id}(${at.instance})`);
  return { ...state, instance, strategy: { ...strategy, index, total: instances.length } };
}

function drifted(key: string): BitError {
  return new BitError(
    'integrity',
    `the workflow here has no job ${printable(key)}: is this another commit?`,
    {
      details: { job: key },
    },
  );
}

function withoutSecrets(outputs: Outputs, log: RunLog, notes: Json[]): Outputs {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(outputs)) {
    if (!log.masks.finds(value)) kept[name] = value;
    else {
      const message = `output ${name} is left out: it holds a secret`;
      notes.push({ step: '', annotation: { level: 'warning', message } });
    }
  }
  return kept;
}

function stepsOf(memory: Memory, key: string, log: RunLog): readonly JsonObject[] {
  return [...memory.instance(key).steps.values()].map((record) => {
    const { step, title, outcome, conclusion, outputs, exit, error, milliseconds, tries } = record;
    return {
      ...{ step, title, outcome, conclusion, milliseconds, tries },
      outputs: withoutSecrets(outputs, log, []),
      ...(exit === undefined ? {} : { exit }),
      ...(error === undefined ? {} : { error }),
    };
  });
}

function summaryOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
