/**
 * Policy: Rego text in, decisions out, always explained.
 *
 * A {@link PolicySet} is compiled once (text → closures) and asked many times. Entry points:
 *
 * - `deny` in any package gates every action: a set of messages, or of objects `{"msg": …, "approval": true}` where
 *   an approval lifts the denial;
 * - `bit_hub.access.allow` gates every action, `bit_hub.workflow.allow` the actions `workflow.*`: they must be true;
 * - `bithub.mesh.allow_job` must be true, and `bithub.mesh.forbid_persona` empty, for job offers
 *   (`input.msg.type == "JOB_OFFER"`).
 *
 * A package that lacks its entry point has no say; `deny.x contains …`, which the gate could not ask, is a fault. Deny wins. Queries (`read.*`) ask only the entry points whose
 * rules speak of reads. An error in a policy denies (fail closed) and says where: a fault in the text, a conflict,
 * a builtin given what it can't take, or an exhausted budget. Files named `*_test.rego` hold tests and decide nothing.
 *
 * This domain imports no other: what it judges arrives as {@link PolicyInput}.
 */

export {
  type BroughtBuiltin,
  BUILTIN_TYPES,
  type BuiltinOrigin,
  type BuiltinSource,
  type BuiltinType,
} from './brought.ts';
export type { MissedLine, PolicyCoverage } from './coverage.ts';
export { Decision, shownPlace } from './decision.ts';
export { defaultPolicy } from './default-policy.ts';
export { offerConfig } from './entry-points.ts';
export { type HttpAllowance, httpAllowance } from './http.ts';
export { lintPolicySet } from './lint.ts';
export type { CommandShape } from './lint-input.ts';
export { type TargetSchema, type TargetSchemas, targetsOf } from './lint-target.ts';
export { lintResponses } from './responses.ts';
export {
  type PolicyTestOptions,
  type PolicyTestResult,
  type PolicyTestRun,
  runPolicyTests,
} from './run-tests.ts';
export { type CheckedSets, formatPolicy, loadPolicySet, type PolicyOptions } from './set.ts';
export type {
  ApprovalNeed,
  Judgement,
  Location,
  PolicyInput,
  PolicyProblem,
  PolicySet,
  PolicySource,
  QueryResult,
  Reason,
  TraceLine,
} from './types.ts';
