/**
 * Transparency: the ledger towards others. Each chain is a log that other people's tools verify: signed checkpoints,
 * proof files, exports as tlog-tiles, and verification of all of it, offline.
 *
 * The last checkpoint seen of a chain is kept in the user's own directory, out of reach of whoever changes the
 * repository: a ledger that was cut, put back or rewritten no longer follows from it.
 */

export {
  type AnchoredAt,
  type AnchorFailure,
  type AnchorQuestion,
  type AnchorResult,
  anchorExitCode,
  anchorLedger,
} from './anchor-add.ts';
export { type AnchorCheck, anchorCheckExitCode, type CheckedAnchor, checkAnchors } from './anchor-check.ts';
export { type AnchorListing, type ListedReceipt, listAnchors } from './anchor-list.ts';
export { renderAnchorCheck, renderAnchored, renderAnchors, renderAnchorUpgrade } from './anchor-render.ts';
export { type AnchorUpgrade, anchorUpgradeExitCode, upgradeAnchors } from './anchor-upgrade.ts';
export { type AssetCheck, type AssetKind, type AssetVerification, verifyAsset } from './asset.ts';
export { checkpointLedger, type SignedCheckpoint } from './checkpoint.ts';
export { type ExportResult, exportLedger } from './export.ts';
export { loadHistory } from './load.ts';
export { chainKey, chainOf, originOf } from './origin.ts';
export { type Proof, type ProveQuestion, proveEntry } from './prove.ts';
export { type ReceiveResult, receiveLedger } from './receive.ts';
export { type OtherEntry, type Redaction, redactEntry, sayOther } from './redact.ts';
export { renderVerification } from './render.ts';
export { type ShareResult, shareLedger } from './share.ts';
export { LEDGER_REFS } from './shared.ts';
export { followLedger, type Tail, type TailEntry, tailLedger, tailLine } from './tail.ts';
export type { ReceivedChain } from './take-chain.ts';
export { receiveAlong, sendAlong } from './travel.ts';
export {
  type LedgerVerification,
  type LogVerification,
  type ProofVerification,
  type Verification,
  type VerifyQuestion,
  verify,
  verifyHere,
} from './verify.ts';
