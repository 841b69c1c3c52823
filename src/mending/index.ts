/**
 * Mending: why a run failed, and what would make it pass. Fixers find causes in the log and the tree (`fixers/`), and a
 * candidate is proposed only once the failing step passed with it, and no other broke, in a throw-away copy.
 */

export { type AskedAutofix, autofix } from './ask.ts';
export {
  type AutofixOptions,
  type AutofixResult,
  autofixWorkflow,
  type Diagnosed,
  diagnose,
} from './autofix.ts';
export { FIXERS } from './fixers/index.ts';
export {
  HEAL_SCOPES,
  type Healed,
  type HealResult,
  type HealScope,
  healScope,
  renderHealed,
  selfheal,
} from './heal.ts';
export type { Verdict } from './judge.ts';
export type { Candidate, MendedStep } from './mend.ts';
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
export { renderAutofix } from './render.ts';
