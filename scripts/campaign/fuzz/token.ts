/**
 * Tokens, whole and attenuated. Wrong is anything thrown but a `BitError`, claims that would be read otherwise the second
 * time, and a token taken that the plain reading of its rules here refuses.
 */
import { isBitError } from '../../../src/kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../../../src/kernel/json.ts';
import { claimsFromJson, claimsToJson } from '../../../src/token/claims.ts';
import { covers, decodeToken, verifyToken } from '../../../src/token/index.ts';
import type { Random } from '../random.ts';
import { KEYS, type KnownKey, keyOf } from './keys.ts';
import { mutateJson, mutateText, orElse, several } from './mutate.ts';
import { LONGEST, type Tally, type Target } from './target.ts';

const NOW = new Date('2026-06-01T12:00:00Z');
const SECONDS = NOW.getTime() / 1000;
const [issuer, holder] = KEYS;
const REVOKED = '01jz0000000000000000000009';

const base64 = (text: string): string => Buffer.from(text).toString('base64url');

function seal(head: string, body: string, { sign }: KnownKey): string {
  const signed = `${base64(head)}.${base64(body)}`;
  return `${signed}.${sign(Buffer.from(signed)).toString('base64url')}`;
}

function headOf({ publicKey }: KnownKey): JsonObject {
  return { alg: 'EdDSA', kid: publicKey, typ: 'bithub+jwt' };
}

function claims(more: JsonObject = {}): JsonObject {
  return {
    ...{ iss: 'bithub', aud: ['bithub', 'github'], sub: 'ci', cap: ['repo:*', 'registry:push'] },
    ...{ pol: { vuln: 'high' }, iat: SECONDS - 10, exp: SECONDS + 3600, jti: '01jz0000000000000000000001' },
    ...more,
  };
}

const jwk = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: Buffer.from(holder.publicKey.slice(8), 'hex').toString('base64url'),
};
const WIDE = seal(JSON.stringify(headOf(issuer)), JSON.stringify(claims({ cnf: { jwk } })), issuer);
const CHILD = claims({
  cap: ['repo:commit'],
  exp: SECONDS + 60,
  prf: WIDE,
  jti: '01jz0000000000000000000002',
});
const NARROW = seal(JSON.stringify(headOf(holder)), JSON.stringify(CHILD), holder);

/** JSON texts that objects can't show: a member twice, white space, something behind the end. */
function jsonText(value: unknown, dice: Random): string {
  const text = JSON.stringify(value) ?? '{}';
  if (dice.below(6) > 0) return text;
  if (dice.below(2) === 0) return mutateText(text, [text], dice);
  return text.replace('{', '{"exp":9999999999,"cap":["*"],"alg":"none",');
}

function mutate(pool: readonly string[], dice: Random): string {
  const token = pool[dice.below(pool.length)] ?? WIDE;
  if (dice.below(4) === 0) return several(token, 3, dice, (text) => mutateText(text, pool, dice));
  const [head = '', body = ''] = token.split('.');
  const [first, second] = [head, body].map((part) => {
    try {
      return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as unknown;
    } catch {
      return {};
    }
  });
  let claimed = second;
  for (let left = dice.below(3); left > 0; left--) claimed = mutateJson(claimed, dice);
  if (dice.below(4) === 0 && isJsonObject(claimed)) {
    const inner = dice.below(3) === 0 ? mutate(pool, dice) : (pool[dice.below(pool.length)] ?? WIDE);
    claimed = { ...claimed, prf: inner };
  }
  const header = dice.below(5) === 0 ? mutateJson(first, dice) : first;
  const key = KEYS[dice.below(4) === 0 ? dice.below(KEYS.length) : isJsonObject(header) ? keyAt(header) : 0];
  return seal(jsonText(header, dice), jsonText(claimed, dice), key ?? issuer);
}

function keyAt(header: JsonObject): number {
  return Math.max(
    0,
    KEYS.findIndex(({ publicKey }) => publicKey === header['kid']),
  );
}

async function examine(token: string, tally: Tally): Promise<string | undefined> {
  const decoded = read(() => decodeToken(token));
  if (decoded !== undefined) {
    tally('read');
    const again = JSON.stringify(claimsFromJson(claimsToJson(decoded.claims)));
    if (again !== JSON.stringify(decoded.claims)) return 'claims that would be read otherwise';
  }
  try {
    const { claims: taken, parents } = await verifyToken(token, {
      now: NOW,
      trusted: (key) => key === issuer.publicKey,
      revoked: (jti) => jti === REVOKED,
      audience: 'bithub',
    });
    tally(parents.length > 0 ? 'taken, attenuated' : 'taken');
    return mistaken(token) ?? (taken.aud.includes('bithub') ? undefined : 'taken for another audience');
  } catch (error) {
    if (isBitError(error, 'auth')) return undefined;
    throw error;
  }
}

function read<Out>(parse: () => Out): Out | undefined {
  try {
    return parse();
  } catch (error) {
    if (isBitError(error)) return undefined;
    throw error;
  }
}

/** Why a token that was taken should not have been, by another reading of the rules. */
function mistaken(token: string): string | undefined {
  let child: { readonly by: string; readonly body: JsonObject } | undefined;
  for (let next: string | undefined = token, depth = 0; next !== undefined; depth++) {
    if (depth > 8) return 'attenuated without end';
    const [head = '', body = '', signature = ''] = next.split('.');
    const by = (JSON.parse(Buffer.from(head, 'base64url').toString()) as JsonObject)['kid'] as string;
    const made = keyOf(by)?.sign(Buffer.from(`${head}.${body}`));
    if (made?.equals(Buffer.from(signature, 'base64url')) !== true)
      return `${by} would not have signed it so`;
    const now = JSON.parse(Buffer.from(body, 'base64url').toString()) as JsonObject;
    if (Number(now['exp']) < SECONDS - 60) return 'expired';
    if (Number(now['iat']) > SECONDS + 60 || Number(now['nbf'] ?? 0) > SECONDS + 60) return 'not valid yet';
    if (now['jti'] === REVOKED) return 'revoked';
    if (child !== undefined) {
      const caps = now['cap'] as string[];
      if ((child.body['cap'] as string[]).some((cap) => !covers(caps, cap))) return 'wider than its parent';
      if (Number(child.body['exp']) > Number(now['exp'])) return 'lives longer than its parent';
      if (child.body['sub'] !== now['sub']) return 'of another subject than its parent';
      const maker = now['cnf'] === undefined ? by : holder.publicKey;
      if (child.by !== maker) return 'made by somebody who does not hold its parent';
    }
    const parent = now['prf'];
    if (parent === undefined && by !== issuer.publicKey) return 'issued by a stranger';
    child = { by, body: now };
    next = typeof parent === 'string' ? parent : undefined;
  }
  return undefined;
}

export const token: Target = {
  name: 'token',
  corpus: 'test/token/corpus',
  ending: 'jwt',
  encoding: 'utf8',
  most: 1000,
  seeds: () => [
    WIDE,
    NARROW,
    seal(JSON.stringify(headOf(issuer)), JSON.stringify(claims({ aud: 'bithub', nbf: SECONDS })), issuer),
    seal(JSON.stringify(headOf(issuer)), JSON.stringify(claims({ jti: REVOKED })), issuer),
  ],
  mutate: (pool, dice) =>
    orElse(
      () => mutate(pool, dice),
      () => mutateText(pool[0] ?? '', pool, dice),
    ).slice(0, LONGEST),
  examine,
};
