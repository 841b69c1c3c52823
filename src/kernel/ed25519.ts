import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { availableParallelism } from 'node:os';

/** `ed25519:` and the raw 32-byte public key (RFC 8032) in lower-case hex. */
export const PUBLIC_KEY_PATTERN = /^ed25519:[0-9a-f]{64}$/;

/** A chain has one signer or a few, a mesh thousands of runners; the bound keeps hostile input from growing it. */
const CACHE_SIZE = 4096;
const cache = new Map<string, KeyObject>();

/** Key object of `ed25519:<hex>`, or undefined where the text is none. Cached: importing costs as much as verifying. */
export function importPublicKey(publicKey: string): KeyObject | undefined {
  const known = cache.get(publicKey);
  if (known !== undefined) return known;
  if (!PUBLIC_KEY_PATTERN.test(publicKey)) return undefined;
  // As JWK (RFC 8037): OpenSSL's DER decoders take a millisecond to set up.
  const x = Buffer.from(publicKey.slice(8), 'hex').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  if (cache.size >= CACHE_SIZE) cache.clear();
  cache.set(publicKey, key);
  return key;
}

/** `ed25519:<hex>` of an Ed25519 key object, public or private. */
export function exportPublicKey(key: KeyObject): `ed25519:${string}` {
  const publicHalf = key.type === 'private' ? createPublicKey(key) : key;
  const { x } = publicHalf.export({ format: 'jwk' });
  if (key.asymmetricKeyType !== 'ed25519' || x === undefined) throw new TypeError('not an Ed25519 key');
  return `ed25519:${Buffer.from(x, 'base64url').toString('hex')}`;
}

/** Whether `signature` (64 raw bytes) over `message` is `publicKey`'s. False, never an error, for malformed input. */
export function verifyEd25519(publicKey: string, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  const key = importPublicKey(publicKey);
  if (key === undefined) return false;
  return verify(null, message, key, signature);
}

/** Where the cores are taken, waking a thread and being woken by it costs half of what it takes off. */
const TOO_FEW_CORES = 2;
let cores: number | undefined;

/** The same in a thread of the pool, where there is a core for it, for who has other things to do meanwhile. */
export function verifyEd25519Aside(
  publicKey: string,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const key = signature.length === 64 ? importPublicKey(publicKey) : undefined;
  if (key === undefined) return Promise.resolve(false);
  cores ??= availableParallelism();
  if (cores <= TOO_FEW_CORES) return Promise.resolve(verify(null, message, key, signature));
  return new Promise((resolve, reject) => {
    verify(null, message, key, signature, (error, holds) =>
      error === null ? resolve(holds) : reject(error),
    );
  });
}
