/**
 * Guard: which policy set is in force, and whom it trusts.
 *
 * The set in force is the one last accepted, kept whole under `<state>/policy/` and named by its digest in the
 * ledger, not whatever the work tree holds at the moment: editing or deleting a policy file, or switching branch,
 * changes nothing until `bit policy accept`, an action judged by the old set. A repository whose tree brings
 * policies that nobody accepted yet (a fresh clone) is judged by them from its first action on; where there are
 * none, the built-in default holds.
 */
export { type AcceptResult, acceptPolicy } from './accept.ts';
export { type AcceptedSet, acceptedSigners, policyInForce, readAccepted, readsAreGated } from './accepted.ts';
export { type PolicyStanding, policyStanding } from './standing.ts';
export { readTreePolicies, treeDiffers } from './tree.ts';
export { type LedgerTrust, ledgerTrust } from './trust.ts';
