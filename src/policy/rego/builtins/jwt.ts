/** io.jwt.*: tokens decoded, verified and signed. */
import { jsonText, toJson } from '../text.ts';
import {
  type AnyObject,
  equal,
  isArray,
  isNumber,
  isObject,
  objectEntries,
  objectGet,
  type Value,
} from '../values.ts';
import { BuiltinError, builtins, type Operands } from './define.ts';
import {
  knowsAlgorithm,
  makeSignature,
  secretKey,
  signingKey,
  type VerifyKey,
  verifyKeys,
  verifySignature,
} from './jose.ts';
import { parseJson } from './json.ts';

/** Tokens in tokens: further in than this is nothing but a waste of time. */
const MOST_NESTED = 8;
const BASE64_URL = /^[A-Za-z0-9_-]*={0,2}$/;

interface Token {
  readonly header: AnyObject;
  readonly headerText: string;
  readonly payloadText: string;
  readonly signature: Buffer;
}

function bytes(text: string, what: string): Buffer {
  if (!BASE64_URL.test(text) || text.replace(/=+$/, '').length % 4 === 1)
    throw new BuiltinError(`JWT ${what} had invalid encoding`);
  return Buffer.from(text, 'base64url');
}

function split(o: Operands, text: string): Token {
  o.output(text.length);
  if (!text.includes('.')) throw new BuiltinError('encoded JWT had no period separators');
  const sections = text.split('.');
  const [headerText = '', payloadText = '', signature = ''] = sections;
  if (sections.length !== 3)
    throw new BuiltinError(`encoded JWT must have 3 sections, found ${sections.length}`);
  const header = parseJson(bytes(headerText, 'header').toString());
  if (!isObject(header)) throw new BuiltinError('failed to parse JWT header: no JSON object');
  if (objectGet(header, 'enc') !== undefined)
    throw new BuiltinError('JWT is a JWE object, which is not supported');
  return { header, headerText, payloadText, signature: bytes(signature, 'signature') };
}

function isNested(header: AnyObject): boolean {
  const type = objectGet(header, 'cty');
  return typeof type === 'string' && type.toUpperCase() === 'JWT';
}

/** The token a token holds: as it is, or as a JSON string. */
function inner(token: Token): string {
  const text = bytes(token.payloadText, 'payload').toString();
  if (!text.startsWith('"')) return text;
  const value = parseJson(text);
  return typeof value === 'string' ? value : text;
}

function payloadOf(token: Token): AnyObject {
  const payload = parseJson(bytes(token.payloadText, 'payload').toString());
  if (!isObject(payload)) throw new BuiltinError('failed to parse JWT payload: no JSON object');
  return payload;
}

function decode(o: Operands): Value {
  let token = split(o, o.string(0));
  for (let depth = 0; isNested(token.header); depth++) {
    if (depth === MOST_NESTED) throw new BuiltinError('the JWT nests too deeply');
    token = split(o, inner(token));
  }
  return [token.header, payloadOf(token), token.signature.toString('hex')];
}

const WORK = 2000;

function verifier(algorithm: string) {
  return (o: Operands): Value => {
    const { headerText, payloadText, signature } = split(o, o.string(0));
    const keys = algorithm.startsWith('HS')
      ? [{ key: secretKey(o.string(1)), id: undefined, algorithm: undefined }]
      : verifyKeys(o.string(1));
    return keys.some(({ key }) => {
      o.tick(WORK);
      return verifySignature(algorithm, key, `${headerText}.${payloadText}`, signature);
    });
  };
}

interface Constraints {
  readonly keys: readonly VerifyKey[];
  readonly alg: string | undefined;
  readonly iss: string | undefined;
  readonly aud: string | undefined;
  readonly time: number | bigint;
}

function constraintsOf(o: Operands): Constraints {
  const given = o.object(1);
  const known = new Set(['cert', 'secret', 'alg', 'iss', 'aud', 'time']);
  for (const [key] of objectEntries(given)) {
    if (typeof key !== 'string' || !known.has(key))
      throw new BuiltinError(`unknown token validation constraint: ${jsonText(key)}`);
  }
  const text = (name: string): string | undefined => {
    const value = objectGet(given, name);
    if (value !== undefined && typeof value !== 'string')
      throw new BuiltinError(`${name} constraint: must be a string`);
    return value;
  };
  const [cert, secret] = [text('cert'), text('secret')];
  if (cert !== undefined && secret !== undefined) throw new BuiltinError('duplicate key constraints');
  if (cert === undefined && secret === undefined) throw new BuiltinError('no key constraint');
  const keys =
    cert !== undefined
      ? verifyKeys(cert)
      : [{ key: secretKey(secret ?? ''), id: undefined, algorithm: undefined }];
  const time = objectGet(given, 'time') ?? o.machine.now;
  if (!isNumber(time)) throw new BuiltinError('time constraint: must be a number');
  if (time < 0) throw new BuiltinError('token time constraint: must not be negative');
  return { keys, alg: text('alg'), iss: text('iss'), aud: text('aud'), time };
}

const UNVERIFIED: Value = [false, {}, {}];

function decodeVerify(o: Operands): Value {
  const constraints = constraintsOf(o);
  let token = split(o, o.string(0));
  for (let depth = 0; ; depth++) {
    if (depth > MOST_NESTED) throw new BuiltinError('the JWT nests too deeply');
    const alg = objectGet(token.header, 'alg');
    if (typeof alg !== 'string') return UNVERIFIED;
    // An extension the token calls critical is one we would have to know.
    if (objectGet(token.header, 'crit') !== undefined) return UNVERIFIED;
    if (constraints.alg !== undefined && constraints.alg !== alg) return UNVERIFIED;
    if (alg === 'none') return UNVERIFIED;
    if (!verified(o, token, alg, constraints)) return UNVERIFIED;
    if (!isNested(token.header)) break;
    token = split(o, inner(token));
  }
  const payload = payloadOf(token);
  return accepted(payload, constraints) ? [true, token.header, payload] : UNVERIFIED;
}

function verified(o: Operands, token: Token, alg: string, { keys }: Constraints): boolean {
  if (!knowsAlgorithm(alg)) throw new BuiltinError(`unknown JWS algorithm: ${alg.slice(0, 40)}`);
  const id = objectGet(token.header, 'kid');
  const named = typeof id === 'string' && id !== '' ? keys.filter((key) => key.id === id) : [];
  return (named.length > 0 ? named : keys).some(({ key, algorithm }) => {
    if (algorithm !== undefined && algorithm !== alg) return false;
    o.tick(WORK);
    return verifySignature(alg, key, `${token.headerText}.${token.payloadText}`, token.signature);
  });
}

function accepted(payload: AnyObject, { iss, aud, time }: Constraints): boolean {
  if (iss !== undefined && objectGet(payload, 'iss') !== iss) return false;
  const audience = objectGet(payload, 'aud');
  if ((aud === undefined) !== (audience === undefined)) return false;
  if (aud !== undefined && audience !== undefined) {
    const all = isArray(audience) ? audience : [audience];
    if (!all.some((item) => equal(item, aud))) return false;
  }
  const [exp, nbf] = [moment(payload, 'exp'), moment(payload, 'nbf')];
  const now = nanoseconds(time, 0);
  return (exp === undefined || exp > now) && (nbf === undefined || nbf <= now);
}

function moment(payload: AnyObject, name: string): bigint | undefined {
  const value = objectGet(payload, name);
  if (value === undefined) return undefined;
  if (!isNumber(value)) throw new BuiltinError(`${name} value must be a number`);
  return nanoseconds(value, 9);
}

/** Exactly value × 10^scale: a double's shortest text is what was written, its product with 10⁹ is not. */
function nanoseconds(value: number | bigint, scale: number): bigint {
  if (typeof value === 'bigint') return value * 10n ** BigInt(scale);
  const [mantissa = '0', exponent = '0'] = String(value).split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  const shift = Number(exponent) + scale - fraction.length;
  const digits = BigInt(whole + fraction);
  return shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
}

function encode(o: Operands, header: string, payload: string, key: unknown): string {
  const algorithm = (() => {
    try {
      const json = parseJson(header);
      return isObject(json) ? { alg: objectGet(json, 'alg'), typ: objectGet(json, 'typ') } : undefined;
    } catch {
      return undefined;
    }
  })();
  if (typeof algorithm?.alg !== 'string') throw new BuiltinError("missing or invalid 'alg' header");
  const { alg, typ } = algorithm;
  if (!knowsAlgorithm(alg)) throw new BuiltinError(`unknown JWS algorithm: ${alg.slice(0, 40)}`);
  if (typ === undefined || typ === 'JWT') {
    try {
      parseJson(payload);
    } catch {
      throw new BuiltinError('type is JWT but payload is not JSON');
    }
  }
  o.output(header.length + payload.length);
  o.tick(WORK);
  const text = `${Buffer.from(header).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`;
  return `${text}.${makeSignature(alg, signingKey(key), text).toString('base64url')}`;
}

function plainKey(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new BuiltinError('failed to parse a JWK key (set)');
  }
}

/** The object's own JSON, sets as lists. */
function plain(o: Operands, i: number): string {
  return jsonText(o.object(i), true);
}

const VERIFIED = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'HS256',
  'HS384',
  'HS512',
  'EdDSA',
];

export const JWT = builtins({
  'io.jwt.decode': [1, decode],
  'io.jwt.decode_verify': [2, decodeVerify],
  'io.jwt.encode_sign': [3, (o) => encode(o, plain(o, 0), plain(o, 1), toJson(o.object(2)))],
  'io.jwt.encode_sign_raw': [3, (o) => encode(o, o.string(0), o.string(1), plainKey(o.string(2)))],
  ...Object.fromEntries(
    VERIFIED.map((name) => [`io.jwt.verify_${name.toLowerCase()}`, [2, verifier(name)] as const]),
  ),
});
