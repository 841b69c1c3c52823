import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';
import { artifactsOf } from './artifacts.ts';
import type { InstanceRun } from './instance.ts';
import type { GroupWork, ProcessWork, StepsState, StepTools, Work } from './model.ts';
import type { Level, StepRunner, Tried } from './step.ts';
import { StepEffects } from './step-effects.ts';
import { LineReader, type StepLog } from './step-log.ts';

export interface WorkContext {
  readonly run: InstanceRun;
  readonly runner: StepRunner;
  readonly level: Level;
  readonly path: string;
  readonly state: StepsState;
  readonly effects: StepEffects;
  readonly log: StepLog;
  readonly signal: AbortSignal;
}

export type Done = Omit<Tried, 'effects'>;

/** @throws BitError what makes the step fail beside an exit status */
export async function runWork(work: Work, at: WorkContext): Promise<Done> {
  if (at.signal.aborted) return { outcome: 'cancelled', error: 'it was cancelled before it began' };
  if (work.kind === 'process') return processDone(await runProcess(work, at));
  if (work.kind === 'group') return runGroup(work, at);
  await work.run(toolsFor(at));
  return { outcome: at.signal.aborted ? 'cancelled' : 'success' };
}

function processDone(exit: number): Done {
  if (exit === 0) return { outcome: 'success', exit };
  return {
    outcome: 'failure',
    exit,
    error: exit > 128 ? `signal ${exit - 128} ended it` : `exit status ${exit}`,
  };
}

async function runGroup(work: GroupWork, { run, runner, level, path, effects }: WorkContext): Promise<Done> {
  const inner: Level = {
    prefix: `${path}/`,
    steps: new Map(),
    status: 'success',
    env: { ...level.env, ...work.env },
  };
  // a failure within is the group's, which may be forgiven, before it is the job's
  const before = run.jobStatus;
  await runner.all(inner, work.steps);
  const failed = inner.status === 'failure';
  if (failed) run.jobStatus = before;
  for (const [name, value] of Object.entries(work.outputs?.(runner.state(inner)) ?? {}))
    effects.output(name, value);
  if (run.signal.aborted && !failed) return { outcome: 'cancelled' };
  return failed ? { outcome: 'failure', error: 'a step in it failed' } : { outcome: 'success' };
}

/** Runs one process and returns its exit status. */
async function runProcess(work: Omit<ProcessWork, 'kind'>, at: WorkContext): Promise<number> {
  const { run, effects, log, signal } = at;
  const { masks } = run.context.log;
  const cwd = folderOf(run.workspace, work.cwd);
  run.count++;
  const folder = join(run.scratch, String(run.count));
  const env = environment(work, at, StepEffects.lay(folder, work.files));
  const argv = withScript(work, folder);
  const room = await run.room();
  const read = (line: string): string | undefined =>
    work.readLine === undefined ? readMask(line, effects) : work.readLine(line, effects);
  const readers = { stdout: new LineReader(log, masks, read), stderr: new LineReader(log, masks, read) };
  try {
    const exit = await room.run({
      argv,
      cwd,
      env,
      signal,
      onOutput: (stream, bytes) => readers[stream].feed(bytes),
    });
    readers.stdout.end();
    readers.stderr.end();
    if (exit.status === undefined) throw new BitError('failed', exit.lost ?? 'it ended unseen');
    effects.take(folder, work.files);
    return exit.status;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const ADD_MASK = '::add-mask::';

/** The one command every step may print: what follows is secret from here on. */
function readMask(line: string, effects: StepEffects): string {
  if (!line.startsWith(ADD_MASK)) return line;
  effects.mask(line.slice(ADD_MASK.length));
  return `${ADD_MASK}***`;
}

/** @throws BitError `failed` */
function folderOf(workspace: string, cwd = '.'): string {
  const path = resolve(workspace, cwd);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return path;
  const from = relative(workspace, path);
  throw new BitError('failed', `there is no folder ${printable(from.startsWith(`..${sep}`) ? path : from)}`);
}

function withScript({ argv, script }: Omit<ProcessWork, 'kind'>, folder: string): readonly string[] {
  if (script === undefined) return argv;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `script${script.extension}`);
  writeFileSync(path, script.text, { mode: 0o700 });
  return argv.map((word) => word.replaceAll('{0}', path));
}

function environment(
  work: Omit<ProcessWork, 'kind'>,
  { run, state }: WorkContext,
  files: Readonly<Record<string, string>>,
): Record<string, string> {
  const env = { ...state.env, ...work.env, ...files };
  // the room has the job's own already
  for (const [name, value] of Object.entries(run.plan.env)) if (env[name] === value) delete env[name];
  if (state.path.length > 0) {
    env['PATH'] = [...state.path, env['PATH'] ?? run.plan.env['PATH'] ?? run.context.env['PATH'] ?? ''].join(
      ':',
    );
  }
  return env;
}

function toolsFor(at: WorkContext): StepTools {
  const { run, state, effects, log, signal } = at;
  const { context } = run;
  return {
    state,
    signal,
    mask: effects.mask,
    output: effects.output,
    env: effects.env,
    path: effects.path,
    save: effects.save,
    annotate: effects.annotate,
    log: (text) => log.write(text.replace(/\n$/, '')),
    summary: (markdown) => {
      effects.summaryText += markdown;
    },
    exec: (work) => runProcess(work, at),
    artifacts: artifactsOf(context.log, context.content, run.key),
    bit: (words) => context.bit(words, (text) => log.write(text), signal),
    plugged: (uses, given) => context.plugged(uses, given, toolsFor(at)),
    inherited: context.env,
    cacheDirectory: context.cacheDirectory,
  };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
