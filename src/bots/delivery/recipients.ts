import type { Identity, Recipient } from 'age-encryption';
import { acceptedSigners } from '../../guard/index.ts';
import { PUBLIC_KEY_PATTERN } from '../../kernel/ed25519.ts';
import { BitError } from '../../kernel/errors.ts';
import { nearest, printable, shorten } from '../../kernel/text.ts';
import { type PublicKey, publicKeyFromOpenssh } from '../../keys/index.ts';
import type { Reader } from '../../operation/index.ts';
import { sshIdentity, sshRecipient, sshTag } from './ssh-recipient.ts';

/** Whom a package is encrypted to. */
export type Addressee =
  | { readonly kind: 'age'; readonly recipient: string; readonly shown: string }
  | { readonly kind: 'key'; readonly publicKey: PublicKey; readonly shown: string };

const AGE = /^age1[02-9ac-hj-np-z]{58}$/;

/**
 * A recipient of age, a key of ssh-ed25519 or of bit, somebody the repository trusts by name, or `self`. Undefined for a
 * word that is none of it.
 */
export async function addresseeOf(reader: Reader, word: string): Promise<Addressee | undefined> {
  if (AGE.test(word)) return { kind: 'age', recipient: word, shown: word };
  const key = PUBLIC_KEY_PATTERN.test(word)
    ? (word as PublicKey)
    : publicKeyFromOpenssh(/^ssh-ed25519 ([A-Za-z0-9+/=]+)(?: .*)?$/.exec(word)?.[1] ?? '');
  if (key !== undefined) return { kind: 'key', publicKey: key, shown: key };
  if (word === 'self') {
    const own = await reader.keys.current();
    if (own === undefined) throw new BitError('not-found', 'there is no key yet', { hint: 'bit key new' });
    return { kind: 'key', publicKey: own, shown: `self (${own})` };
  }
  const known = signersHere(reader).filter(({ principals }) => principals.includes(word));
  const [first] = known;
  if (first === undefined) return undefined;
  if (new Set(known.map(({ publicKey }) => publicKey)).size > 1)
    throw new BitError('usage', `${printable(shorten(word))} has several keys here`, {
      hint: `name one of them: ${known.map(({ publicKey }) => publicKey).join(', ')}`,
    });
  return { kind: 'key', publicKey: first.publicKey, shown: `${word} (${first.publicKey})` };
}

function signersHere({ stateDirectory, now }: Reader) {
  const time = now().toISOString();
  return (acceptedSigners(stateDirectory) ?? []).filter(
    ({ validAfter, validBefore }) =>
      (validAfter === undefined || time >= validAfter) && (validBefore === undefined || time <= validBefore),
  );
}

/** @throws BitError `not-found` with the nearest names */
export async function requireAddressee(reader: Reader, word: string): Promise<Addressee> {
  const found = await addresseeOf(reader, word);
  if (found !== undefined) return found;
  const names = signersHere(reader).flatMap(({ principals }) => principals);
  const near = nearest(word, names);
  throw new BitError('not-found', `nobody is known here as ${printable(shorten(word))}`, {
    hint:
      near.length > 0
        ? `did you mean: ${near.join(', ')}`
        : 'age1…, ssh-ed25519 AAAA…, ed25519:…, self, or a name of .bithub/allowed_signers',
  });
}

/** An age file (age-encryption.org/v1) that each of them opens. */
export async function encryptTo(bytes: Uint8Array, to: readonly Addressee[]): Promise<Uint8Array> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  for (const one of to) encrypter.addRecipient(await recipientOf(one));
  return encrypter.encrypt(bytes);
}

async function recipientOf(to: Addressee): Promise<string | Recipient> {
  return to.kind === 'age' ? to.recipient : sshRecipient(to.publicKey);
}

export const AGE_HEADER = 'age-encryption.org/v1\n';

/**
 * Opens an age file by one's own keys, or by identities of age.
 *
 * @throws BitError `auth` where none of them opens it, `integrity` where it is damaged
 */
export async function decryptHere(
  reader: Reader,
  file: Uint8Array,
  identities: readonly string[],
): Promise<Uint8Array> {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  for (const identity of identities) {
    if (!/^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/.test(identity))
      throw new BitError('usage', 'the file of --identity holds something that is no identity of age');
    decrypter.addIdentity(identity);
  }
  let tried = identities.length > 0;
  for (const publicKey of await ownKeysOf(reader)) {
    const identity = await lazyIdentity(reader, publicKey);
    if (identity === undefined) continue;
    decrypter.addIdentity(identity);
    tried = true;
  }
  if (!tried)
    throw new BitError('auth', 'there is no key here that could open it', {
      hint: 'bit key show; or --identity FILE',
    });
  try {
    return await decrypter.decrypt(file);
  } catch (error) {
    if (error instanceof BitError) throw error;
    const closed = error instanceof Error && /no identity matched/.test(error.message);
    throw new BitError(
      closed ? 'auth' : 'integrity',
      closed ? 'it is encrypted to somebody else' : 'the encrypted package is damaged',
      { cause: error },
    );
  }
}

async function ownKeysOf({ keys }: Reader): Promise<readonly string[]> {
  const current = await keys.current();
  const listed = (await keys.list()).map(({ publicKey }) => publicKey);
  return [...new Set([...(current === undefined ? [] : [current]), ...listed])];
}

/** A passphrase is asked for only where the file is encrypted to that key. */
async function lazyIdentity(reader: Reader, publicKey: string): Promise<Identity | undefined> {
  if (!PUBLIC_KEY_PATTERN.test(publicKey)) return undefined;
  return {
    async unwrapFileKey(stanzas) {
      if (
        !stanzas.some(({ args }) => args[0] === 'ssh-ed25519' && args[1] === sshTag(publicKey as PublicKey))
      )
        return null;
      const opener = await reader.keys.openerOf(publicKey);
      return opener === undefined ? null : sshIdentity(opener).unwrapFileKey(stanzas);
    },
  };
}
