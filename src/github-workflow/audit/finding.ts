import type { JobDefinition, StepDefinition, WorkflowDefinition } from '../definition.ts';
import type { Place } from '../source.ts';

export type Severity = 'high' | 'medium' | 'low' | 'info';
export const SEVERITIES: readonly Severity[] = ['info', 'low', 'medium', 'high'];

/** Lines of a file that take the place of others. Lines count from 1. */
export interface Edit {
  readonly line: number;
  /** How many lines go; 0 puts the new ones before `line`. */
  readonly remove: number;
  readonly insert: readonly string[];
}

/** Something a rule found. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly at: Place;
  /** Where the change is mechanical. */
  readonly fix?: { readonly title: string; readonly edits: readonly Edit[] };
}

export interface Rule {
  readonly id: string;
  /** What it is about, for SARIF and docs. */
  readonly summary: string;
  readonly check: (subject: Subject) => Iterable<Finding>;
}

/** A workflow a rule looks at. */
export interface Subject {
  readonly workflow: WorkflowDefinition;
  readonly lines: readonly string[];
  /** Commit of a remote reference, where the lock file knows one. */
  readonly pinOf: (uses: string) => string | undefined;
}

export interface StepAt {
  readonly job: JobDefinition;
  readonly step: StepDefinition;
}

export function* eachStep({ workflow }: Subject): Generator<StepAt> {
  for (const job of workflow.jobs) for (const step of job.steps) yield { job, step };
}

export function hasEvent({ workflow }: Subject, ...names: readonly string[]): boolean {
  return workflow.on.some(({ name }) => names.includes(name));
}

/** Events whose payload strangers write, run with the repository's own rights. */
export const DANGEROUS_EVENTS = ['pull_request_target', 'workflow_run', 'issue_comment', 'issues'] as const;

export function isUsing(step: StepDefinition, ...names: readonly string[]): boolean {
  const uses = String(step.uses?.value ?? '').toLowerCase();
  return names.some((name) => uses.startsWith(`${name}@`) || uses.startsWith(`${name}/`));
}
