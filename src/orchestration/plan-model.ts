import type { Occasion } from './occasion.ts';

/** A flow with every decision taken and explained. Plain JSON: it is what a run keeps. */
export interface FlowPlan {
  readonly flow: string;
  readonly starts: boolean;
  readonly because: string;
  /** The other flows, and whether this event starts them. */
  readonly others: readonly { readonly flow: string; readonly starts: boolean; readonly because: string }[];
  readonly occasion: Occasion;
  readonly profile: ProfilePlan | null;
  readonly directives: readonly DirectivePlan[];
  readonly bots: Readonly<Record<string, boolean>>;
  readonly steps: readonly StepPlan[];
}

export interface ProfilePlan {
  readonly name: string;
  readonly because: string;
  readonly runnerLabels: readonly string[];
  /** What this machine can't give and the mesh would. */
  readonly handedToMesh: readonly string[];
  /** Of that, what a run can't do without: it is refused here. */
  readonly lacking: readonly string[];
  readonly fallback: string | null;
  readonly concurrencyGroup: string | null;
  readonly cancelInProgress: boolean;
  readonly artifactRetentionDays: number | null;
}

export interface DirectivePlan {
  readonly key: string;
  readonly applies: boolean;
  readonly because: string;
  readonly effect: string;
}

export interface StepPlan {
  /** From 1. */
  readonly number: number;
  readonly kind: 'gate' | 'action' | 'barrier' | 'workflows';
  /** `policy`, `bit-image`, the barrier’s name; of workflows `parallel`, `series` or both. */
  readonly name: string;
  readonly runs: boolean;
  readonly because: string;
  readonly continueOnFailure: boolean;
  readonly retries: number;
  readonly backoffSeconds: number;
  readonly timeoutMinutes: number | null;
  readonly profile: string | null;
  /** Of a step that names a profile of its own. */
  readonly own: ProfilePlan | null;
  readonly artifactPass: readonly string[];
  readonly push: { readonly push: boolean; readonly because: string } | null;
  readonly workflows: readonly WorkflowPlan[];
}

export interface WorkflowPlan {
  readonly name: string;
  readonly mode: 'parallel' | 'series';
  readonly path: string | null;
  readonly source: 'native' | 'github' | null;
  readonly runs: boolean;
  readonly because: string;
  /** Where it was looked for, of one that is not there. */
  readonly tried: readonly string[];
  readonly near: readonly string[];
}
