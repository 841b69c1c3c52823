import { BitError } from '../kernel/errors.ts';
import type { Reader } from '../operation/index.ts';
import { checkCapability, uncovered } from './capabilities.ts';
import { verificationHere } from './here.ts';
import { verifyToken } from './verify.ts';

export interface TokenVerdict {
  readonly jti: string;
  readonly subject: string;
  readonly audience: readonly string[];
  readonly capabilities: readonly string[];
  /** RFC 3339. */
  readonly expires: string;
  /** Public key that signed it. */
  readonly key: string;
}

/** @throws BitError `auth` where it is refused or lacks a capability asked for */
export async function verdictOn(
  reader: Reader,
  question: {
    readonly token: string;
    readonly audience: string | undefined;
    readonly capabilities: readonly string[];
  },
): Promise<TokenVerdict> {
  const { claims, key } = await verifyToken(
    question.token,
    await verificationHere(reader, question.audience),
  );
  const lacking = uncovered(claims.cap, question.capabilities.map(checkCapability));
  if (lacking.length > 0)
    throw new BitError('auth', `the token is refused: it does not carry ${lacking.join(', ')}`);
  return {
    jti: claims.jti,
    subject: claims.sub,
    audience: claims.aud,
    capabilities: claims.cap,
    expires: new Date(claims.exp * 1000).toISOString(),
    key,
  };
}
