import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { constants } from 'node:os';
import { join, sep } from 'node:path';
import { isBitError } from '../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { listRuns, type RunRequest, readJournal, runPlace, type SourceFiles } from '../workflow/index.ts';
import { type JobPlace, jobsOf, kindOf, placeOf } from './locate.ts';
import type { FailedStep, PastStep } from './model.ts';

/** What a journal says of a run, as far as mending needs it; what was sealed in it stays shut. */
export interface PastRun {
  readonly id: string;
  readonly name: string;
  readonly request: RunRequest;
  readonly workspace: string;
  readonly commit: string | null;
  /** The last end of each step. */
  readonly steps: readonly PastRecord[];
  /** Every end of every step, oldest first, with what the run stood on by then. */
  readonly ends: readonly (PastRecord & { readonly standing: string | null })[];
  readonly closed: ReadonlyMap<string, ClosedRecord>;
}

/** An end of a step. */
export interface PastRecord {
  readonly instance: string;
  readonly step: string;
  readonly title: string;
  readonly outcome: string;
  readonly conclusion: string;
  readonly exit: number | null;
  readonly error: string;
  readonly timedOut: boolean;
  readonly milliseconds: number;
  readonly tries: number;
  readonly log: string | null;
}

interface ClosedRecord {
  readonly result: string;
  readonly error: string;
  readonly timedOut: boolean;
  readonly milliseconds: number;
}

/** A failure, with what only this domain needs of it. */
export interface Failure {
  readonly failed: FailedStep;
  readonly place: JobPlace;
  readonly title: string;
}

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
const number = (value: Json | undefined): number => (typeof value === 'number' ? value : 0);

/** @throws BitError `not-found`, `integrity` */
export function readRun(stateDirectory: string, id: string): PastRun | undefined {
  const { records } = readJournal(runPlace(stateDirectory, id).journal);
  const begun = records.find(({ t }) => t === 'run');
  const request = begun === undefined ? undefined : begun['request'];
  if (begun === undefined || request === undefined || !isJsonObject(request)) return undefined;
  const steps = new Map<string, PastRecord>();
  const ends: PastRun['ends'][number][] = [];
  const closed = new Map<string, ClosedRecord>();
  let standing: string | null = null;
  for (const record of records) {
    const instance = text(record['instance']);
    if (record['t'] === 'run' || record['t'] === 'again') standing = standingIn(record);
    if (record['t'] === 'step') {
      const past = pastRecord(record);
      steps.set(`${instance} ${past.step}`, past);
      ends.push({ ...past, standing });
    }
    if (record['t'] === 'closed')
      closed.set(instance, {
        result: text(record['result']),
        error: text(record['error']),
        timedOut: record['timedOut'] === true,
        milliseconds: number(record['milliseconds']),
      });
  }
  return {
    id,
    name: text(begun['name']),
    request: unsealed(request) as unknown as RunRequest,
    workspace: text(begun['workspace']),
    commit: text(begun['commit']) || null,
    steps: [...steps.values()],
    ends,
    closed,
  };
}

function standingIn(record: JsonObject): string | null {
  const [commit, dirty] = [text(record['commit']), text(record['dirty'])];
  return commit === '' ? null : dirty === '' ? commit : `${commit}+${dirty}`;
}

function pastRecord(record: JsonObject): PastRecord {
  const { exit, log } = record;
  return {
    instance: text(record['instance']),
    step: text(record['step']),
    title: text(record['title']),
    outcome: text(record['outcome']),
    conclusion: text(record['conclusion']),
    exit: typeof exit === 'number' ? exit : null,
    error: text(record['error']),
    timedOut: record['timedOut'] === true,
    milliseconds: number(record['milliseconds']),
    tries: number(record['tries']),
    log: typeof log === 'string' ? log : null,
  };
}

/** Without what was sealed: a secret is none of mending's. */
function unsealed(value: Json): Json {
  if (Array.isArray(value)) return value.map((item) => unsealed(item as Json));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => !isSealed(member))
      .map(([name, member]) => [name, unsealed(member)]),
  );
}

function isSealed(value: Json): boolean {
  return isJsonObject(value) && typeof value['sealed'] === 'string' && Object.keys(value).length === 1;
}

/** The steps that failed, in the order they ended; of a group the one within it that did. */
export function failuresOf(run: PastRun, stateDirectory: string, files: SourceFiles): readonly Failure[] {
  const failed = run.steps.filter(
    (record) =>
      record.conclusion === 'failure' ||
      (record.outcome === 'cancelled' && run.closed.get(record.instance)?.timedOut === true),
  );
  const deepest = failed.filter(
    ({ instance, step }) =>
      !failed.some((other) => other.instance === instance && other.step.startsWith(`${step}/`)),
  );
  const found = deepest.map((record) => failureOf(run, record, stateDirectory, files));
  for (const [instance, { result, error, milliseconds }] of run.closed) {
    if (result !== 'failure' || error === '' || deepest.some((record) => record.instance === instance))
      continue;
    if ([...run.closed.keys()].some((other) => other.startsWith(`${instance}/`))) continue;
    const record = {
      instance,
      step: '',
      title: instance,
      outcome: result,
      conclusion: result,
      error,
      milliseconds,
    };
    found.push(
      failureOf(run, { ...record, exit: null, timedOut: false, tries: 1, log: null }, stateDirectory, files),
    );
  }
  return found;
}

function failureOf(run: PastRun, record: PastRecord, stateDirectory: string, files: SourceFiles): Failure {
  const place = placeOf(run.request, record.instance, files);
  const source = files.read(place.path);
  const job = source === undefined ? undefined : jobsOf(place, source).find(({ id }) => id === place.job);
  const outer = record.step.split('/')[0]?.replace(/:post$/, '') ?? '';
  const index = job?.steps.findIndex(({ id }) => id === outer) ?? -1;
  const step = job?.steps[index];
  const logged = record.log === null ? '' : lastOf(runPlace(stateDirectory, run.id).directory, record.log);
  // what the engine itself says of the step stands in no log where the step printed nothing
  const log = plainLog(logged === '' ? record.error : logged);
  const timedOut = record.timedOut || run.closed.get(record.instance)?.timedOut === true;
  return {
    place,
    title: record.title,
    failed: {
      run: run.id,
      job: place.instance,
      step: record.step,
      index: Math.max(0, index),
      workflow: { path: place.path, kind: kindOf(place), line: step?.line ?? job?.line ?? null },
      command: step?.command ?? null,
      uses: step?.uses ?? null,
      shell: step?.shell ?? null,
      workingDirectory: step?.directory ?? '.',
      workspace: run.workspace,
      exit: record.exit,
      signal: record.exit !== null && record.exit > 128 ? signalName(record.exit - 128) : null,
      timedOut,
      milliseconds: record.milliseconds,
      log,
      commit: run.commit,
    },
  };
}

function signalName(wanted: number): string | null {
  return Object.entries(constants.signals).find(([, one]) => one === wanted)?.[0] ?? null;
}

const MOST_LOG = 256 * 1024;

/** The end of a log; it lies in the run's folder whatever its journal says. */
function lastOf(directory: string, name: string): string {
  const path = join(directory, name);
  if (!path.startsWith(directory + sep)) return '';
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      const bytes = Buffer.alloc(Math.min(size, MOST_LOG));
      readSync(file, bytes, 0, bytes.length, size - bytes.length);
      const kept = bytes.toString('utf8');
      // the first line may be only the end of one
      return size > bytes.length ? kept.slice(kept.indexOf('\n') + 1) : kept;
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}

/** As a fixer reads it: no colours, no control characters, nothing secret. */
export function plainLog(log: string): string {
  const kept = log
    .slice(-MOST_LOG)
    .replace(/\u001b\[[0-9;:?]{0,64}[ -/]{0,8}[@-~]/g, '')
    .replace(/\u001b\][^\u0007\u001b\n]{0,512}(?:\u0007|\u001b\\)/g, '')
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
  return maskSecrets(kept);
}

/** Runs of a workflow that are looked at for how a step ended before. */
const MOST_RUNS = 60;

/**
 * How the step ended in the runs of this clone, the newest first, by the workflow's path, the job's instance and the
 * step's id. One that passed only at a later try is counted as having failed before.
 */
export function historyOf(
  stateDirectory: string,
  files: SourceFiles,
): (path: string, job: string, step: string) => readonly PastStep[] {
  let runs: readonly PastRun[] | undefined;
  return (path, job, step) => {
    runs ??= pastRuns(stateDirectory);
    return runs.flatMap((run) => pastSteps(run, { path, job, step }, files));
  };
}

function pastRuns(stateDirectory: string): readonly PastRun[] {
  return listRuns(stateDirectory, MOST_RUNS).flatMap(({ id }) => {
    try {
      const run = readRun(stateDirectory, id);
      return run === undefined ? [] : [run];
    } catch (error) {
      if (!isBitError(error)) throw error;
      return [];
    }
  });
}

function pastSteps(
  { ends, request }: PastRun,
  wanted: { readonly path: string; readonly job: string; readonly step: string },
  files: SourceFiles,
): readonly PastStep[] {
  return ends
    .toReversed()
    .filter(({ instance, step }) => step === wanted.step && instance.endsWith(wanted.job))
    .filter(({ outcome }) => outcome === 'success' || outcome === 'failure')
    .filter(({ instance }) => {
      const place = placeOf(request, instance, files);
      return place.path === wanted.path && place.instance === wanted.job;
    })
    .flatMap(({ outcome, milliseconds, tries, standing }) => {
      const end = { ok: outcome === 'success', milliseconds, commit: standing };
      return outcome === 'success' && tries > 1 ? [end, { ...end, ok: false }] : [end];
    });
}
