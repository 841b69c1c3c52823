import { BitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { findRun, listRuns, type RunSummary, summarize } from '../workflow/index.ts';
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
  if (run.state === 'success') {
    throw new BitError(
      'usage',
      `run ${run.id} of ${printable(run.name)} succeeded; there is nothing to try again`,
      {
        hint: `run it anew with: bit run ${run.workflow}`,
      },
    );
  }
  const verb = run.state === 'interrupted' ? 'go on with' : 'try again';
  return goOnEffect(run.id, {
    workflow: run.name,
    summary: `${verb} run ${run.number} of ${run.name}`,
    starting: options,
  });
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

const WANTED: Readonly<Record<Which, (run: RunSummary) => boolean>> = {
  failed: ({ state }) => state === 'failure',
  pending: ({ state }) => state === 'interrupted' || state === 'cancelled',
  last: () => true,
};

function refuseRunning({ id, state }: RunSummary): void {
  if (state === 'running') throw new BitError('busy', `run ${id} still goes on in another bit`);
}

/** The newest run that can be gone on with, for `bit resume`; undefined where there is none. */
export function interruptedRun(reader: Reader): RunSummary | undefined {
  return listRuns(reader.stateDirectory, 50).find((run) => WANTED.pending(run));
}

export function resumeRun(reader: Reader, id: string | undefined): Effect<RunResult> {
  return retry(reader, { which: 'pending', id, sandbox: undefined, parallel: undefined });
}
