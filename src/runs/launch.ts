import { join } from 'node:path';
import { githubRequest } from '../github-workflow/index.ts';
import { waitingEvents } from '../hooks/index.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import { ulid } from '../kernel/ids.ts';
import type { JsonObject } from '../kernel/json.ts';
import { printable } from '../kernel/text.ts';
import { logRedaction } from '../language/index.ts';
import { onMesh } from '../mesh/workflow/index.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { checkStepUse, extensionsOf, runStepKind } from '../plugins/index.ts';
import { readSecret } from '../secrets/index.ts';
import {
  namesOf,
  type Placement,
  type RunEnd,
  type RunRequest,
  type RunSettings,
  runPlace,
  type Sandbox,
  type SourceFiles,
  type StartOptions,
  sealOf,
  startRun,
  sweepArtifacts,
  type Workflow,
} from '../workflow/index.ts';
import { recordedFiles, workTreeFiles } from './files.ts';
import { ownTrees, sweepTrees } from './own-tree.ts';
import { planLines } from './plan.ts';
import { type Named, named, sourceOf } from './sources.ts';
import { standingOf } from './standing.ts';

export interface RunOptions {
  readonly workflow: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly jobs: readonly string[];
  readonly on: Placement;
  readonly event: { readonly name: string; readonly payload: JsonObject };
  /** File of the event's payload, for a workflow of GitHub's. */
  readonly payload?: string | undefined;
  readonly sandbox: Sandbox | undefined;
  /** Jobs at once. */
  readonly parallel: number | undefined;
  /** Whether jobs work in the work tree or in copies of their own; undefined: as each workflow's kind has it. */
  readonly workspace?: 'own' | 'shared' | undefined;
  /** Words for an executable. */
  readonly words: readonly string[];
}

/** A run as commands answer it. */
export type RunResult = Omit<RunEnd, 'failed'> & { readonly failed: RunEnd['failed'] | null };

/** Where a run acts: the work tree, or the folder outside a repository. */
export function rootOf(reader: Reader): string {
  return reader.repository?.root ?? reader.cwd;
}

export async function requestOf(
  reader: Reader,
  options: RunOptions,
  { source, workflow }: Named,
): Promise<RunRequest> {
  const { inputs, event, env, jobs, on, words, payload, workspace } = options;
  const told = { arguments: words, ...(workspace === undefined ? {} : { workspace }) };
  const request = { source, workflow, inputs, event, env, jobs, on, options: told };
  if (source === 'github') return githubRequest(reader, request, payload);
  if (payload !== undefined) throw new BitError('usage', '--payload is for workflows of .github/workflows');
  return request;
}

/**
 * Runs a workflow.
 *
 * @throws BitError `not-found` with the nearest names; `usage` for what is wrong with it or its inputs, before anything
 *   runs; `failed` when it failed, with the step and how to go on
 */
export async function runWorkflow(reader: Reader, options: RunOptions): Promise<Effect<RunResult>> {
  const files = workTreeFiles(rootOf(reader));
  const request = await requestOf(reader, options, await named(options.workflow, files, reader.cwd));
  return startEffect(reader, request, options);
}

/** How a run is to be started, beside what is asked of it. */
export interface Starting {
  readonly sandbox: Sandbox | undefined;
  readonly parallel: number | undefined;
  /** Stops before each step. */
  readonly debug?: (writer: Writer) => Pick<StartOptions, 'watch' | 'signal'> & Pick<RunSettings, 'before'>;
}

export async function startEffect(
  reader: Reader,
  request: RunRequest,
  starting: Starting,
): Promise<Effect<RunResult>> {
  const files = workTreeFiles(rootOf(reader), await pluggedCheck(reader));
  const workflow = await sourceOf(request.source).load(request, files);
  workflow.inputs?.(request.inputs);
  const plan = planLines(workflow, request.jobs);
  return {
    summary: `run ${workflow.name}`,
    target: targetOf(request, workflow),
    plan,
    touches: { refs: [] },
    beside: true,
    run: (writer) => go(writer, ulid(writer.now().getTime()), request, starting),
    record: recordOf,
    failure: failureOf,
  };
}

/** Goes on with a run that was interrupted, or tries again what did not succeed of one that ended. */
export function goOnEffect(
  id: string,
  facts: {
    readonly workflow: string;
    readonly names: readonly string[];
    readonly summary: string;
    readonly starting: Starting;
  },
): Effect<RunResult> {
  return {
    summary: facts.summary,
    target: { workflow: facts.workflow, workflows: facts.names, run: id },
    plan: [`go on with run ${id}: what its journal holds as done is not done again`],
    touches: { refs: [] },
    beside: true,
    run: (writer) => go(writer, id, undefined, facts.starting),
    record: recordOf,
    failure: failureOf,
  };
}

/** Says before anything runs that a step kind is not there. */
async function pluggedCheck(reader: Reader): Promise<NonNullable<SourceFiles['checkPlugged']>> {
  const extensions = await extensionsOf(reader);
  return (uses, given) => checkStepUse(extensions, uses, given);
}

function targetOf(request: RunRequest, workflow: Workflow) {
  return {
    workflow: workflow.name,
    workflows: namesOf(workflow, request),
    source: request.source,
    path: workflow.path ?? null,
    on: request.on,
    event: request.event.name,
    jobs: request.jobs,
  };
}

function recordOf(out: RunResult): JsonObject {
  const { id, number, attempt, workflow, result, journal, artifacts } = out;
  return {
    run: id,
    number,
    attempt,
    workflow,
    result,
    journal,
    artifacts: artifacts.slice(0, 50).map(({ name, digest }) => ({ name, digest })),
  };
}

function failureOf({ id, workflow, result, failed, waiting }: RunResult): BitError | undefined {
  if (result === 'success' || result === 'skipped') return undefined;
  const go = `bit retry failed ${id}`;
  if (result === 'waiting') {
    const what = waiting.map(({ job, why }) => `\n  ${printable(`job ${job}: ${why}`)}`);
    return new BitError('waiting', `${printable(workflow)} waits${what.join('')}`, {
      hint: `once that is done, go on with: bit resume ${id}`,
      details: { run: id, waiting },
    });
  }
  if (result === 'cancelled') {
    return new BitError('cancelled', `${printable(workflow)} was interrupted; what it had done is kept`, {
      hint: `go on with: bit resume ${id}`,
      details: { run: id },
    });
  }
  const where = failed === null || failed === undefined ? '' : `: ${whereOf(failed)}`;
  const tail = (failed?.tail ?? []).slice(-10).map((line) => `\n  ${printable(line)}`);
  return new BitError('failed', `${printable(workflow)} failed${where}${tail.join('')}`, {
    hint: `go on from there with: ${go}`,
    details: { run: id, ...(failed === null || failed === undefined ? {} : { failed }) },
  });
}

function whereOf({ job, title, error }: NonNullable<RunEnd['failed']>): string {
  const step = title === '' || title === job ? '' : `, ${title}`;
  return printable(`job ${job}${step}: ${error}`);
}

/** What a workflow's processes never see: it would make them act as this operation. */
const OWN = new Set(['BIT_OPERATION', 'BIT_RUN_OPERATION']);

async function go(
  writer: Writer,
  id: string,
  request: RunRequest | undefined,
  { sandbox, parallel, debug }: Starting,
): Promise<RunResult> {
  const { stateDirectory } = writer;
  const place = runPlace(stateDirectory, id);
  const files = recordedFiles(workTreeFiles(rootOf(writer), await pluggedCheck(writer)), place.directory);
  const debugging = debug?.(writer);
  const view = debugging === undefined ? writer.showRun?.() : undefined;
  const trees = ownTrees(writer);
  const signer = await writer.keys.signer();
  const mesh = onMesh(writer, place);
  const env = Object.entries(writer.env).flatMap(([name, value]) =>
    value === undefined || OWN.has(name) ? [] : [[name, value] as const],
  );
  try {
    const end = await startRun({
      stateDirectory,
      cacheDirectory: join(writer.cacheDirectory, 'workflow'),
      workspace: rootOf(writer),
      id,
      async load(asked) {
        const workflow = await sourceOf(asked.source).load(asked, files);
        files.save();
        return workflow;
      },
      request,
      env: { ...Object.fromEntries(env), ...writer.inside, BIT_RUN_ID: id },
      secrets: (names) => readSecrets(writer, names),
      seal: await sealOf(async (message) => signer.sign(message), id),
      standing: await standingOf(writer),
      signal: debugging?.signal ?? writer.signal,
      now: writer.now,
      watch: debugging?.watch ?? view?.watch ?? (() => undefined),
      trees,
      redact: logRedaction(writer, rootOf(writer)),
      bit: (words, log, signal) => writer.runBit(words, { onOutput: log, signal }),
      plugged: (uses, given, tools) => runStepKind(writer, uses, given, tools),
      ...(parallel === undefined ? {} : { jobs: parallel }),
      delegates: { mesh: mesh.delegate },
      settings: {
        ...settingsOf(writer, sandbox),
        ...(debugging?.before === undefined ? {} : { before: debugging.before }),
      },
    });
    return { ...end, failed: end.failed ?? null };
  } finally {
    await view?.end();
    await mesh.close();
    if (sweepArtifacts(stateDirectory, writer.now()) !== undefined) await sweepTrees(trees, writer.now());
    // what its steps committed or tagged: a process that their hooks left behind would have ended with them
    const looked = request?.env['BIT_TRIGGER'] !== undefined;
    if (!looked && waitingEvents(stateDirectory).length > 0) await writer.runBit(['trigger', 'fire']);
  }
}

/** A sandbox sees neither keys nor tokens, nor where other programs keep theirs. */
function settingsOf(reader: Reader, sandbox: Sandbox | undefined): Partial<RunSettings> {
  const home = reader.env['HOME'];
  const hidden = [
    reader.userDirectory,
    reader.configDirectory,
    reader.stateDirectory,
    ...(home === undefined ? [] : ['.ssh', '.gnupg', '.aws', '.config/gh'].map((name) => join(home, name))),
  ];
  return { sandbox, hidden };
}

/** Those there are, by name. */
async function readSecrets(
  reader: Reader,
  names: readonly string[],
): Promise<(name: string) => string | undefined> {
  const values = new Map<string, string>();
  for (const name of names) {
    try {
      values.set(name, await readSecret(reader, name));
    } catch (error) {
      if (!isBitError(error, 'not-found') && !isBitError(error, 'usage')) throw error;
    }
  }
  return (name) => values.get(name);
}
