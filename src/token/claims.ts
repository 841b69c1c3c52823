import { PUBLIC_KEY_PATTERN } from '../kernel/ed25519.ts';
import { BitError } from '../kernel/errors.ts';
import { ULID_PATTERN } from '../kernel/ids.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import { checkCapability } from './capabilities.ts';

export const ISSUER = 'bithub';
export const TOKEN_TYPE = 'bithub+jwt';
/** Longest compact form taken; a chain of attenuated tokens is inside. */
export const SIZE_LIMIT = 16 * 1024;
export const MOST_CAPABILITIES = 100;

/** Registered claims are RFC 7519's, `cnf` RFC 7800's. Times are seconds since 1970. */
export interface Claims {
  readonly iss: typeof ISSUER;
  readonly aud: readonly string[];
  readonly sub: string;
  /** Capability patterns, `area:verb`. */
  readonly cap: readonly string[];
  /** What policies read as `input.token.pol`: `{ "profanity": "compliant-banter", "vuln": "high" }`. */
  readonly pol: JsonObject;
  readonly iat: number;
  readonly nbf?: number;
  readonly exp: number;
  /** ULID. */
  readonly jti: string;
  /** The holder's key, `ed25519:<hex>`: who has it may attenuate the token without its issuer. */
  readonly holder?: string;
  /** The wider token this one was made of, compact. */
  readonly prf?: string;
}

/** The document as it stands in the token. */
export function claimsToJson(claims: Claims): JsonObject {
  const { holder, ...rest } = claims;
  return { ...rest, ...(holder === undefined ? {} : { cnf: { jwk: jwkOf(holder) } }) };
}

/** @throws BitError `auth` with every field that is wrong */
export function claimsFromJson(value: unknown): Claims {
  const wrong: string[] = [];
  if (!isJsonObject(value)) throw malformed(['the payload is no object']);
  const text = (name: string, limit: number): string => {
    const field = value[name];
    if (typeof field === 'string' && field !== '' && field.length <= limit) return field;
    wrong.push(`${name}: a text of at most ${limit} characters`);
    return '';
  };
  const time = (name: string): number => {
    const field = value[name];
    if (Number.isSafeInteger(field) && Number(field) >= 0) return Number(field);
    wrong.push(`${name}: whole seconds since 1970`);
    return 0;
  };
  const list = (name: string, single: boolean): readonly string[] => {
    const given = value[name];
    const field = single && typeof given === 'string' ? [given] : given;
    const good =
      Array.isArray(field) &&
      field.length <= MOST_CAPABILITIES &&
      field.every((item) => typeof item === 'string' && item !== '' && item.length <= 512);
    if (good) return field as readonly string[];
    wrong.push(`${name}: a list of at most ${MOST_CAPABILITIES} texts`);
    return [];
  };
  if (value['iss'] !== ISSUER) wrong.push(`iss: '${ISSUER}'`);
  const cap = list('cap', false);
  for (const capability of cap) if (!isCapability(capability)) wrong.push(`cap: ${capability.slice(0, 80)}`);
  const pol = value['pol'] ?? {};
  if (!isJsonObject(pol)) wrong.push('pol: an object');
  const jti = text('jti', 26);
  if (jti !== '' && !ULID_PATTERN.test(jti)) wrong.push('jti: a ULID');
  const holder = value['cnf'] === undefined ? undefined : holderOf(value['cnf']);
  if (holder === null) wrong.push('cnf: { "jwk": an Ed25519 public key }');
  const claims: Claims = {
    iss: ISSUER,
    aud: list('aud', true),
    sub: text('sub', 256),
    cap,
    pol: isJsonObject(pol) ? pol : {},
    iat: time('iat'),
    ...(value['nbf'] === undefined ? {} : { nbf: time('nbf') }),
    exp: time('exp'),
    jti,
    ...(typeof holder === 'string' ? { holder } : {}),
    ...(value['prf'] === undefined ? {} : { prf: text('prf', SIZE_LIMIT) }),
  };
  if (wrong.length > 0) throw malformed(wrong);
  return claims;
}

function malformed(wrong: readonly string[]): BitError {
  return new BitError('auth', `the token's claims are not as they must be: ${wrong.join('; ')}`, {
    details: { claims: [...wrong] },
  });
}

function isCapability(text: string): boolean {
  try {
    checkCapability(text);
    return true;
  } catch {
    return false;
  }
}

function jwkOf(key: string): JsonObject {
  return {
    kty: 'OKP',
    crv: 'Ed25519',
    x: Buffer.from(key.slice('ed25519:'.length), 'hex').toString('base64url'),
  };
}

/** Null where it names no Ed25519 key. */
function holderOf(cnf: unknown): string | null {
  const jwk = isJsonObject(cnf) ? cnf['jwk'] : undefined;
  if (!isJsonObject(jwk) || jwk['kty'] !== 'OKP' || jwk['crv'] !== 'Ed25519' || typeof jwk['x'] !== 'string')
    return null;
  const key = `ed25519:${Buffer.from(jwk['x'], 'base64url').toString('hex')}`;
  return PUBLIC_KEY_PATTERN.test(key) ? key : null;
}
