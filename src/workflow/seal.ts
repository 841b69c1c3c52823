import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json } from '../kernel/json.ts';

/** Keeps what a journal must remember and nobody else may read. */
export interface Seal {
  seal(text: string): string;
  /** @throws BitError `auth` where another key sealed it */
  open(sealed: string): string;
}

/** `sign` gives the same signature for the same message (Ed25519, RFC 8032): the key needs no place of its own. */
export async function sealOf(sign: (message: Uint8Array) => Promise<Uint8Array>, run: string): Promise<Seal> {
  const secret = await sign(Buffer.from(`bithub workflow journal seal v1\n${run}\n`));
  return sealWith(Buffer.from(hkdfSync('sha256', secret, run, 'bithub workflow journal', 32)));
}

/** AES-256-GCM: nonce, tag and text, base64. */
export function sealWith(key: Uint8Array): Seal {
  return {
    seal(text) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64');
      try {
        const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
        cipher.setAuthTag(bytes.subarray(12, 28));
        return Buffer.concat([cipher.update(bytes.subarray(28)), cipher.final()]).toString('utf8');
      } catch (error) {
        throw new BitError('auth', 'what this run keeps secret was sealed by another key', {
          cause: error,
          hint: 'resume it as who started it, or start it anew',
        });
      }
    },
  };
}

/** The document with every string that `isSecret` sealed. */
export function sealStrings(value: Json, seal: Seal, isSecret: (text: string) => boolean): Json {
  if (typeof value === 'string') return isSecret(value) ? { sealed: seal.seal(value) } : value;
  if (Array.isArray(value)) return value.map((item) => sealStrings(item as Json, seal, isSecret));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, sealStrings(member, seal, isSecret)]),
  );
}

export function openStrings(value: Json, seal: Seal): Json {
  if (Array.isArray(value)) return value.map((item) => openStrings(item as Json, seal));
  if (!isJsonObject(value)) return value;
  const { sealed } = value;
  if (typeof sealed === 'string' && Object.keys(value).length === 1) return seal.open(sealed);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, openStrings(member, seal)]));
}
