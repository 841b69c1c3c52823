import { BitError } from '../kernel/errors.ts';
import { ULID_PATTERN } from '../kernel/ids.ts';
import { isJsonObject } from '../kernel/json.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { LedgerReader } from '../ledger/index.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { type MintedToken, mintToken, secondsOf } from './mint.ts';
import { decodeToken } from './verify.ts';

const EVENTS = ['TOKEN_REVOKE', 'TOKEN_ROTATE'];

export interface RevokedToken {
  readonly jti: string;
  /** False where it had been revoked before. */
  readonly revoked: boolean;
}

/**
 * What the ledger says was revoked. A revocation counts where its signer is trusted or issued the token itself, so
 * that nobody else's entry can take a token away.
 */
export function revocations(
  ledger: LedgerReader,
  trusted: (publicKey: string) => boolean,
): (jti: string, issuer: string) => boolean {
  const by = new Map<string, Set<string>>();
  for (const event of EVENTS) {
    for (const { actor, payload } of ledger.entries({ event, phase: 'outcome' })) {
      const result = payload?.['ok'] === true && isJsonObject(payload['result']) ? payload['result'] : {};
      const jti = result['revoked'];
      if (typeof jti !== 'string') continue;
      by.set(jti, (by.get(jti) ?? new Set()).add(actor));
    }
  }
  return (jti, issuer) => [...(by.get(jti) ?? [])].some((actor) => actor === issuer || trusted(actor));
}

/** By its id, or by the token itself. */
export function revokeToken(reader: Reader, tokenOrId: string): Effect<RevokedToken> {
  const jti = ULID_PATTERN.test(tokenOrId) ? tokenOrId : idOf(tokenOrId);
  const before = revocations(reader.ledger, () => true)(jti, '');
  return {
    summary: `revoke token ${jti}`,
    target: { jti },
    plan: [
      before ? `nothing: ${jti} was revoked before` : `refuse ${jti} from now on, wherever this ledger goes`,
    ],
    touches: { refs: [] },
    irreversible: ['a revoked token stays revoked'],
    run: async () => ({ jti, revoked: !before }),
    record: () => ({ revoked: jti }),
  };
}

/** A new token with the claims and as long a life as the old, which is revoked in the same operation. */
export async function rotateToken(reader: Reader, token: string): Promise<Effect<MintedToken>> {
  const { claims } = decodeToken(token);
  if (claims.prf !== undefined) {
    throw new BitError('usage', 'an attenuated token is not rotated: rotate the one it was made of', {
      hint: 'bit token inspect shows it',
    });
  }
  const effect = await mintToken(reader, {
    capabilities: claims.cap,
    audience: claims.aud,
    subject: claims.sub,
    policy: claims.pol,
    seconds: secondsOf(claims),
    holder: claims.holder,
    output: undefined,
  });
  return {
    ...effect,
    summary: `rotate token ${claims.jti}`,
    target: { ...effect.target, replaces: claims.jti },
    plan: [...effect.plan, `revoke ${claims.jti}`],
    irreversible: [...(effect.irreversible ?? []), 'a revoked token stays revoked'],
    record: (out) => ({ ...effect.record?.(out), revoked: claims.jti }),
  };
}

function idOf(token: string): string {
  try {
    return decodeToken(token).claims.jti;
  } catch (error) {
    throw new BitError('usage', `${printable(shorten(token, 30))} is neither a token nor a token's id`, {
      cause: error,
    });
  }
}
