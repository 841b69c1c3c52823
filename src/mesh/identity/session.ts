import { importPublicKey, verifyEd25519 } from '../../kernel/ed25519.ts';
import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import type { Signer } from '../../keys/index.ts';
import type { Persona } from '../protocol/index.ts';

/** What a session says of who holds it. */
export interface SessionClaims {
  /** The runner's or client's name. */
  readonly sub: string;
  readonly role: 'runner' | 'client';
  readonly persona: Persona;
  /** The key it is bound to (RFC 7800, `cnf`): who can't sign with it can't take the session up again. */
  readonly public_key: string;
  /** Goes on while it is taken up again on other connections. */
  readonly sid: string;
  /** Seconds since 1970. */
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
}

export interface SessionIssuer {
  /** `auth.jwt_issuer` of the mesh's configuration. */
  readonly issuer: string;
  /** Name of the mesh. */
  readonly audience: string;
}

const TYPE = 'bithub-mesh+jwt';
/** Longer than any that is issued here. */
const MOST_CHARACTERS = 4096;
/** Seconds two clocks may be apart. */
export const SKEW_S = 60;

/** A JWT (RFC 7519) of the session, signed by the controller's key (EdDSA, RFC 8037). */
export function issueSession(
  claims: SessionClaims,
  { issuer, audience }: SessionIssuer,
  signer: Signer,
): string {
  const { public_key, ...rest } = claims;
  const x = Buffer.from(public_key.slice('ed25519:'.length), 'hex').toString('base64url');
  const cnf = { jwk: { kty: 'OKP', crv: 'Ed25519', x } };
  const part = (value: Json): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = part({ alg: 'EdDSA', kid: signer.publicKey, typ: TYPE });
  const signed = `${head}.${part({ iss: issuer, aud: audience, ...rest, cnf })}`;
  return `${signed}.${Buffer.from(signer.sign(Buffer.from(signed))).toString('base64url')}`;
}

export interface SessionCheck extends SessionIssuer {
  /** Keys of controllers of this mesh. */
  readonly trusted: (publicKey: string) => boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export type SessionVerdict =
  | { readonly claims: SessionClaims; readonly refused?: undefined }
  | { readonly claims?: undefined; readonly refused: 'malformed' | 'unauthenticated' | 'expired' };

/** Whether a session holds: form, issuer, audience, signature, times. Never throws. */
export function verifySession(token: string, check: SessionCheck): SessionVerdict {
  if (token.length > MOST_CHARACTERS) return { refused: 'malformed' };
  const [head = '', body = '', signature = '', more] = token.split('.');
  const header = part(head);
  const claims = claimsOf(part(body));
  if (more !== undefined || header === undefined || claims === undefined) return { refused: 'malformed' };
  const { alg, typ, kid, crit } = header;
  if (alg !== 'EdDSA' || typ !== TYPE || typeof kid !== 'string' || crit !== undefined)
    return { refused: 'malformed' };
  if (!check.trusted(kid)) return { refused: 'unauthenticated' };
  const bytes = Buffer.from(signature, 'base64url');
  // one text for each session: what decodes to the same bytes but is spelled otherwise is none
  if (bytes.toString('base64url') !== signature) return { refused: 'malformed' };
  if (!verifyEd25519(kid, Buffer.from(`${head}.${body}`), bytes)) return { refused: 'unauthenticated' };
  const { iss, aud, ...rest } = claims;
  if (iss !== check.issuer || aud !== check.audience) return { refused: 'unauthenticated' };
  const seconds = check.now / 1000;
  if (rest.exp <= seconds || rest.iat > seconds + SKEW_S) return { refused: 'expired' };
  return { claims: rest };
}

function part(text: string): JsonObject | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function claimsOf(body: JsonObject | undefined): (SessionClaims & { iss: Json; aud: Json }) | undefined {
  if (body === undefined) return undefined;
  const { iss = null, aud = null, sub, role, persona, cnf, sid, iat, exp, jti } = body;
  const texts = [sub, sid, jti].every((value) => typeof value === 'string');
  if (!texts || !Number.isSafeInteger(iat) || !Number.isSafeInteger(exp)) return undefined;
  if (role !== 'runner' && role !== 'client') return undefined;
  if (persona !== 'strict' && persona !== 'creative' && persona !== 'hybrid') return undefined;
  const jwk = isJsonObject(cnf) ? cnf['jwk'] : undefined;
  const x = isJsonObject(jwk) ? jwk['x'] : undefined;
  if (typeof x !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(x)) return undefined;
  const public_key = `ed25519:${Buffer.from(x, 'base64url').toString('hex')}`;
  if (importPublicKey(public_key) === undefined) return undefined;
  return {
    ...{ iss, aud, role, persona, public_key },
    ...{ sub: sub as string, sid: sid as string, jti: jti as string, iat: iat as number, exp: exp as number },
  };
}
