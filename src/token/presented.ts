import type { JsonObject } from '../kernel/json.ts';
import type { Reader, TokenGate } from '../operation/index.ts';
import { capabilityOf, covers } from './capabilities.ts';
import { type Claims, claimsToJson, TOKEN_TYPE } from './claims.ts';
import { verificationHere } from './here.ts';
import { verifyToken } from './verify.ts';

/**
 * The token of the environment (`BITHUB_TOKEN`); undefined where there is none of ours. An opaque one (a GitHub token
 * under that name) says nothing here; one that claims to be ours and does not verify stops everything.
 *
 * @throws BitError `auth`
 */
export async function presentedToken(reader: Reader): Promise<TokenGate | undefined> {
  const token = reader.env['BITHUB_TOKEN']?.trim() ?? '';
  if (!isOwnToken(token)) return undefined;
  const { claims } = await verifyToken(token, await verificationHere(reader));
  const facts = tokenFacts(claims);
  return {
    facts,
    refuses(action) {
      if (covers(claims.cap, capabilityOf(action))) return undefined;
      return `token ${claims.jti} of ${claims.sub} does not carry ${capabilityOf(action)} (it carries ${claims.cap.join(', ')})`;
    },
  };
}

/** `input.token` of policies: the claims, without the token inside. */
export function tokenFacts(claims: Claims): JsonObject {
  const { prf: _, ...facts } = claimsToJson(claims);
  return facts;
}

/** Whether a text says of itself to be a `.bithub.token`. */
export function isOwnToken(token: string): boolean {
  const [head = ''] = token.split('.');
  if (!head.startsWith('eyJ')) return false;
  try {
    const header = JSON.parse(Buffer.from(head.slice(0, 4096), 'base64url').toString('utf8')) as {
      typ?: unknown;
    };
    return header.typ === TOKEN_TYPE;
  } catch {
    return false;
  }
}
