/** JSON Web Signatures (RFC 7515, 7518) on node's crypto: the keys policies name, and the algorithms they may be for. */
import {
  constants,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type JsonWebKey,
  type KeyObject,
  sign as signBytes,
  timingSafeEqual,
  verify as verifyBytes,
  X509Certificate,
} from 'node:crypto';
import { isJsonObject } from '../../../kernel/json.ts';
import { BuiltinError } from './define.ts';

export interface VerifyKey {
  readonly key: KeyObject;
  readonly id: string | undefined;
  /** The one algorithm it says it is for. */
  readonly algorithm: string | undefined;
}

type Family = 'HS' | 'RS' | 'PS' | 'ES' | 'Ed';
/** What kind of key a family takes: a signature is never checked with a key of another kind. */
const KEY_TYPE: Readonly<Record<Family, string>> = {
  HS: 'secret',
  RS: 'rsa',
  PS: 'rsa',
  ES: 'ec',
  Ed: 'ed25519',
};
const CURVES: Readonly<Record<string, string>> = {
  '256': 'prime256v1',
  '384': 'secp384r1',
  '512': 'secp521r1',
};
const MOST_KEY_TEXT = 64 * 1024;
const MOST_KEYS = 64;

function parts(algorithm: string): { family: Family; bits: string } {
  if (algorithm === 'EdDSA') return { family: 'Ed', bits: '' };
  const found = /^(HS|RS|PS|ES)(256|384|512)$/.exec(algorithm);
  if (found === null) throw new BuiltinError(`unknown JWS algorithm: ${algorithm.slice(0, 40)}`);
  return { family: found[1] as Family, bits: found[2] as string };
}

export function knowsAlgorithm(algorithm: string): boolean {
  return /^(?:(?:HS|RS|PS|ES)(?:256|384|512)|EdDSA)$/.test(algorithm);
}

function options(key: KeyObject, family: Family) {
  if (family === 'PS') {
    const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_AUTO, RSA_PSS_SALTLEN_DIGEST } = constants;
    return {
      key,
      padding,
      saltLength: key.type === 'private' ? RSA_PSS_SALTLEN_DIGEST : RSA_PSS_SALTLEN_AUTO,
    };
  }
  return family === 'ES' ? { key, dsaEncoding: 'ieee-p1363' as const } : key;
}

function fits(key: KeyObject, family: Family, bits: string): boolean {
  if (key.type === 'secret') return family === 'HS';
  if (key.asymmetricKeyType !== KEY_TYPE[family]) return false;
  return family !== 'ES' || key.asymmetricKeyDetails?.namedCurve === CURVES[bits];
}

export function verifySignature(algorithm: string, key: KeyObject, text: string, signature: Buffer): boolean {
  const { family, bits } = parts(algorithm);
  if (!fits(key, family, bits)) return false;
  if (family === 'HS') {
    const wanted = createHmac(`sha${bits}`, key).update(text).digest();
    return wanted.length === signature.length && timingSafeEqual(wanted, signature);
  }
  try {
    return verifyBytes(bits === '' ? null : `sha${bits}`, Buffer.from(text), options(key, family), signature);
  } catch {
    return false;
  }
}

export function makeSignature(algorithm: string, key: KeyObject, text: string): Buffer {
  const { family, bits } = parts(algorithm);
  if (!fits(key, family, bits)) throw new BuiltinError(`the key does not fit the algorithm ${algorithm}`);
  if (family === 'HS') return createHmac(`sha${bits}`, key).update(text).digest();
  try {
    return signBytes(bits === '' ? null : `sha${bits}`, Buffer.from(text), options(key, family));
  } catch {
    // A key that can be read and whose numbers don't fit each other.
    throw new BuiltinError(`the key can't sign with ${algorithm}`);
  }
}

export function secretKey(secret: string): KeyObject {
  return createSecretKey(Buffer.from(secret));
}

/** A certificate or public key as PEM, or a JSON Web Key or set of them. */
export function verifyKeys(text: string): VerifyKey[] {
  if (text.length > MOST_KEY_TEXT) throw new BuiltinError('the key is too large');
  const block = /-----BEGIN ([A-Z0-9 ]+)-----[A-Za-z0-9+/=\s]*-----END \1-----[ \t]*\n?/.exec(text);
  if (block === null) return webKeys(text);
  if (text.slice(block.index + block[0].length).length > 0)
    throw new BuiltinError('extra data after a PEM certificate block');
  try {
    if (block[1] === 'CERTIFICATE') return [named(new X509Certificate(block[0]).publicKey)];
    if (block[1] === 'PUBLIC KEY' || block[1] === 'RSA PUBLIC KEY') return [named(createPublicKey(block[0]))];
  } catch {
    throw new BuiltinError('failed to parse a PEM certificate');
  }
  throw new BuiltinError('failed to extract a Key from the PEM certificate');
}

function named(key: KeyObject, jwk?: { kid?: unknown; alg?: unknown }): VerifyKey {
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return { key, id: text(jwk?.kid), algorithm: text(jwk?.alg) };
}

function webKeys(text: string): VerifyKey[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new BuiltinError('failed to parse a JWK key (set)');
  }
  const list = isJsonObject(json) && Array.isArray(json['keys']) ? json['keys'] : [json];
  if (list.length > MOST_KEYS) throw new BuiltinError(`a JWK set has at most ${MOST_KEYS} keys`);
  return list.map((item) => {
    try {
      if (!isJsonObject(item)) throw new TypeError('no object');
      const jwk = item as JsonWebKey;
      return named(jwk.kty === 'oct' ? octets(jwk) : createPublicKey({ key: jwk, format: 'jwk' }), item);
    } catch {
      throw new BuiltinError('failed to parse a JWK key (set)');
    }
  });
}

function octets(jwk: JsonWebKey): KeyObject {
  if (typeof jwk.k !== 'string') throw new TypeError('no k');
  return createSecretKey(Buffer.from(jwk.k, 'base64url'));
}

/** The key of a JSON Web Key to sign with. */
export function signingKey(json: unknown): KeyObject {
  try {
    if (!isJsonObject(json)) throw new TypeError('no object');
    const jwk = json as JsonWebKey;
    return jwk.kty === 'oct' ? octets(jwk) : createPrivateKey({ key: jwk, format: 'jwk' });
  } catch {
    throw new BuiltinError('failed to parse a JWK key (set)');
  }
}
