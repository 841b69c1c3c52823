import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { exportPublicKey } from '../../../src/kernel/ed25519.ts';

/** A key whose seed is known: what it signs can be told again, for Ed25519 signs the same the same way. */
export interface KnownKey {
  readonly key: KeyObject;
  /** `ed25519:<hex>`. */
  readonly publicKey: string;
  sign(message: Uint8Array): Buffer;
}

function known(seed: number): KnownKey {
  const head = Buffer.from('302e020100300506032b657004220420', 'hex');
  const key = createPrivateKey({
    key: Buffer.concat([head, Buffer.alloc(32, seed)]),
    format: 'der',
    type: 'pkcs8',
  });
  return { key, publicKey: exportPublicKey(key), sign: (message) => sign(null, message, key) };
}

export const KEYS: readonly [KnownKey, KnownKey, KnownKey] = [known(1), known(2), known(3)];

export function keyOf(publicKey: string): KnownKey | undefined {
  return KEYS.find((candidate) => candidate.publicKey === publicKey);
}
