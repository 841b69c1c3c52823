/**
 * Guard: which policy set is in force, and whom it trusts.
 *
 * The set in force is the one last accepted, kept whole under `<state>/policy/` and named by its digest in the
 * ledger, not whatever the work tree holds at the moment: editing or deleting a policy file, or switching branch,
 * changes nothing until `bit policy accept`, an action judged by the old set. A repository whose tree brings
 * policies that nobody accepted yet (a fresh clone) is judged by them from its first action on; where there are
 * none, the built-in default holds. A damaged accepted set denies everything but its own recovery.
 */
export { type AcceptOptions, type AcceptResult, acceptPolicy } from './accept.ts';
export {
  type AcceptedSet,
  acceptedPath,
  acceptedSigners,
  readAccepted,
  readsAreGated,
} from './accepted.ts';
export {
  AUDIT_SCOPES,
  type AuditQuestion,
  auditContracts,
  type ContractAudit,
} from './audit.ts';
export { type CheckMode, type CheckQuestion, type CheckReport, checkPolicies } from './check.ts';
export { checkedSets } from './checked.ts';
export { type DecisionLog, withDecisionLog } from './decision-log.ts';
export { type EnforceRequest, type EnforceResult, enforceContract } from './enforce.ts';
export { type Evaluation, evaluateQuery, requireSet } from './evaluate.ts';
export { type ExplainQuestion, type Explanation, explainDecision } from './explain.ts';
export { type FormatResult, formatPolicies } from './fmt.ts';
export {
  adoptPolicy,
  configInForce,
  POLICY_STATE,
  type PolicyPlace,
  policyInForce,
  readInForce,
  type SetInForce,
  stillInForce,
} from './force.ts';
export { pinnedPath, pinSigners } from './pinned.ts';
export { renderCheck, renderExplanation } from './render.ts';
export { renderAudit } from './render-audit.ts';
export { commandShapes } from './shapes.ts';
export { type PolicyStanding, policyStanding } from './standing.ts';
export { renderTests, type TestQuestion, type TestReport, testPolicies } from './test.ts';
export { configDiffers, readTreePolicies, SIGNERS_FILE, type TreePolicies, treeDiffers } from './tree.ts';
export { ledgerTrust, ownKeys } from './trust.ts';
export { inForceSince, VOUCHED, vouchFault } from './vouch.ts';
export type { NamedSet, WhichSet } from './which.ts';
