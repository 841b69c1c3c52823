/**
 * Age files for keys of ssh-ed25519, as the `age` program writes and opens them (age's agessh, "ssh-ed25519" stanzas): the
 * Ed25519 key in its Montgomery form, tweaked by the key's own SSH encoding.
 */
import { createCipheriv, createDecipheriv, hash, hkdfSync, randomBytes } from 'node:crypto';
import type { Identity, Recipient, Stanza } from 'age-encryption';
import { montgomeryOf, type Opener, opensshBlob, type PublicKey, x25519 } from '../../keys/index.ts';

const TYPE = 'ssh-ed25519';
const INFO = 'age-encryption.org/v1/ssh-ed25519';
const NONCE = Buffer.alloc(12);
const BASE_POINT = Buffer.concat([Buffer.from([9]), Buffer.alloc(31)]);

/** Names the key in a stanza: four bytes, so another may have the same. */
export function sshTag(publicKey: PublicKey): string {
  return unpadded(hash('sha256', opensshBlob(publicKey), 'buffer').subarray(0, 4));
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}

function wrapKey(
  publicKey: PublicKey,
  share: Uint8Array,
  agreed: Uint8Array | undefined,
): Buffer | undefined {
  const tweak = Buffer.from(hkdfSync('sha256', '', opensshBlob(publicKey), INFO, 32));
  const secret = agreed === undefined ? undefined : x25519(tweak, agreed);
  if (secret === undefined) return undefined;
  const salt = Buffer.concat([share, montgomeryOf(publicKey)]);
  return Buffer.from(hkdfSync('sha256', secret, salt, INFO, 32));
}

export async function sshRecipient(publicKey: PublicKey): Promise<Recipient> {
  const { Stanza: Made } = await import('age-encryption');
  return {
    wrapFileKey(fileKey) {
      const scalar = randomBytes(32);
      const share = x25519(scalar, BASE_POINT);
      const key =
        share === undefined ? undefined : wrapKey(publicKey, share, x25519(scalar, montgomeryOf(publicKey)));
      if (share === undefined || key === undefined) throw new Error('a point of small order is nobody’s key');
      const cipher = createCipheriv('chacha20-poly1305', key, NONCE, { authTagLength: 16 });
      const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
      return [new Made([TYPE, sshTag(publicKey), unpadded(share)], body)];
    },
  };
}

export function sshIdentity(opener: Opener): Identity {
  const { publicKey } = opener;
  return {
    unwrapFileKey(stanzas) {
      for (const { args, body } of stanzas.filter(isOurs(publicKey))) {
        const share = Buffer.from(args[2] ?? '', 'base64');
        if (share.length !== 32 || unpadded(share) !== args[2] || body.length !== 32) continue;
        const key = wrapKey(publicKey, share, opener.agree(share));
        if (key === undefined) continue;
        const cipher = createDecipheriv('chacha20-poly1305', key, NONCE, { authTagLength: 16 });
        cipher.setAuthTag(body.subarray(16));
        try {
          return Buffer.concat([cipher.update(body.subarray(0, 16)), cipher.final()]);
        } catch {
          // the tag is four bytes: another key may have the same
        }
      }
      return null;
    },
  };
}

function isOurs(publicKey: PublicKey): (stanza: Stanza) => boolean {
  return ({ args }) => args.length === 3 && args[0] === TYPE && args[1] === sshTag(publicKey);
}
