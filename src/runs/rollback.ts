import { type RollbackResult, rollbackOne, rollbackSeveral } from '../history/index.ts';
import { isBitError } from '../kernel/errors.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { findRun } from '../workflow/index.ts';

/** Operations that run workflows; their outcomes name the run. */
const EVENTS = ['WORKFLOW_RUN', 'WORKFLOW_CHAIN', 'RETRY', 'RESUME', 'FLOW_RUN', 'WORKFLOW_DEBUG'];

/** Takes back what the `bit` commands of a run did, in all its attempts. */
export async function rollbackWorkflow(
  reader: Reader,
  options: { readonly id: string | undefined; readonly skipRemote: boolean },
): Promise<Effect<RollbackResult>> {
  const { id, skipRemote } = options;
  const run = id === undefined ? undefined : runNamed(reader, id);
  if (run === undefined) return rollbackOne(reader, { id, events: EVENTS, noun: 'workflow run', skipRemote });
  return rollbackSeveral(reader, { ops: operationsOf(reader, run), noun: 'run', skipRemote });
}

/** An operation's id may be meant as well. */
function runNamed(reader: Reader, id: string): string | undefined {
  try {
    return findRun(reader.stateDirectory, id);
  } catch (error) {
    if (isBitError(error, 'not-found')) return undefined;
    throw error;
  }
}

function operationsOf(reader: Reader, run: string): readonly string[] {
  const found: string[] = [];
  for (const event of EVENTS) {
    for (const entry of reader.ledger.entries({ event, phase: 'outcome' })) {
      const result = entry.payload?.['result'];
      const details = isJsonObject(result) ? result['run'] : undefined;
      if (details === run) found.push(entry.op);
    }
  }
  return found;
}
