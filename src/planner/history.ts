import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import { readJournal, runIds, runPlace } from '../workflow/index.ts';

/** How often something ran, and what it took where it succeeded. */
export interface Tally {
  /** Times it came to an end by itself. */
  readonly ran: number;
  readonly succeeded: number;
  /** Tries beyond the first. */
  readonly again: number;
  /** Milliseconds of those that succeeded, newest first. */
  readonly samples: readonly number[];
}

export interface StepTally extends Tally {
  readonly id: string;
  readonly title: string;
}

export interface InstanceTally extends Tally {
  /** `build`, `test(20, linux)`, `call/build`. */
  readonly instance: string;
  readonly steps: readonly StepTally[];
}

/** What runs of one workflow came to; by itself and within flows. */
export interface WorkflowHistory {
  readonly path: string;
  readonly ran: number;
  readonly succeeded: number;
  /** By their names. */
  readonly instances: ReadonlyMap<string, InstanceTally>;
  /** Runs it was in, newest first: when they began, and the commit where the journal says it. */
  readonly runs: readonly PastRun[];
}

export interface PastRun {
  readonly id: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly commit: string | null;
}

/** The newest runs that are looked at. */
const MOST_RUNS = 200;
const MOST_SAMPLES = 50;

interface Counting {
  ran: number;
  succeeded: number;
  again: number;
  samples: number[];
}

interface CountingInstance extends Counting {
  readonly steps: Map<string, Counting & { title: string }>;
}

interface CountingWorkflow {
  ran: number;
  succeeded: number;
  readonly runs: PastRun[];
  readonly instances: Map<string, CountingInstance>;
}

/**
 * The durations and results of past runs, by workflow (`.bithub/workflows/ci.yml`, `.bithub.yml#main`). Of a run that was
 * tried again only the first attempt counts: what was kept from it would look as if it took no time.
 */
export function readHistory(stateDirectory: string, most = MOST_RUNS): ReadonlyMap<string, WorkflowHistory> {
  const found = new Map<string, CountingWorkflow>();
  for (const id of runIds(stateDirectory).slice(0, most)) {
    const records = recordsOf(runPlace(stateDirectory, id).journal);
    if (records !== undefined) count(found, id, records);
  }
  return new Map(
    [...found].map(([path, { instances, ...rest }]) => [
      path,
      {
        path,
        ...rest,
        instances: new Map(
          [...instances].map(([instance, { steps, ...tally }]) => [
            instance,
            { instance, ...tally, steps: [...steps].map(([step, one]) => ({ id: step, ...one })) },
          ]),
        ),
      },
    ]),
  );
}

function recordsOf(path: string): readonly JsonObject[] | undefined {
  try {
    return readJournal(path).records;
  } catch (error) {
    if (error instanceof BitError) return undefined;
    throw error;
  }
}

function count(found: Map<string, CountingWorkflow>, id: string, records: readonly JsonObject[]): void {
  const [begun] = records;
  const request = begun?.['t'] === 'run' ? begun['request'] : undefined;
  if (!isJsonObject(request) || typeof begun?.['at'] !== 'string') return;
  const place = placeOf(request);
  const run: PastRun = { id, startedAt: begun['at'], commit: commitOf(request) };
  const of = (path: string): CountingWorkflow => {
    const known: CountingWorkflow = found.get(path) ?? {
      ran: 0,
      succeeded: 0,
      runs: [],
      instances: new Map(),
    };
    found.set(path, known);
    if (known.runs.at(-1)?.id !== id) known.runs.push(run);
    return known;
  };
  const top = place('');
  for (const record of records) {
    const { t, instance } = record;
    if (t === 'again') return;
    if (t === 'end' && top !== undefined) tallyEnd(of(top.path), record['result']);
    if ((t !== 'closed' && t !== 'step') || typeof instance !== 'string') continue;
    const at = place(instance);
    if (at === undefined) continue;
    const workflow = of(at.path);
    // a workflow within a flow ended as the job that called it did
    if (t === 'closed' && at.instance === '') tallyEnd(workflow, record['result']);
    if (at.instance === '') continue;
    const instances = workflow.instances;
    const known = instances.get(at.instance) ?? { ...empty(), steps: new Map() };
    instances.set(at.instance, known);
    if (t === 'closed') tally(known, record, record['result']);
    else if (typeof record['step'] === 'string') {
      const step = known.steps.get(record['step']) ?? { ...empty(), title: String(record['title']) };
      known.steps.set(record['step'], step);
      tally(step, record, record['outcome']);
    }
  }
}

function empty(): Counting {
  return { ran: 0, succeeded: 0, again: 0, samples: [] };
}

function tallyEnd(workflow: { ran: number; succeeded: number }, result: Json | undefined): void {
  if (result !== 'success' && result !== 'failure') return;
  workflow.ran++;
  if (result === 'success') workflow.succeeded++;
}

function tally(into: Counting, record: JsonObject, result: Json | undefined): void {
  if (result !== 'success' && result !== 'failure') return;
  into.ran++;
  const { milliseconds, tries } = record;
  if (typeof tries === 'number' && tries > 1) into.again += tries - 1;
  if (result !== 'success') return;
  into.succeeded++;
  if (typeof milliseconds === 'number' && into.samples.length < MOST_SAMPLES) into.samples.push(milliseconds);
}

/** Where an instance of this run belongs: of a flow, to the workflow that its step calls. */
function placeOf(
  request: JsonObject,
): (instance: string) => { readonly path: string; readonly instance: string } | undefined {
  const { source, workflow, options } = request;
  if (typeof workflow !== 'string') return () => undefined;
  if (source !== 'flow') return (instance) => ({ path: workflow, instance });
  const called = calledBy(options);
  return (instance) => {
    const [, id = '', rest = ''] = /^([^/]*)(?:\/(.*))?$/su.exec(instance) ?? [];
    const path = called.get(id);
    return path === undefined ? { path: workflow, instance } : { path, instance: rest };
  };
}

/** Paths by the ids that a compiled flow gives the jobs that call them: in series first. */
function calledBy(options: Json | undefined): ReadonlyMap<string, string> {
  const flow = isJsonObject(options) ? options['flow'] : undefined;
  const plan = isJsonObject(flow) ? flow['plan'] : undefined;
  const steps = isJsonObject(plan) && Array.isArray(plan['steps']) ? (plan['steps'] as readonly Json[]) : [];
  const found = new Map<string, string>();
  for (const step of steps) {
    if (!isJsonObject(step) || !Array.isArray(step['workflows'])) continue;
    const workflows = (step['workflows'] as readonly Json[]).filter(isJsonObject);
    const ordered = ['series', 'parallel'].flatMap((mode) => workflows.filter((one) => one['mode'] === mode));
    for (const [at, { path }] of ordered.entries())
      if (typeof path === 'string') found.set(`step-${String(step['number'])}-${at + 1}`, path);
  }
  return found;
}

function commitOf({ options }: JsonObject): string | null {
  const github = isJsonObject(options) ? options['github'] : undefined;
  const flow = isJsonObject(options) ? options['flow'] : undefined;
  const plan = isJsonObject(flow) ? flow['plan'] : undefined;
  const occasion = isJsonObject(plan) ? plan['occasion'] : undefined;
  for (const facts of [github, occasion])
    if (isJsonObject(facts) && typeof facts['sha'] === 'string' && /^[0-9a-f]{40,64}$/.test(facts['sha']))
      return facts['sha'];
  return null;
}

/** The middle one; undefined of none. */
export function median(samples: readonly number[]): number | undefined {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}
