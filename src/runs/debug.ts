import { spawn } from 'node:child_process';
import { BitError } from '../kernel/errors.ts';
import { nearest, printable } from '../kernel/text.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import type { Due, RunEvent } from '../workflow/index.ts';
import { workTreeFiles } from './files.ts';
import { type RunOptions, type RunResult, requestOf, rootOf, type Starting, startEffect } from './launch.ts';
import { named, sourceOf } from './sources.ts';

export interface DebugOptions extends RunOptions {
  /** `job` or `job/step`; empty stops before every step. */
  readonly breakpoints: readonly string[];
}

/**
 * Runs a workflow step by step: before each (or those named) it shows what the step is given and asks what to do, with
 * a shell in its place where wanted. Where nobody can be asked it shows that and goes on.
 */
export async function debugWorkflow(reader: Reader, options: DebugOptions): Promise<Effect<RunResult>> {
  const files = workTreeFiles(rootOf(reader));
  const request = await requestOf(reader, options, await named(options.workflow, files, reader.cwd));
  const { jobs } = await sourceOf(request.source).load(request, files);
  for (const point of options.breakpoints) {
    const [job = ''] = point.split(/[/(]/, 1);
    if (jobs.some(({ id }) => id === job)) continue;
    const near = nearest(
      job,
      jobs.map(({ id }) => id),
    );
    throw new BitError('not-found', `there is no job ${printable(job)} to stop in`, {
      ...(near.length === 0 ? {} : { hint: `did you mean: ${near.join(', ')}` }),
    });
  }
  const starting: Starting = {
    sandbox: options.sandbox,
    parallel: 1,
    debug: (writer) => stepping(writer, options.breakpoints),
  };
  const effect = await startEffect(reader, request, starting);
  return { ...effect, summary: `debug ${options.workflow}` };
}

const CHOICES = ['run it', 'open a shell here', 'skip it', 'run the rest', 'stop'] as const;

function stepping(
  writer: Writer,
  breakpoints: readonly string[],
): ReturnType<NonNullable<Starting['debug']>> {
  const stop = new AbortController();
  const given = new Map<string, string | undefined>();
  let free = false;
  const before = async (due: Due): Promise<'run' | 'skip'> => {
    if (free || !stopsAt(due, breakpoints)) return 'run';
    show(writer, due, given);
    if (!writer.ask.possible) return 'run';
    for (;;) {
      const chosen = await writer.ask.choose(`${due.job}/${due.step}`, CHOICES);
      if (chosen === 'skip it') return 'skip';
      if (chosen === 'run the rest') free = true;
      if (chosen === 'stop') {
        stop.abort();
        return 'skip';
      }
      if (chosen !== 'open a shell here') return 'run';
      await shell(writer, due);
    }
  };
  const watch = (event: RunEvent): void => {
    if (event.event === 'step-output') writer.notice(`  | ${printable(event.line)}`);
    if (event.event === 'step-finished') writer.notice(`${event.job}/${event.step}: ${event.outcome}`);
  };
  return { signal: AbortSignal.any([writer.signal, stop.signal]), watch, before };
}

function stopsAt({ job, step }: Due, breakpoints: readonly string[]): boolean {
  const plain = job.replace(/\(.*\)$/, '');
  const all = [job, plain, `${job}/${step}`, `${plain}/${step}`];
  return breakpoints.length === 0 || breakpoints.some((point) => all.includes(point));
}

/** What changed since the last stop, so that the eye finds it. */
function show(
  writer: Writer,
  { job, step, title, state, masked }: Due,
  given: Map<string, string | undefined>,
): void {
  writer.notice(printable(`${job}/${step}: ${title}`));
  for (const [name, value] of Object.entries(state.env)) {
    if (given.get(`${job} ${name}`) === value) continue;
    given.set(`${job} ${name}`, value);
    writer.notice(`  ${masked(printable(`${name}=${value}`))}`);
  }
  for (const [id, { outcome, outputs }] of state.steps) {
    if (given.has(`${job} step ${id}`)) continue;
    given.set(`${job} step ${id}`, outcome);
    const told = Object.entries(outputs).map(([name, value]) => ` ${name}=${value}`);
    writer.notice(`  ${masked(printable(`steps.${id}: ${outcome}${told.join('')}`))}`);
  }
}

function shell(writer: Writer, { state }: Due): Promise<void> {
  if (!writer.streams.ofProcess) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const child = spawn(writer.env['SHELL'] ?? '/bin/sh', [], {
      cwd: state.workspace,
      env: { ...writer.env, ...writer.inside, ...state.env },
      stdio: 'inherit',
    });
    child.on('error', (error) =>
      reject(new BitError('io', `can't start a shell: ${error.message}`, { cause: error })),
    );
    child.on('close', () => resolve());
  });
}
