import { closeSync, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import type { RunContext, Waiting } from './context.ts';
import { chosen, runGraph, runState } from './engine.ts';
import type { Watch } from './events.ts';
import { Graph } from './graph.ts';
import { runJob } from './job.ts';
import { Journal } from './journal.ts';
import { Masks } from './masks.ts';
import type { Artifact, JobRecord, Outputs, RunEnding, RunRequest, Workflow } from './model.ts';
import { Memory } from './records.ts';
import { contextOf, type Given } from './run-context.ts';
import { RunLog, recall } from './run-log.ts';
import { dropScratch, makeScratch } from './scratch.ts';
import type { Seal } from './seal.ts';
import { listRuns, type RunPlace, runPlace, writeSummary } from './store.ts';

export interface StartOptions extends Given {
  /** ULID of the run. */
  readonly id: string;
  /** Makes the workflow; files it reads are the run's own copy where the run is resumed. */
  readonly load: (request: RunRequest) => Promise<Workflow>;
  /** Undefined: as the journal says. */
  readonly request: RunRequest | undefined;
  /** Of the secrets the workflow names. */
  readonly secrets: (names: readonly string[]) => Promise<(name: string) => string | undefined>;
  readonly seal: Seal;
  /** What the work tree stands on, where that is known: kept in the journal. */
  readonly standing?: { readonly commit: string; readonly dirty?: string } | undefined;
  readonly signal: AbortSignal;
  readonly now: () => Date;
  readonly watch: Watch;
  /** Makes of a line what logs and events may show of it. */
  readonly redact?: ((line: string) => string) | undefined;
}

export interface RunEnd {
  readonly id: string;
  readonly number: number;
  readonly attempt: number;
  readonly workflow: string;
  readonly result: RunEnding;
  /** What it waits for. */
  readonly waiting: readonly Waiting[];
  readonly outputs: Outputs;
  readonly jobs: readonly JobRecord[];
  readonly artifacts: readonly Artifact[];
  /** SHA-256 of the journal. */
  readonly journal: string;
  readonly milliseconds: number;
  /** The first step that failed, where one did. */
  readonly failed: FailedStep | undefined;
}

export interface FailedStep {
  readonly job: string;
  readonly step: string;
  readonly title: string;
  readonly error: string;
  readonly tail: readonly string[];
  /** Relative to the run's folder. */
  readonly log: string | undefined;
}

/**
 * Starts a run, or goes on with the one of that id: what its journal holds is not done again.
 *
 * @throws BitError `busy` where the run still goes on elsewhere, `integrity` where its journal is damaged; what the
 *   workflow itself has wrong, before anything runs
 */
export async function startRun(options: StartOptions): Promise<RunEnd> {
  const { stateDirectory, id, seal, now, watch } = options;
  const place = runPlace(stateDirectory, id);
  const { journal, records } = Journal.open(place.journal);
  try {
    const memory = new Memory();
    const masks = new Masks(options.redact);
    recall(records, memory, masks, seal);
    const log = new RunLog({ run: id, journal, memory, masks, seal, now, watch });
    return await goOn(options, place, log);
  } finally {
    await journal.close();
  }
}

async function goOn(options: StartOptions, place: RunPlace, log: RunLog): Promise<RunEnd> {
  const { memory } = log;
  const { stateDirectory, id, now } = options;
  const request = options.request ?? memory.request;
  if (request === undefined) throw new BitError('not-found', `run ${id} never began`);
  const started = log.milliseconds();
  const workflow = await options.load(request);
  // what is wrong with what was asked for is told before anything is written
  workflow.inputs?.(request.inputs);
  new Graph(chosen(workflow, request.jobs));
  if (memory.begun === undefined) {
    log.record({
      t: 'run',
      v: 1,
      id,
      number: 1 + (listRuns(stateDirectory, 8).find((run) => run.id !== id && run.number > 0)?.number ?? 0),
      at: log.now(),
      name: workflow.name,
      path: workflow.path ?? null,
      names: namesOf(workflow, request),
      request,
      workspace: options.workspace,
      ...options.standing,
    });
  } else {
    // one that had ended starts its next attempt; one that died goes on with the same
    const attempt = memory.attempt + (memory.end === undefined ? 0 : 1);
    log.record({ t: 'again', attempt, at: log.now(), ...options.standing });
  }
  const secret = await options.secrets(workflow.secrets ?? []);
  // known from the first byte on, not only from their first use
  for (const name of workflow.secrets ?? []) log.mask(secret(name) ?? '');
  rmSync(place.summary, { force: true });
  await log.durable();
  const begun = memory.begun as NonNullable<Memory['begun']>;
  dropScratch();
  const scratch = makeScratch(place, stateDirectory);
  const evicted = new AbortController();
  const signal = AbortSignal.any([options.signal, evicted.signal]);
  const context = contextOf(options, {
    place,
    facts: { id, number: begun.number, attempt: memory.attempt, startedAt: begun.at },
    request,
    workflow,
    log,
    signal,
    secret,
    scratch,
  });
  const kept = [...memory.instances.values()].reduce((sum, { steps }) => sum + steps.size, 0);
  const { attempt, number } = context.facts;
  log.tell({ event: 'run-started', workflow: workflow.name, number, attempt, kept });
  try {
    const end = await inGroup(context, () => evicted.abort());
    const failed = firstFailure(memory, place.directory);
    const waits = context.waiting.length > 0 && failed === undefined && !signal.aborted;
    const result: RunEnding = waits ? 'waiting' : end.result;
    log.record({ t: 'end', result, outputs: end.outputs, at: log.now() });
    await log.durable();
    const milliseconds = log.milliseconds() - started;
    log.tell({ event: 'run-finished', result, milliseconds });
    writeSummary(place, {
      id,
      number,
      name: workflow.name,
      names: begun.names,
      source: request.source,
      workflow: request.workflow,
      event: request.event.name,
      startedAt: begun.at,
      endedAt: now().toISOString(),
      attempt,
      state: result,
      jobs: end.records.size,
      steps: [...memory.instances.values()].reduce((sum, { steps }) => sum + steps.size, 0),
    });
    return {
      id,
      number,
      attempt,
      workflow: workflow.name,
      result,
      waiting: waits ? context.waiting : [],
      outputs: end.outputs,
      jobs: [...end.records.values()],
      artifacts: [...memory.artifacts.values()],
      journal: log.digest(),
      milliseconds,
      failed,
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** All a workflow is known by: `.bithub/workflows/deploy.yml` is also meant by `deploy`. */
export function namesOf(workflow: Workflow, request: RunRequest): readonly string[] {
  const told = [workflow.name, request.workflow, ...(workflow.path === undefined ? [] : [workflow.path])];
  const all = [...told, ...(workflow.includes ?? [])];
  return [...new Set(all.flatMap((name) => [name, name.replace(/^.*\//, '').replace(/\.[^.]*$/, '')]))];
}

function firstFailure(memory: Memory, directory: string): FailedStep | undefined {
  for (const [job, { steps, closed }] of memory.instances) {
    for (const record of steps.values()) {
      if (record.conclusion !== 'failure') continue;
      const { step, title, error = 'it failed', log } = record;
      return { job, step, title, error, tail: log === undefined ? [] : lastLines(join(directory, log)), log };
    }
    if (closed?.result === 'failure' && closed.error !== undefined)
      return { job, step: '', title: job, error: closed.error, tail: [], log: undefined };
  }
  return undefined;
}

async function inGroup(context: RunContext, onEvict: () => void): ReturnType<typeof runGraph> {
  const { workflow, request, log, signal } = context;
  const inputs = workflow.inputs?.(request.inputs) ?? request.inputs;
  const scope = { prefix: '', workflow, inputs, secret: context.secret, signal };
  const concurrency = workflow.concurrency?.(runState(context, scope, new Map()));
  if (concurrency === undefined) return runGraph(runJob, context, scope, request.jobs);
  const why = `another run of concurrency group ${concurrency.group} goes on`;
  const lock = await context.groups.enter(concurrency, {
    signal,
    onWait: () => log.tell({ event: 'job-waiting', job: '', title: workflow.name, why }),
    onEvict,
  });
  try {
    return await runGraph(runJob, context, scope, request.jobs);
  } finally {
    lock.release();
  }
}

/** Of a log, which holds nothing secret. */
function lastLines(path: string): readonly string[] {
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      const bytes = Buffer.alloc(Math.min(size, 8192));
      readSync(file, bytes, 0, bytes.length, size - bytes.length);
      return bytes.toString('utf8').trimEnd().split('\n').slice(-20);
    } finally {
      closeSync(file);
    }
  } catch {
    return [];
  }
}
