import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { verifyEd25519 } from '../kernel/ed25519.ts';
import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { parseCheckpointText } from './checkpoint.ts';

/** Signature types of c2sp.org/signed-note that are understood here. */
export const SIGNATURE_TYPES = { ed25519: 0x01, cosignature: 0x04, mldsaCosignature: 0x06 } as const;

export type SignatureType = keyof typeof SIGNATURE_TYPES;

/** A public key that signs notes under a name; name and id together identify it. */
export interface VerifierKey {
  readonly name: string;
  /** Four bytes, as a number. */
  readonly id: number;
  readonly type: SignatureType;
  /** 32 bytes of Ed25519, 1,312 of ML-DSA-44. */
  readonly publicKey: Uint8Array;
}

const KEY_SIZES: Readonly<Record<SignatureType, number>> = {
  ed25519: 32,
  cosignature: 32,
  mldsaCosignature: 1_312,
};

/** Non-empty, no Unicode white space, no plus sign. */
export function isKeyName(name: string): boolean {
  return name !== '' && name.isWellFormed() && !/[\p{White_Space}+]/u.test(name) && !hasControl(name);
}

/** ASCII control characters, which nothing in a note may hold but line feeds. */
export function hasControl(text: string): boolean {
  return /[\u0000-\u001f]/.test(text);
}

/** `SHA-256(name ‖ "\n" ‖ type ‖ public key)[:4]`. */
export function keyId(name: string, type: SignatureType, publicKey: Uint8Array): number {
  const head = Buffer.from(`${name}\n`);
  const digest = hash('sha256', Buffer.concat([head, Buffer.of(SIGNATURE_TYPES[type]), publicKey]), 'buffer');
  return digest.readUInt32BE(0);
}

/** A verifier key from its parts. @throws BitError `usage` for a name no note can hold */
export function verifierKey(
  name: string,
  publicKey: Uint8Array,
  type: SignatureType = 'ed25519',
): VerifierKey {
  if (!isKeyName(name)) throw badKey(name, 'a key name has no white space and no +');
  if (publicKey.length !== KEY_SIZES[type]) throw badKey(name, 'the public key has another length');
  return { name, id: keyId(name, type, publicKey), type, publicKey };
}

/** `<name>+<hex id>+<base64 of type and key>`. */
export function formatVkey({ name, id, type, publicKey }: VerifierKey): string {
  const material = Buffer.concat([Buffer.of(SIGNATURE_TYPES[type]), publicKey]);
  return `${name}+${id.toString(16).padStart(8, '0')}+${toBase64(material)}`;
}

/**
 * Reads a vkey.
 *
 * @throws BitError `usage` for anything else, and for an id that isn't that of the name and key
 */
export function parseVkey(text: string): VerifierKey {
  // Base64 holds plus signs too: only the first two separate.
  const [, name = '', id = '', encoded = ''] = /^([^+]*)\+([0-9a-f]{8})\+(.+)$/s.exec(text) ?? [];
  const material = fromBase64(encoded) ?? Buffer.alloc(0);
  const type = (Object.keys(SIGNATURE_TYPES) as SignatureType[]).find(
    (candidate) => SIGNATURE_TYPES[candidate] === material[0],
  );
  if (type === undefined) throw badKey(text, 'write it as name+id+key, of a signature type known here');
  const key = verifierKey(name, material.subarray(1), type);
  if (key.id !== Number.parseInt(id, 16)) throw badKey(text, 'its id is not that of the name and the key');
  return key;
}

function badKey(text: string, hint: string): BitError {
  return new BitError('usage', `not a verifier key: ${printable(shorten(text, 120))}`, { hint });
}

/** Whether `signature` (what follows the four bytes of the id) over the note's text is the key's. */
export function noteSignatureHolds(key: VerifierKey, text: string, signature: Uint8Array): boolean {
  if (key.type === 'ed25519') return ed25519Holds(key.publicKey, Buffer.from(text), signature);
  const time = timestampOf(signature);
  if (time >= TIME_LIMIT) return false;
  const rest = signature.subarray(8);
  if (key.type === 'cosignature') return ed25519Holds(key.publicKey, cosignedText(text, time), rest);
  const message = cosignedMessage(key.name, text, time);
  return message !== undefined && mldsaHolds(key.publicKey, message, rest);
}

const TIME_LIMIT = 1n << 63n;

/** POSIX time a cosignature claims; past any allowed where it is too short to claim one. */
export function timestampOf(signature: Uint8Array): bigint {
  return signature.length < 8 ? TIME_LIMIT : Buffer.from(signature.subarray(0, 8)).readBigUInt64BE(0);
}

/** What an Ed25519 cosignature signs (c2sp.org/tlog-cosignature). */
export function cosignedText(text: string, timestamp: bigint): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${timestamp}\n${text}`);
}

/** `cosigned_message` of a whole tree (c2sp.org/tlog-cosignature), for ML-DSA-44. */
function cosignedMessage(name: string, text: string, timestamp: bigint): Buffer | undefined {
  const checkpoint = parseCheckpointText(text);
  if (checkpoint === undefined) return undefined;
  const names = [name, checkpoint.origin].map((value) => Buffer.from(value));
  if (names.some((value) => value.length > 255)) return undefined;
  const [cosigner = Buffer.alloc(0), origin = Buffer.alloc(0)] = names.map((value) =>
    Buffer.concat([Buffer.of(value.length), value]),
  );
  const numbers = [timestamp, 0n, BigInt(checkpoint.size)].map((value) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(value);
    return bytes;
  });
  const [time = Buffer.alloc(0), ...bounds] = numbers;
  return Buffer.concat([Buffer.from('subtree/v1\n\0'), cosigner, time, origin, ...bounds, checkpoint.root]);
}

function ed25519Holds(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return verifyEd25519(`ed25519:${Buffer.from(publicKey).toString('hex')}`, message, signature);
}

/** False also where this Node has no ML-DSA (before 24.6). */
function mldsaHolds(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const pub = Buffer.from(publicKey).toString('base64url');
    const jwk = { kty: 'AKP', alg: 'ML-DSA-44', pub };
    const key: KeyObject = createPublicKey({ key: jwk as never, format: 'jwk' });
    return verify(null, message, key, signature);
  } catch {
    return false;
  }
}
