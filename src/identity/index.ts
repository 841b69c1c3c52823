/**
 * Identity: one's own keys as actions, and whom the repository trusts.
 *
 * A rotation is signed by the old key and its outcome names the new one, so the chain itself says who goes on. Trust
 * is a line in the tree's allowed_signers, which counts once `bit policy accept` takes it.
 */
export { type KeyChange, newKey, rotateKey, useKey } from './change.ts';
export { type Revoked, revokeKey } from './revoke.ts';
export { type KeysReport, renderKeys, showKeys } from './show.ts';
export { type TrustResult, trustKey } from './trust.ts';
