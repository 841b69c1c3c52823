import { appendFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import { checkName, checkPath } from './artifacts.ts';
import type { RunContext } from './context.ts';
import type { Annotation, Artifact, ArtifactFile, Outputs, Result } from './model.ts';
import type { InstanceEnded, StepEnded } from './records.ts';
import { fileName } from './store.ts';

export interface Taking {
  readonly context: RunContext;
  readonly instance: string;
  /** Steps whose end was told while they ran. */
  readonly told: ReadonlySet<string>;
  /** Where what a step wrote lies here. */
  readonly logName: (step: string) => string | undefined;
}

const MOST_SUMMARY = 1024 * 1024;

/** What another machine says of an instance, its types checked. */
export interface Outcome {
  readonly result: Result;
  readonly outputs: Outputs;
  readonly error?: string;
  readonly steps: readonly StepEnded[];
  readonly notes: readonly { readonly step: string; readonly annotation: Annotation }[];
  readonly artifacts: readonly Artifact[];
  readonly summary: string;
}

/** @throws BitError `integrity` naming the field that is wrong */
export function readOutcome(
  header: JsonObject,
  { instance, logName }: Pick<Taking, 'instance' | 'logName'>,
): Outcome {
  if (header['v'] !== 1) throw broken('v');
  const error = header['error'];
  return {
    result: resultAt(header, 'result'),
    outputs: stringsAt(header, 'outputs'),
    ...(typeof error === 'string' ? { error: error.slice(0, 16_384) } : {}),
    steps: listAt(header, 'records').map((record) => stepOf(record, instance, logName)),
    notes: listAt(header, 'notes').map(noteOf),
    artifacts: listAt(header, 'artifacts').map(artifactOf),
    summary: textAt(header, 'summary').slice(0, MOST_SUMMARY),
  };
}

/**
 * Puts what another machine says of an instance into the journal. It says so of this instance alone, whatever it
 * writes: names, paths and types are checked, texts are masked.
 *
 * @throws BitError `integrity` naming the field that is wrong; nothing was taken then
 */
export async function takeOutcome(
  header: JsonObject,
  taking: Taking,
): Promise<Pick<InstanceEnded, 'result' | 'outputs'> & { readonly error?: string }> {
  const { context, instance, told } = taking;
  const { log } = context;
  const { result, outputs, error, steps, notes, artifacts, summary } = readOutcome(header, taking);
  for (const step of steps) {
    const masked = { ...step, title: log.text(step.title) };
    log.record(masked);
    if (told.has(step.step)) continue;
    const { outcome, conclusion, milliseconds, tries, exit } = step;
    log.tell({
      ...{ event: 'step-finished', job: instance, step: step.step, title: masked.title },
      ...{ outcome, conclusion, milliseconds, tries, ...(exit === undefined ? {} : { exit }) },
      ...(step.error === undefined ? {} : { error: log.text(step.error) }),
    });
  }
  for (const { step, annotation } of notes) {
    const masked = { ...annotation, message: log.text(annotation.message) };
    log.record({ t: 'note', instance, step, annotation: masked });
    log.tell({ event: 'annotation', job: instance, step, annotation: masked });
  }
  for (const artifact of artifacts) {
    log.record({ t: 'artifact', artifact, instance });
    log.tell({ event: 'artifact', job: instance, artifact });
  }
  if (summary !== '') writeSummary(context, instance, summary);
  return { result, outputs, ...(error === undefined ? {} : { error }) };
}

function writeSummary({ place, log }: RunContext, instance: string, text: string): void {
  const path = join(place.directory, 'summaries', `${fileName(instance)}.md`);
  makeDirectory(dirname(path));
  appendFileSync(path, log.text(text), { mode: 0o600 });
  log.tell({ event: 'summary', job: instance, step: '', path });
}

function stepOf(value: Json, instance: string, logName: Taking['logName']): StepEnded {
  if (!isJsonObject(value)) throw broken('records');
  const step = textAt(value, 'step');
  const { exit, error } = value;
  const log = logName(step);
  return {
    t: 'step',
    instance,
    step,
    title: textAt(value, 'title'),
    outcome: resultAt(value, 'outcome'),
    conclusion: resultAt(value, 'conclusion'),
    outputs: stringsAt(value, 'outputs'),
    saved: {},
    env: {},
    path: [],
    ...(typeof exit === 'number' ? { exit } : {}),
    ...(typeof error === 'string' ? { error } : {}),
    milliseconds: numberAt(value, 'milliseconds'),
    tries: numberAt(value, 'tries'),
    ...(log === undefined ? {} : { log }),
  };
}

function noteOf(value: Json): { readonly step: string; readonly annotation: Annotation } {
  const annotation = isJsonObject(value) ? value['annotation'] : undefined;
  if (!isJsonObject(value) || annotation === undefined || !isJsonObject(annotation)) throw broken('notes');
  const { level, title, file, line, column } = annotation;
  if (level !== 'error' && level !== 'warning' && level !== 'notice') throw broken('notes');
  return {
    step: textAt(value, 'step'),
    annotation: {
      level,
      message: textAt(annotation, 'message'),
      ...(typeof title === 'string' ? { title } : {}),
      ...(typeof file === 'string' ? { file } : {}),
      ...(typeof line === 'number' ? { line } : {}),
      ...(typeof column === 'number' ? { column } : {}),
    },
  };
}

function artifactOf(value: Json): Artifact {
  if (!isJsonObject(value)) throw broken('artifacts');
  const name = textAt(value, 'name');
  checkName(name);
  const files = listAt(value, 'files').map((file): ArtifactFile => {
    if (!isJsonObject(file)) throw broken('artifacts');
    const path = textAt(file, 'path');
    checkPath(name, path);
    return {
      path,
      digest: digestAt(file),
      size: numberAt(file, 'size'),
      executable: file['executable'] === true,
    };
  });
  return { name, digest: digestAt(value), size: numberAt(value, 'size'), files };
}

function textAt(value: JsonObject, field: string): string {
  const text = value[field];
  if (typeof text !== 'string') throw broken(field);
  return text;
}

function digestAt(value: JsonObject): string {
  const digest = textAt(value, 'digest');
  if (!/^[0-9a-f]{64}$/.test(digest)) throw broken('digest');
  return digest;
}

function numberAt(value: JsonObject, field: string): number {
  const number = value[field];
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0) throw broken(field);
  return number;
}

function listAt(value: JsonObject, field: string): readonly Json[] {
  const list = value[field];
  if (!Array.isArray(list)) throw broken(field);
  return list as readonly Json[];
}

function stringsAt(value: JsonObject, field: string): Outputs {
  const strings = value[field];
  if (strings === undefined || !isJsonObject(strings)) throw broken(field);
  for (const text of Object.values(strings)) if (typeof text !== 'string') throw broken(field);
  return strings as Outputs;
}

function resultAt(value: JsonObject, field: string): Result {
  const result = value[field];
  if (result === 'success' || result === 'failure' || result === 'cancelled' || result === 'skipped')
    return result;
  throw broken(field);
}

function broken(field: string): BitError {
  return new BitError('integrity', `what another machine says of a job has no good ${field}`, {
    details: { field },
  });
}
