/**
 * Signatures as `ssh-keygen -Y sign` makes them (PROTOCOL.sshsig of OpenSSH), by the key of `bit`:
 *
 *     ssh-keygen -Y verify -f allowed_signers -I <who> -n bithub-package -s SHA256SUMS.sig < SHA256SUMS
 */
import { hash } from 'node:crypto';
import {
  opensshBlob,
  type PublicKey,
  publicKeyFromOpenssh,
  type Signer,
  verifySignature,
} from '../../keys/index.ts';

export const NAMESPACE = 'bithub-package';

const MAGIC = Buffer.from('SSHSIG');
const BEGIN = '-----BEGIN SSH SIGNATURE-----';
const END = '-----END SSH SIGNATURE-----';

function string(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as Uint8Array);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function toSign(message: Uint8Array): Buffer {
  const digest = hash('sha512', message, 'buffer');
  return Buffer.concat([MAGIC, string(NAMESPACE), string(''), string('sha512'), string(digest)]);
}

export function sshSignature(message: Uint8Array, signer: Signer): string {
  return armored(signer.publicKey, signer.sign(toSign(message)));
}

function armored(publicKey: PublicKey, signature: Uint8Array): string {
  const version = Buffer.from([0, 0, 0, 1]);
  const blob = Buffer.concat([
    ...[MAGIC, version, string(opensshBlob(publicKey)), string(NAMESPACE), string(''), string('sha512')],
    string(Buffer.concat([string('ssh-ed25519'), string(signature)])),
  ]);
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
  return [BEGIN, ...lines, END, ''].join('\n');
}

/** Whose signature it is of this message; undefined where it is none that holds. */
export function signerOfSsh(message: Uint8Array, text: string): PublicKey | undefined {
  if (text.length > 4096 || !text.startsWith(BEGIN)) return undefined;
  const blob = Buffer.from(text.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64');
  const key = MAGIC.length + 4 + 4;
  const publicKey = publicKeyFromOpenssh(blob.subarray(key, key + 51).toString('base64'));
  if (publicKey === undefined) return undefined;
  const signature = blob.subarray(-64);
  // one spelling of it and no other
  if (armored(publicKey, signature) !== text) return undefined;
  return verifySignature(publicKey, toSign(message), signature) ? publicKey : undefined;
}
