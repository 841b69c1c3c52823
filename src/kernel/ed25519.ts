import { createPublicKey, type KeyObject, verify } from 'node:crypto';

/** `ed25519:` and the raw 32-byte public key (RFC 8032) in lower-case hex. */
export const PUBLIC_KEY_PATTERN = /^ed25519:[0-9a-f]{64}$/;

/** SubjectPublicKeyInfo of RFC 8410 up to the key bytes: the same 12 bytes for every Ed25519 key. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** A chain has one signer or a few; the bound only keeps hostile input from growing it. */
const CACHE_SIZE = 256;
const cache = new Map<string, KeyObject>();

/** Key object of `ed25519:<hex>`, or undefined where the text is none. Cached: importing costs as much as verifying. */
export function importPublicKey(publicKey: string): KeyObject | undefined {
  const known = cache.get(publicKey);
  if (known !== undefined) return known;
  if (!PUBLIC_KEY_PATTERN.test(publicKey)) return undefined;
  const der = Buffer.concat([SPKI_PREFIX, Buffer.from(publicKey.slice(8), 'hex')]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  if (cache.size >= CACHE_SIZE) cache.clear();
  cache.set(publicKey, key);
  return key;
}

/** `ed25519:<hex>` of an Ed25519 key object, public or private. */
export function exportPublicKey(key: KeyObject): `ed25519:${string}` {
  const publicHalf = key.type === 'private' ? createPublicKey(key) : key;
  const der = publicHalf.export({ format: 'der', type: 'spki' });
  return `ed25519:${der.subarray(SPKI_PREFIX.length).toString('hex')}`;
}

/** Whether `signature` (64 raw bytes) over `message` is `publicKey`'s. False, never an error, for malformed input. */
export function verifyEd25519(publicKey: string, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  const key = importPublicKey(publicKey);
  if (key === undefined) return false;
  return verify(null, message, key, signature);
}
