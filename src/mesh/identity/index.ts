/**
 * Who speaks: challenges and their answers signed by Ed25519 keys, sessions bound to those keys, what was said before,
 * how much one peer may say. Pure: no connections, no clocks, no files; `../channel` puts it to work.
 */
export { type RateLimits, TokenBucket } from './rates.ts';
export { type Freshness, ReplayWindow } from './replay.ts';
export {
  issueSession,
  type SessionCheck,
  type SessionClaims,
  type SessionIssuer,
  type SessionVerdict,
  SKEW_S,
  verifySession,
} from './session.ts';
export {
  type Release,
  type SignedType,
  signHello,
  signHelloAck,
  signPayload,
  signRelease,
  verifyHello,
  verifyHelloAck,
  verifyPayload,
  verifyPayloadAside,
  verifyRelease,
} from './signed.ts';
