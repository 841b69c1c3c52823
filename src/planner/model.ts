/** Something a workflow could gain. What it changes is a patch; nothing is changed before somebody takes it. */
export interface Proposal {
  readonly kind: 'order' | 'cache' | 'fuse';
  /** `3`, unique in its plan: what `--take` names. */
  readonly id: string;
  readonly title: string;
  /** What it rests on: figures of past runs, digests, what was compared. */
  readonly because: readonly string[];
  /** Milliseconds a run is expected to get shorter by; null where no past run tells. */
  readonly saves: number | null;
  /**
   * `same`: every run does what it did, only sooner. `review`: it is likely to, and the reasons why it might not stand in
   * `doubts`.
   */
  readonly proof: 'same' | 'review';
  readonly doubts: readonly string[];
  readonly changes: readonly FileChange[];
  /** Against the tree with the proposals before it taken, as `git apply` takes it; empty where only advice is given. */
  readonly patch: string;
}

export interface FileChange {
  readonly path: string;
  readonly before: string | null;
  /** Null where it is deleted. */
  readonly after: string | null;
}

/** A run foreseen from past ones. Milliseconds. */
export interface Forecast {
  /** Runs it rests on. */
  readonly runs: number;
  readonly p50: number | null;
  readonly p90: number | null;
  /** 0 to 1, of all jobs together, by how each of them fared; null without history. */
  readonly success: number | null;
  /** Jobs no past run tells about: they are reckoned as the middle one of the others. */
  readonly unmeasured: readonly string[];
  /** Jobs that failed most, worst first. */
  readonly risks: readonly { readonly job: string; readonly ran: number; readonly failed: number }[];
}

export interface PlannedWorkflow {
  readonly path: string;
  readonly kind: 'native' | 'github' | 'flow';
  /** Longest way through the jobs: no order is quicker. */
  readonly critical: { readonly jobs: readonly string[]; readonly milliseconds: number };
  /** As it stands. */
  readonly forecast: Forecast;
  /** Middle makespan on the slots, as written and with everything proposed for the order. */
  readonly written: number | null;
  readonly best: number | null;
  /** What could not be looked at, and why. */
  readonly notes: readonly string[];
}

export interface WorkflowPlanReport {
  readonly slots: number;
  readonly workflows: readonly PlannedWorkflow[];
  readonly proposals: readonly Proposal[];
}
