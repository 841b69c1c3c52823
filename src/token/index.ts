/**
 * `.bithub.token`: a signed token that says what its holder may do.
 *
 * A JWT (RFC 7519) signed with EdDSA (RFC 8037) by an Ed25519 key that its header names as `kid`; claims as
 * {@link Claims}. It only ever narrows: an action under a token needs the policy's word and a capability that covers
 * it. A token with `cnf` (RFC 7800) may be attenuated by its holder, offline: the child carries its parent inside as
 * `prf` and is no wider in any claim. Revocations are ledger entries, so they hold wherever the ledger goes; a holder
 * that can't reach it is stopped by `exp` at the latest.
 */
export { parseLife, parsePolicy } from './arguments.ts';
export { botCovers, botOf, isExactOnly } from './bots.ts';
export { capabilityOf, checkCapability, covers, uncovered } from './capabilities.ts';
export { type Claims, ISSUER, TOKEN_TYPE } from './claims.ts';
export { verificationHere } from './here.ts';
export { inspectToken, type TokenInspection } from './inspect.ts';
export { attenuateToken, type MintedToken, type MintRequest, mintToken } from './mint.ts';
export { isOwnToken, presentedToken, saysBot, tokenFacts } from './presented.ts';
export { renderInspection, renderMinted } from './render.ts';
export { type RevokedToken, revocations, revokeToken, rotateToken } from './revoke.ts';
export { readToken } from './source.ts';
export { type TokenVerdict, verdictOn } from './verdict.ts';
export {
  type DecodedToken,
  decodeToken,
  type VerifiedToken,
  type VerifyOptions,
  verifyToken,
} from './verify.ts';
