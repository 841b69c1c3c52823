import { hash } from 'node:crypto';
import { PUBLIC_KEY_PATTERN } from '../kernel/ed25519.ts';
import type { PublicKey } from './index.ts';

const TYPE = Buffer.from('ssh-ed25519');

/** SSH public key blob (RFC 8709): two strings, each after its length in four bytes. */
export function opensshBlob(publicKey: PublicKey): Buffer {
  if (!PUBLIC_KEY_PATTERN.test(publicKey)) throw new TypeError('not an Ed25519 public key');
  return Buffer.concat([length(TYPE.length), TYPE, length(32), Buffer.from(publicKey.slice(8), 'hex')]);
}

function length(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const HEADER = Buffer.concat([length(TYPE.length), TYPE, length(32)]);

/** `SHA256:<base64>`, as `ssh-keygen -l` prints it. */
export function fingerprintOf(publicKey: PublicKey): string {
  return `SHA256:${hash('sha256', opensshBlob(publicKey), 'base64').replace(/=+$/, '')}`;
}

/** `ssh-ed25519 AAAA… comment`; control characters of the comment become spaces. */
export function opensshLine(publicKey: PublicKey, comment = ''): string {
  const rest = comment.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  return `ssh-ed25519 ${opensshBlob(publicKey).toString('base64')}${rest === '' ? '' : ` ${rest}`}`;
}

/** Reads the base64 blob of an `ssh-ed25519` key; undefined for anything else. */
export function publicKeyFromOpenssh(base64: string): PublicKey | undefined {
  if (base64.length > 100) return undefined;
  const blob = Buffer.from(base64, 'base64');
  // The length of a blob is fixed, and so is its base64: other spellings of the same bytes are refused.
  if (blob.length !== HEADER.length + 32 || blob.toString('base64') !== base64) return undefined;
  if (!blob.subarray(0, HEADER.length).equals(HEADER)) return undefined;
  return `ed25519:${blob.subarray(HEADER.length).toString('hex')}`;
}
