/**
 * Approval: a denial whose message says `approval: true` is lifted by other people's consent to exactly that.
 *
 * A request is bound to action, command, arguments, target, position and the policy that denied, and runs out. One
 * operation of who asked, in that clone, uses it up. Grants
 * and denials are ledger entries, signed by the approver's key; they count where the accepted signers trust it, as many
 * different people as the policy or contract asks (`needs` of `of`), and not one's own unless it says `own`.
 */
export { giveVerdict, type RequestedApproval, requestApproval, type VerdictGiven } from './act.ts';
export { type ApprovalLog, approvalLog, type LoggedRequest } from './log.ts';
export { findApprovals, type Request, type Verdict } from './verdicts.ts';
