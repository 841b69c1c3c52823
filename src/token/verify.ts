import { importPublicKey } from '../kernel/ed25519.ts';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject } from '../kernel/json.ts';
import { uncovered } from './capabilities.ts';
import { type Claims, claimsFromJson, SIZE_LIMIT, TOKEN_TYPE } from './claims.ts';

/** Deepest chain of attenuated tokens. */
const DEPTH_LIMIT = 8;
/** Seconds two clocks may be apart. */
const SKEW = 60;

export interface VerifyOptions {
  readonly now: Date;
  /** Whether a key may issue tokens here. */
  readonly trusted: (publicKey: string) => boolean;
  /** Whether the token of that id, issued by that key, was revoked. */
  readonly revoked: (jti: string, issuer: string) => boolean;
  /** Who is asked to take it; undefined takes any. */
  readonly audience?: string;
}

export interface VerifiedToken {
  readonly claims: Claims;
  /** The key that signed it. */
  readonly key: string;
  /** The wider tokens it was made of, nearest first. */
  readonly parents: readonly Claims[];
  /** The one that was minted: the token itself, where nobody narrowed it. */
  readonly root: DecodedToken;
}

/** A token taken apart; nothing of it is believed. */
export interface DecodedToken {
  readonly key: string;
  readonly claims: Claims;
}

/** @throws BitError `auth` saying what is wrong with its form */
export function decodeToken(token: string): DecodedToken {
  if (token.length > SIZE_LIMIT) throw refused(`it is longer than ${SIZE_LIMIT} bytes`);
  const parts = token.split('.');
  const [header = '', payload = ''] = parts;
  if (parts.length !== 3 || !parts.every((part) => /^[A-Za-z0-9_-]+$/.test(part)))
    throw refused('it is no signed JWT (RFC 7515, compact)');
  const head = json(header);
  if (!isJsonObject(head)) throw refused('its header is no JSON object');
  if (head['alg'] !== 'EdDSA')
    throw refused(`it is signed with ${String(head['alg']).slice(0, 20)}, not EdDSA`);
  if (head['typ'] !== TOKEN_TYPE) throw refused(`its type is not ${TOKEN_TYPE}`);
  if (head['crit'] !== undefined) throw refused('it demands an extension that is not known here');
  const key = head['kid'];
  if (typeof key !== 'string' || importPublicKey(key) === undefined)
    throw refused('its kid names no Ed25519 key');
  return { key, claims: claimsFromJson(json(payload)) };
}

/**
 * Verifies offline: form, signature, times, audience, issuer, and of an attenuated token the same for all it was made
 * of and that each is no wider than the one before; then that none of them was revoked.
 *
 * @throws BitError `auth` saying what does not hold
 */
export async function verifyToken(token: string, options: VerifyOptions): Promise<VerifiedToken> {
  const seconds = options.now.getTime() / 1000;
  const chain: DecodedToken[] = [];
  for (let next: string | undefined = token; next !== undefined; ) {
    if (chain.length === DEPTH_LIMIT) throw refused(`it was attenuated more than ${DEPTH_LIMIT} times`);
    const decoded = decodeToken(next);
    await checkSignature(next, decoded.key);
    checkTimes(decoded.claims, seconds);
    const child = chain.at(-1);
    if (child !== undefined) checkNarrower(child, decoded);
    if (options.revoked(decoded.claims.jti, decoded.key)) throw refused(`${decoded.claims.jti} was revoked`);
    chain.push(decoded);
    next = decoded.claims.prf;
  }
  const [first] = chain;
  const root = chain.at(-1);
  if (first === undefined || root === undefined) throw refused('it is empty');
  if (!options.trusted(root.key)) {
    throw refused(`its issuer ${root.key} is not trusted here`, 'trust the key with: bit key trust <key>');
  }
  const { audience } = options;
  if (audience !== undefined && !first.claims.aud.includes(audience))
    throw refused(`it is for ${first.claims.aud.join(', ')}, not for ${audience}`);
  return { claims: first.claims, key: first.key, parents: chain.slice(1).map(({ claims }) => claims), root };
}

async function checkSignature(token: string, publicKey: string): Promise<void> {
  const key = importPublicKey(publicKey);
  if (key === undefined) throw refused('its kid names no Ed25519 key');
  const { compactVerify } = await import('jose');
  try {
    await compactVerify(token, key, { algorithms: ['EdDSA'] });
  } catch (error) {
    throw new BitError('auth', 'the token is refused: its signature does not hold', { cause: error });
  }
}

function checkTimes({ exp, nbf, iat }: Claims, now: number): void {
  if (exp <= now - SKEW) throw refused(`it expired at ${new Date(exp * 1000).toISOString()}`);
  if (Math.max(nbf ?? 0, iat) > now + SKEW) throw refused('it is not valid yet');
}

/** A child may ask for less than its parent and for nothing more, and only the parent's holder could make it. */
function checkNarrower(child: DecodedToken, parent: DecodedToken): void {
  const maker = parent.claims.holder ?? parent.key;
  if (child.key !== maker) throw refused('the wider token inside was given to another key');
  const wider = [
    ...uncovered(parent.claims.cap, child.claims.cap),
    ...child.claims.aud.filter((name) => !parent.claims.aud.includes(name)).map((name) => `audience ${name}`),
    ...(child.claims.sub === parent.claims.sub ? [] : [`subject ${child.claims.sub}`]),
    ...(child.claims.exp <= parent.claims.exp ? [] : ['a later end']),
    ...Object.entries(parent.claims.pol)
      .filter(([name, value]) => JSON.stringify(child.claims.pol[name]) !== JSON.stringify(value))
      .map(([name]) => `another pol.${name}`),
  ];
  if (wider.length > 0) throw refused(`it is wider than the token it was made of: ${wider.join(', ')}`);
}

function json(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    throw refused('a part of it is no JSON');
  }
}

function refused(why: string, hint?: string): BitError {
  return new BitError('auth', `the token is refused: ${why}`, hint === undefined ? {} : { hint });
}
