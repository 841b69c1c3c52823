import { BitError, isBitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import { findRun, listRuns, type RunSummary } from '../workflow/index.ts';
import { type PastRun, readRun } from './failed.ts';

/** Runs that are looked at for the last one that failed. */
const MOST_RUNS = 100;

/**
 * The run meant: by its id, its number, or as the last failed one of a workflow; else the last that failed.
 *
 * @throws BitError `not-found`, `usage` where it did not fail, `busy` while it goes on
 */
export async function chooseRun(reader: Reader, id: string | undefined): Promise<PastRun | undefined> {
  const { stateDirectory } = reader;
  if (id === undefined) return lastFailed(reader, () => true);
  const ofWorkflow = lastFailed(
    reader,
    (run) => run.names.includes(id) || run.name === id || run.workflow === id,
  );
  if (ofWorkflow !== undefined) return ofWorkflow;
  const found = findRun(stateDirectory, id);
  const run = readRun(stateDirectory, found);
  const summary = listRuns(stateDirectory).find((one) => one.id === found);
  if (run === undefined || summary === undefined) throw new BitError('not-found', `run ${found} never began`);
  if (summary.state === 'running') throw new BitError('busy', `run ${found} still goes on`);
  if (!hasFailed(run))
    throw new BitError('usage', `no step of run ${found} of ${printable(run.name)} failed`);
  return run;
}

function lastFailed({ stateDirectory }: Reader, wanted: (run: RunSummary) => boolean): PastRun | undefined {
  for (const summary of listRuns(stateDirectory, MOST_RUNS)) {
    if (summary.source === 'deploy' || !wanted(summary)) continue;
    if (summary.state !== 'failure' && summary.state !== 'cancelled') continue;
    try {
      const run = readRun(stateDirectory, summary.id);
      if (run !== undefined && hasFailed(run)) return run;
    } catch (error) {
      if (!isBitError(error)) throw error;
    }
  }
  return undefined;
}

/** One that somebody ended has not failed; one whose time was over has. */
export function hasFailed({ steps, closed }: PastRun): boolean {
  return (
    steps.some(({ conclusion }) => conclusion === 'failure') ||
    [...closed.values()].some(({ result, timedOut }) => result === 'failure' || timedOut)
  );
}
