import { isBitError } from '../../kernel/errors.ts';
import type { LedgerPosition } from '../protocol/types.ts';
import type { ActiveJob } from './active-job.ts';
import { executeJob } from './execute.ts';
import type { Execution, Facilities, JobControl } from './execution.ts';
import type { RunnerOptions } from './options.ts';

/** Does a job, with what this runner's ledger and policies have to do with it. */
export async function workOn(
  job: ActiveJob,
  controller: LedgerPosition | undefined,
  { recorder, facilities, gate }: RunnerOptions,
  { onState, onRoom }: Pick<JobControl, 'onState' | 'onRoom'>,
): Promise<Execution> {
  const { assignment, fence, place, signal, log } = job;
  const { job: offer } = assignment;
  const claim = recorder.claimed(offer, fence, controller);
  claim.catch(() => undefined);
  const preflight: Facilities['preflight'] = (given) =>
    gate().preflight({ ...given, ledgerHolds: recorder.ledgerHolds() });
  try {
    return await recorder.executed(offer, fence, async () => {
      await claim;
      return executeJob(assignment, { ...facilities, preflight }, { place, signal, log, onState, onRoom });
    });
  } catch (error) {
    // what a policy says of the job as an operation of this machine's counts as its own refusal
    if (isBitError(error, 'denied')) return { kind: 'declined', reasons: [error.message] };
    throw error;
  }
}
