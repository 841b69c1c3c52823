import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';
import { ulid } from '../kernel/ids.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import {
  type Executor,
  localExecutor,
  type RunEvent,
  type RunRequest,
  readDelegation,
  runDelegated,
  sealWith,
  startRun,
  type Workflow,
  type WorkflowSource,
} from '../workflow/index.ts';
import { workTreeFiles } from './files.ts';
import { named, sourceOf } from './sources.ts';

/** What the program in a runner's room is given. */
export interface MeshJob {
  /** Its own folder; the checkout is somewhere else. */
  readonly home: string;
  /** Absolute: the checkout. */
  readonly workspace: string;
  readonly env: Readonly<Record<string, string>>;
  /** `bit` itself: a program and what comes before its words. */
  readonly bit: readonly string[];
  readonly signal: AbortSignal;
  /** An event a line. */
  readonly print: (line: string) => void;
  /** Sources of work that the programs around bring, by kind: a bot's event is handled by one. */
  readonly works: Readonly<Record<string, (room: { readonly confined: boolean }) => Promise<WorkflowSource>>>;
}

/** What stands in `<home>/task.json`: the task of the offer, and what came with it. */
export interface MeshTask {
  readonly workflow: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly job?: string;
  readonly delegation?: { readonly document: string };
  /** Base names of the artifacts that lie in the work tree. */
  readonly artifacts: readonly string[];
  /** Base name of the file that is to lie in the work tree at the end. */
  readonly outcome?: string;
  /** Values of secrets by name, as the runner was given them. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** The room has nothing of its machine but programs. */
  readonly confined?: boolean;
}

/**
 * Does a task of kind `workflow` inside a runner's room: one instance of a job whose run goes on elsewhere, or a whole
 * workflow. Answers its exit status: 0 and 1 are how it ended, and then the outcome lies in the work tree.
 *
 * @throws BitError what kept this machine from running it
 */
export async function runMeshJob(job: MeshJob): Promise<number> {
  const task = readTask(join(job.home, 'task.json'));
  const packs = join(job.home, 'in');
  makeDirectory(packs, 0o700);
  // what lies there for us is nothing of the repository's
  for (const name of task.artifacts) {
    const path = join(job.workspace, name);
    if (!existsSync(path)) continue;
    // the two are mounts of their own
    copyFileSync(path, join(packs, name));
    rmSync(path);
  }
  const result =
    task.delegation === undefined
      ? await runWhole(job, task)
      : await runDelegated({
          ...givenOf(job, task),
          delegation: readDelegation(readFileSync(join(packs, task.delegation.document), 'utf8')),
          packs,
          outcome: join(job.workspace, task.outcome ?? 'outcome'),
        });
  return result === 'success' || result === 'skipped' ? 0 : 1;
}

function readTask(path: string): MeshTask {
  const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (isJsonObject(value) && typeof value['workflow'] === 'string' && Array.isArray(value['artifacts']))
    return value as unknown as MeshTask;
  throw new BitError('integrity', `${path} is no task`);
}

function givenOf(job: MeshJob, task: MeshTask) {
  const files = workTreeFiles(job.workspace);
  return {
    stateDirectory: join(job.home, 'state'),
    cacheDirectory: join(job.home, 'cache'),
    workspace: job.workspace,
    load: async (request: RunRequest): Promise<Workflow> =>
      (await workOf(job, task, request.source)).load(request, files),
    env: job.env,
    secrets: async () => (name: string) =>
      Object.hasOwn(task.secrets ?? {}, name) ? task.secrets?.[name] : undefined,
    signal: job.signal,
    now: () => new Date(),
    watch: (event: RunEvent) => job.print(JSON.stringify(event)),
    // the room it is in is one already
    executors: { local: withoutSandbox(localExecutor()) },
    bit: (words: readonly string[], log: (text: string) => void, signal: AbortSignal) =>
      runBit(job, words, log, signal),
  };
}

/** Beside workflows, what `bit build`, `bit test` and bots send. */
async function workOf({ works }: MeshJob, task: MeshTask, kind: string): Promise<WorkflowSource> {
  const brought = Object.hasOwn(works, kind) ? works[kind] : undefined;
  if (brought !== undefined) return brought({ confined: task.confined === true });
  if (kind === 'build') return (await import('../build/index.ts')).buildWork;
  if (kind === 'test') return (await import('../testing/index.ts')).testWork;
  return sourceOf(kind);
}

function withoutSandbox(executor: Executor): Executor {
  return { ...executor, open: (request) => executor.open({ ...request, sandbox: undefined }) };
}

/** All of a workflow, for a job that no run stands behind. */
async function runWhole(job: MeshJob, task: MeshTask): Promise<string> {
  const given = givenOf(job, task);
  const files = workTreeFiles(job.workspace);
  const { source, workflow } = await named(task.workflow, files, job.workspace);
  const end = await startRun({
    ...given,
    id: ulid(Date.now()),
    request: {
      ...{ source, workflow, inputs: task.inputs ?? {}, env: {}, on: 'local' as const, options: {} },
      jobs: task.job === undefined ? [] : [task.job],
      event: { name: 'mesh', payload: {} as JsonObject },
    },
    seal: sealWith(new Uint8Array(32)),
  });
  if (task.outcome !== undefined) {
    const { failed, ...told } = end;
    writeFileSync(join(job.workspace, task.outcome), `${JSON.stringify(told)}\n`);
  }
  return end.result;
}

function runBit(
  { bit, workspace, env }: MeshJob,
  words: readonly string[],
  log: (text: string) => void,
  signal: AbortSignal,
): Promise<number> {
  const [program = '', ...first] = bit;
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...first, ...words], {
      cwd: workspace,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const lines = (stream: NodeJS.ReadableStream): void => {
      let rest = '';
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        const all = (rest + text).split('\n');
        rest = all.pop() ?? '';
        if (all.length > 0) log(all.join('\n'));
      });
      stream.on('end', () => {
        if (rest !== '') log(rest);
      });
    };
    lines(child.stdout);
    lines(child.stderr);
    const stop = (): void => {
      if (child.pid !== undefined) child.kill('SIGINT');
    };
    signal.addEventListener('abort', stop, { once: true });
    child.on('error', reject);
    child.on('close', (code) => {
      signal.removeEventListener('abort', stop);
      resolve(code ?? 1);
    });
  });
}
