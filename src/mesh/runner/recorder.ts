import type { JsonObject } from '../../kernel/json.ts';
import { entryHolds } from '../../ledger/index.ts';
import type { Effect, Writer } from '../../operation/index.ts';
import type { JobOffer, LedgerPosition } from '../protocol/types.ts';
import type { Execution } from './execution.ts';
import type { JobRecorder } from './options.ts';

/** What policies see of a job that is about to run here. */
type JobTarget = {
  readonly job_id: string;
  readonly fence: number;
  readonly runner: string;
  readonly repo: string;
  readonly commit: string | null;
  readonly task: JsonObject;
  readonly network: boolean;
};

/**
 * A runner's jobs in its own ledger, inside its operation: JOB_CLAIM with where the controller's entry of the assignment
 * stands, JOB_EXECUTE, an operation around the work that policies can deny, and JOB_RESULT with what came of it, whose
 * place goes into the result so that the controller's entry can name it in turn.
 */
export function ledgerRecorder(writer: Writer, runnerId: string): JobRecorder {
  const target = (job: JobOffer, fence: number): JobTarget => ({
    job_id: job.job_id,
    fence,
    runner: runnerId,
    repo: job.repo,
    commit: job.commit ?? null,
    task: taskOf(job),
    network: job.network === true,
  });
  return {
    async claimed(job, fence, controller) {
      const where = controller === undefined ? null : { ...controller };
      await writer.note([{ event: 'JOB_CLAIM', payload: { ...target(job, fence), controller: where } }]);
    },
    async executed(job, fence, work) {
      const effect: Effect<{ execution: Execution }> = {
        summary: `run job ${job.job_id}`,
        target: target(job, fence),
        plan: [`run job ${job.job_id}`],
        run: async () => ({ execution: await work() }),
        record: (out) => ({ job_id: job.job_id, fence, ...recordOf(out.execution) }),
        failed: (out) => faultOf(out.execution),
        touches: { refs: [] },
        beside: true,
        // a drain goes on after the signal that began it: what is under way comes to its end
        uninterrupted: true,
      };
      const request = { action: 'mesh.job', event: 'JOB_EXECUTE', command: 'runner.start', args: {} };
      return (await writer.perform(request, effect)).execution;
    },
    async result(job, fence, execution) {
      const payload = { ...target(job, fence), ...recordOf(execution) };
      const [entry] = await writer.note([{ event: 'JOB_RESULT', payload }]);
      if (entry === undefined) return undefined;
      const { chain, seq, entry_sha256 } = entry;
      return { chain, seq, entry_sha256 } satisfies LedgerPosition;
    },
    ledgerHolds() {
      const head = writer.ledger.head();
      return head === undefined || entryHolds(head);
    },
  };
}

function taskOf({ task }: JobOffer): JsonObject {
  if (task === undefined) return {};
  if (task.kind === 'command') return { kind: 'command', argv: task.argv };
  return {
    kind: 'workflow',
    workflow: task.workflow,
    job: task.job ?? null,
    instance: task.instance ?? null,
  };
}

function recordOf(execution: Execution): JsonObject {
  if (execution.kind === 'abandoned') return { status: 'abandoned' };
  if (execution.kind === 'declined') return { status: 'declined', reasons: [...execution.reasons] };
  const { status, exitCode, error, seconds, artifacts } = execution.outcome;
  return {
    status,
    exit_code: exitCode ?? null,
    error: error ?? null,
    duration_s: seconds,
    artifacts: artifacts.map(({ uri, sha256, size }) => ({ uri, sha256, size })),
  };
}

function faultOf(execution: Execution): string | undefined {
  if (execution.kind === 'abandoned') return 'its lease was over';
  if (execution.kind === 'declined') return execution.reasons.join('; ');
  const { status, error } = execution.outcome;
  return status === 'CompletedSuccessfully' ? undefined : (error ?? status);
}
