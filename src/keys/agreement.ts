import { createPrivateKey, createPublicKey, diffieHellman, hash, type KeyObject } from 'node:crypto';
import type { PublicKey } from './index.ts';

/** Agrees on secrets with a key the caller never sees: opens what was encrypted to it. */
export interface Opener {
  readonly publicKey: PublicKey;
  /** X25519 (RFC 7748) of the key's own scalar and a point of 32 bytes; undefined for a point of small order. */
  agree(point: Uint8Array): Uint8Array | undefined;
}

const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex');
const SPKI_X25519 = Buffer.from('302a300506032b656e032100', 'hex');

/** The Montgomery form of an Ed25519 key: its scalar is the first half of SHA-512 of its seed (RFC 8032, 5.1.5). */
export function openerOf(privateKey: KeyObject, publicKey: PublicKey): Opener {
  const seed = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
  const scalar = hash('sha512', seed, 'buffer').subarray(0, 32);
  return { publicKey, agree: (point) => x25519(scalar, point) };
}

/** RFC 7748, section 5; undefined where the result is zero. */
export function x25519(scalar: Uint8Array, point: Uint8Array): Uint8Array | undefined {
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_X25519, scalar]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey({
    key: Buffer.concat([SPKI_X25519, point]),
    format: 'der',
    type: 'spki',
  });
  try {
    return diffieHellman({ privateKey, publicKey });
  } catch {
    // OpenSSL refuses a result of zero by itself
    return undefined;
  }
}

const P = 2n ** 255n - 19n;

/** The u of an Ed25519 public key: (1 + y) / (1 - y), RFC 7748, section 4.1. */
export function montgomeryOf(publicKey: PublicKey): Uint8Array {
  const bytes = Buffer.from(publicKey.slice('ed25519:'.length), 'hex');
  bytes[31] = (bytes[31] ?? 0) & 0x7f;
  const y = BigInt(`0x${bytes.reverse().toString('hex')}`) % P;
  const u = ((1n + y) * power((1n - y + P) % P, P - 2n)) % P;
  return Buffer.from(u.toString(16).padStart(64, '0'), 'hex').reverse();
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}
