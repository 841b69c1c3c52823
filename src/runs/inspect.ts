import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { Paper } from '../kernel/paper.ts';
import type { Reader } from '../operation/index.ts';
import { findRun, listRuns, type RunSummary, readJournal, runPlace, summarize } from '../workflow/index.ts';

/** A past run as its journal has it; what is sealed shows as `***`. */
export interface Inspected {
  readonly run: RunSummary;
  readonly inputs: JsonObject;
  readonly env: JsonObject;
  readonly jobs: readonly InspectedJob[];
  readonly artifacts: readonly JsonObject[];
  readonly annotations: readonly JsonObject[];
  /** Absolute. */
  readonly directory: string;
  readonly log: string | null;
}

export interface InspectedJob {
  readonly id: string;
  readonly result: string;
  readonly outputs: JsonObject;
  readonly error: string | null;
  readonly milliseconds: number;
  readonly steps: readonly JsonObject[];
}

/** Of one step's log. */
const MOST_LOG = 1024 * 1024;

export async function inspectRun(
  reader: Reader,
  options: { readonly id: string | undefined; readonly log: string | undefined },
): Promise<Inspected> {
  const { stateDirectory } = reader;
  const id = options.id === undefined ? newest(reader) : findRun(stateDirectory, options.id);
  const place = runPlace(stateDirectory, id);
  const jobs = new Map<
    string,
    { -readonly [Name in keyof InspectedJob]: InspectedJob[Name] } & { steps: JsonObject[] }
  >();
  const of = (key: Json | undefined): NonNullable<ReturnType<typeof jobs.get>> => {
    const name = String(key);
    const known = jobs.get(name) ?? {
      id: name,
      result: 'running',
      outputs: {},
      error: null,
      milliseconds: 0,
      steps: [],
    };
    jobs.set(name, known);
    return known;
  };
  let inputs: JsonObject = {};
  let env: JsonObject = {};
  const artifacts: JsonObject[] = [];
  const annotations: JsonObject[] = [];
  for (const sealed of readJournal(place.journal).records) {
    const record = masked(sealed) as JsonObject;
    const { t, request, instance, artifact, annotation } = record;
    if (t === 'run' && isJsonObject(request)) {
      inputs = isJsonObject(request['inputs']) ? request['inputs'] : {};
      env = isJsonObject(request['env']) ? request['env'] : {};
    }
    if (t === 'open') of(instance);
    if (t === 'step') {
      const { t: _, instance: __, ...step } = record;
      const job = of(instance);
      const again = job.steps.findIndex((one) => one['step'] === step['step']);
      if (again >= 0) job.steps[again] = step;
      else job.steps.push(step);
    }
    if (t === 'closed') {
      const { result, outputs, error, milliseconds } = record;
      Object.assign(of(instance), { result, outputs, error: error ?? null, milliseconds });
    }
    if (t === 'decided' && typeof record['why'] === 'string') {
      Object.assign(of(record['job']), { result: 'skipped', error: record['why'] });
    }
    if (t === 'artifact' && isJsonObject(artifact)) artifacts.push(artifact);
    if (t === 'note' && isJsonObject(annotation)) annotations.push({ job: String(instance), ...annotation });
  }
  return {
    run: summarize(stateDirectory, id),
    inputs,
    env,
    jobs: [...jobs.values()],
    artifacts,
    annotations,
    directory: place.directory,
    log: options.log === undefined ? null : logOf([...jobs.values()], place.directory, options.log),
  };
}

function newest(reader: Reader): string {
  const [run] = listRuns(reader.stateDirectory, 1);
  if (run !== undefined) return run.id;
  throw new BitError('not-found', 'nothing was run here yet', { hint: 'run a workflow with: bit run' });
}

function masked(value: Json): Json {
  if (Array.isArray(value)) return value.map((item) => masked(item as Json));
  if (!isJsonObject(value)) return value;
  if (typeof value['sealed'] === 'string' && Object.keys(value).length === 1) return '***';
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, masked(member)]));
}

/** The end of a step's log, by `job/step`, or of all of a job's. */
function logOf(jobs: readonly InspectedJob[], directory: string, wanted: string): string {
  const logs = jobs.flatMap((job) =>
    job.steps.flatMap((step) => {
      const matches = wanted === job.id || wanted === `${job.id}/${String(step['step'])}`;
      return matches && typeof step['log'] === 'string' ? [join(directory, step['log'])] : [];
    }),
  );
  const here = logs.filter((path) => existsSync(path));
  if (here.length === 0) {
    throw new BitError('not-found', `there is no log of ${wanted}`, {
      hint: `jobs: ${jobs
        .map(({ id }) => id)
        .slice(0, 20)
        .join(', ')}`,
    });
  }
  return here.map((path) => readFileSync(path).subarray(-MOST_LOG).toString('utf8')).join('');
}

export function renderInspected(out: Inspected, page: Paper): void {
  const { run } = out;
  page.line(page.safe(`run ${run.id} (#${run.number}) of ${run.name}, attempt ${run.attempt}: ${run.state}`));
  page.line(page.safe(`started ${run.startedAt}${run.endedAt === null ? '' : `, ended ${run.endedAt}`}`));
  for (const [title, values] of [
    ['inputs', out.inputs],
    ['env', out.env],
  ] as const) {
    const entries = Object.entries(values);
    if (entries.length > 0) page.line(`${title}:`);
    for (const [name, value] of entries) page.line(page.safe(`  ${name}: ${String(value)}`));
  }
  for (const job of out.jobs) {
    page.line(page.safe(`${job.id}: ${job.result}${job.error === null ? '' : ` (${job.error})`}`));
    for (const step of job.steps) {
      const exit = step['exit'] === undefined ? '' : `, exit ${String(step['exit'])}`;
      page.line(
        page.safe(
          `  ${String(step['step'])}: ${String(step['outcome'])}${exit}, ${String(step['milliseconds'])} ms  ${String(step['title'])}`,
        ),
      );
      for (const [name, value] of Object.entries((step['outputs'] as JsonObject | undefined) ?? {}))
        page.line(page.safe(`    ${name}=${String(value)}`));
    }
  }
  for (const artifact of out.artifacts)
    page.line(page.safe(`artifact ${String(artifact['name'])} ${String(artifact['digest'])}`));
  if (out.log !== null) for (const line of out.log.trimEnd().split('\n')) page.line(page.safe(line));
}
