import type { Specification } from '../specification/index.ts';
import type { Job, Step, Workflow } from '../workflow/index.ts';
import type { FlowPlan, StepPlan, WorkflowPlan } from './plan-model.ts';

export interface CompileOptions {
  readonly plan: FlowPlan;
  readonly specification: Specification;
  /** `env:NAME` or `secret:NAME`; the first that is not empty when a token is needed. */
  readonly tokenSources: readonly string[];
  readonly repository: string | null;
  /** Loads a workflow that a step names. */
  readonly load: (workflow: WorkflowPlan) => Promise<Workflow>;
}

export interface CompiledStep {
  readonly step: StepPlan;
  readonly jobs: readonly Job[];
  /** What the next step waits for. */
  readonly tail: readonly string[];
  /** Job of each workflow, in their order; of any other step its one job. */
  readonly parts: readonly { readonly name: string; readonly job: string }[];
  readonly secrets: readonly string[];
}

export function retryOf({ retries, backoffSeconds }: StepPlan): Pick<Step, 'retry'> {
  return retries === 0 ? {} : { retry: { times: retries, backoffMs: backoffSeconds * 1000 } };
}

/** The flow's own work is done where its policies, approvals and ledger are, wherever its workflows run. */
export const HERE = { kind: 'steps', on: 'local' } as const;
