import type { JsonObject } from '../kernel/json.ts';
import { capabilityOf, covers } from './capabilities.ts';
import { claimsToJson, TOKEN_TYPE } from './claims.ts';
import { type VerifyOptions, verifyToken } from './verify.ts';

/** The token an action is asked for under, verified. */
export interface PresentedToken {
  /** `input.token`: its claims. */
  readonly facts: JsonObject;
  /** Why it does not let the action through, or undefined. */
  refuses(action: string): string | undefined;
}

/**
 * The token of the environment (`BITHUB_TOKEN`); undefined where there is none of ours. An opaque one (a GitHub token
 * under that name) says nothing here; one that claims to be ours and does not verify stops everything.
 *
 * @throws BitError `auth`
 */
export async function presentedToken(
  given: string | undefined,
  options: () => Promise<VerifyOptions>,
): Promise<PresentedToken | undefined> {
  const token = given?.trim() ?? '';
  if (!isOurs(token)) return undefined;
  const { claims } = await verifyToken(token, await options());
  const { prf: _, ...facts } = claimsToJson(claims);
  return {
    facts,
    refuses(action) {
      if (covers(claims.cap, capabilityOf(action))) return undefined;
      return `token ${claims.jti} of ${claims.sub} does not carry ${capabilityOf(action)} (it carries ${claims.cap.join(', ')})`;
    },
  };
}

function isOurs(token: string): boolean {
  const [head = ''] = token.split('.');
  if (!head.startsWith('eyJ')) return false;
  try {
    const header = JSON.parse(Buffer.from(head.slice(0, 4096), 'base64url').toString('utf8')) as { typ?: unknown };
    return header.typ === TOKEN_TYPE;
  } catch {
    return false;
  }
}
