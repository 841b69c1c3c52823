/**
 * Mending: why a run failed, and what would make it pass. Fixers find causes in the log and the tree (`fixers/`), and a
 * candidate is proposed only once the failing step passed with it, and no other broke, in a throw-away copy.
 */
export { FIXERS } from './fixers/index.ts';
export type {
  Bench,
  Change,
  Evidence,
  FailedStep,
  Finding,
  Fixer,
  PastStep,
  ToolResult,
  WorkflowKind,
} from './model.ts';
