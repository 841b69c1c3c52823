import { BitError } from '../kernel/errors.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { LedgerReader } from '../ledger/index.ts';
import type { Reader, TokenGate } from '../operation/index.ts';
import { covers, tokenFacts, verificationHere, verifyToken } from '../token/index.ts';
import type { ApiCall } from './call.ts';

export interface Bearer {
  readonly jti: string;
  readonly subject: string;
  /** Narrows what the policy allows to the capability of the call. */
  gateFor(call: ApiCall): TokenGate;
}

const AUDIENCE = 'github';

/**
 * Verifies the token of an `Authorization` header: signed by who is trusted here, for the audience `github`, in its
 * time, not revoked; and minted in this ledger, for a revocation is looked for in no other.
 *
 * @throws BitError `auth`
 */
export async function readBearer(reader: Reader, authorization: string | undefined): Promise<Bearer> {
  const [, token] = /^(?:bearer|token) ([A-Za-z0-9_.-]+)$/i.exec(authorization ?? '') ?? [];
  if (token === undefined)
    throw new BitError('auth', 'a call carries a .bithub.token: Authorization: Bearer <token>');
  const verified = await verifyToken(token, await verificationHere(reader, AUDIENCE));
  const { claims, root } = verified;
  if (!wasMinted(reader.ledger, root.claims.jti, root.key)) {
    throw new BitError('auth', `the token is refused: ${root.claims.jti} was not minted in this repository`, {
      hint: 'where it was, its ledger must be shared with this clone: bit ledger fetch',
    });
  }
  return {
    jti: claims.jti,
    subject: claims.sub,
    gateFor: ({ capability }) => ({
      facts: tokenFacts(claims),
      refuses: () =>
        covers(claims.cap, capability)
          ? undefined
          : `token ${claims.jti} of ${claims.sub} does not carry ${capability} (it carries ${claims.cap.join(', ')})`,
    }),
  };
}

function wasMinted(ledger: LedgerReader, jti: string, key: string): boolean {
  for (const event of ['TOKEN_MINT', 'TOKEN_ROTATE']) {
    for (const { actor, payload } of ledger.entries({ event, phase: 'outcome' })) {
      const result = payload?.['ok'] === true && isJsonObject(payload['result']) ? payload['result'] : {};
      if (actor === key && result['jti'] === jti) return true;
    }
  }
  return false;
}
