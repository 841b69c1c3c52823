import { type ResumeResult, resume } from '../history/index.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import type { Paper } from '../kernel/paper.ts';
import { printable } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { findRun, listRuns, type RunSummary, summarize } from '../workflow/index.ts';
import { renderRan } from './anything.ts';
import { goOnEffect, type RunResult, type Starting } from './launch.ts';

export type Which = 'failed' | 'pending' | 'last';

/**
 * Tries again a run that failed, goes on with one that is not over, or takes the last one whatever became of it.
 *
 * @throws BitError `not-found` where there is none such, `busy` where it still goes on, `usage` where it had succeeded
 */
export function retry(
  reader: Reader,
  options: { readonly which: Which; readonly id: string | undefined } & Starting,
): Effect<RunResult> {
  const run = chosen(reader, options.which, options.id);
  refuseRunning(run);
  if (isDeployment(run)) {
    throw new BitError('usage', `run ${run.id} is a deployment to ${run.workflow}`, {
      hint: `deploy again with: bit deploy ${run.workflow}`,
    });
  }
  if (run.state === 'success') {
    throw new BitError(
      'usage',
      `run ${run.id} of ${printable(run.name)} succeeded; there is nothing to try again`,
      {
        hint: `run it anew with: ${wordsOf(run)}`,
      },
    );
  }
  const verb = run.state === 'interrupted' || run.state === 'waiting' ? 'go on with' : 'try again';
  return goOnEffect(run.id, {
    workflow: run.name,
    names: run.names,
    summary: `${verb} run ${run.number} of ${run.name}`,
    starting: options,
  });
}

/** How one types it. */
function wordsOf({ source, workflow }: RunSummary): string {
  const plain = (name: string): string =>
    /^[\w.@/-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
  if (source === 'chain')
    return `bit workflow chain ${workflow
      .split(' → ')
      .map((name) => plain(name.replace(/\.ya?ml$/, '')))
      .join(' ')}`;
  if (source === 'flow') return `bit flow run ${plain(workflow.slice(workflow.indexOf('#') + 1))}`;
  return `bit run ${plain(workflow)}`;
}

function chosen(reader: Reader, which: Which, id: string | undefined): RunSummary {
  const { stateDirectory } = reader;
  if (id !== undefined) return summarize(stateDirectory, findRun(stateDirectory, id));
  const wanted = listRuns(stateDirectory).find((run) => WANTED[which](run));
  if (wanted !== undefined) return wanted;
  throw new BitError('not-found', which === 'last' ? 'nothing was run here yet' : `no run here is ${which}`, {
    hint: 'see the runs with: bit log workflow',
  });
}

/** A deployment is made anew by `bit deploy`, not gone on with. */
const isDeployment = ({ source }: RunSummary): boolean => source === 'deploy';

const PENDING: ReadonlySet<RunSummary['state']> = new Set(['interrupted', 'cancelled', 'waiting']);

const WANTED: Readonly<Record<Which, (run: RunSummary) => boolean>> = {
  failed: (run) => run.state === 'failure' && !isDeployment(run),
  pending: (run) => PENDING.has(run.state) && !isDeployment(run),
  last: (run) => !isDeployment(run),
};

function refuseRunning({ id, state }: RunSummary): void {
  if (state === 'running') throw new BitError('busy', `run ${id} still goes on in another bit`);
}

/** The newest run that can be gone on with, for `bit resume`; undefined where there is none. */
export function interruptedRun(reader: Reader): RunSummary | undefined {
  return listRuns(reader.stateDirectory, 50).find((run) => WANTED.pending(run));
}

/** What `bit resume` answers. */
export type Resumed = ResumeResult | RunResult;

/** Goes on with whatever was interrupted: git's own operation first, then the newest run; or the run named. */
export async function goOnOrResume(
  reader: Reader,
  options: { readonly abort: boolean; readonly run: string | undefined },
): Promise<Effect<Resumed>> {
  if (options.run !== undefined) return asRun(resumeRun(reader, options.run));
  try {
    return (await resume(reader, { abort: options.abort })) as Effect<Resumed>;
  } catch (error) {
    const run = isBitError(error, 'not-found') && !options.abort ? interruptedRun(reader) : undefined;
    if (run === undefined) throw error;
    return asRun(resumeRun(reader, run.id));
  }
}

/** A run is judged as one, whichever command goes on with it. */
function asRun(effect: Effect<RunResult>): Effect<Resumed> {
  return { ...effect, action: 'workflow.run' } as Effect<Resumed>;
}

export function renderResumed(out: Resumed, page: Paper): void {
  if (!('resumed' in out)) {
    renderRan(out, page);
    return;
  }
  const { resumed, aborted, head } = out;
  page.line(`${aborted ? 'gave up' : 'continued'} the ${resumed}; HEAD is now ${head.slice(0, 10)}`);
}

export function resumeRun(reader: Reader, id: string | undefined): Effect<RunResult> {
  return retry(reader, { which: 'pending', id, sandbox: undefined, parallel: undefined });
}
