import { isBitError } from '../kernel/errors.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Reader, TokenGate } from '../operation/index.ts';
import { botCovers, botOf } from './bots.ts';
import { capabilityOf, covers } from './capabilities.ts';
import { type Claims, claimsToJson, TOKEN_TYPE } from './claims.ts';
import { verificationHere } from './here.ts';
import { decodeToken, verifyToken } from './verify.ts';

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
  const bot = botOf(claims);
  const refusal = (wanted: string): string =>
    `token ${claims.jti} of ${claims.sub} does not carry ${wanted} (it carries ${claims.cap.join(', ')})`;
  return {
    facts,
    refuses(action) {
      const wanted = capabilityOf(action);
      const covered = bot === undefined ? covers(claims.cap, wanted) : botCovers(claims.cap, wanted);
      return covered ? undefined : refusal(wanted);
    },
    ...(bot === undefined
      ? {}
      : {
          bot,
          refusesRead(command: string, action?: string) {
            const wanted = `query:${capabilityOf(command)}`;
            // who may do it may ask what it would do
            const may = action !== undefined && botCovers(claims.cap, capabilityOf(action));
            return may || botCovers(claims.cap, wanted) ? undefined : refusal(wanted);
          },
        }),
  };
}

/** `input.token` of policies: the claims, without the token inside. */
export function tokenFacts(claims: Claims): JsonObject {
  const { prf: _, ...facts } = claimsToJson(claims);
  return facts;
}

/** Whether a text says of itself to be a bot's token, whether or not that holds. */
export function saysBot(token: string): boolean {
  if (!isOwnToken(token)) return false;
  try {
    return botOf(decodeToken(token).claims) !== undefined;
  } catch (error) {
    if (isBitError(error)) return true;
    throw error;
  }
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
