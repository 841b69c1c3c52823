/**
 * Keys: the Ed25519 key that signs ledger entries, where its private half is kept, and whom a repository trusts.
 *
 * Stores: the OS key store (keytar) where there is one; else a PKCS #8 file encrypted by a passphrase (prompt or
 * `BIT_PASSPHRASE_FILE`); without a passphrase a 0600 file that is plainly called unencrypted, as ssh does.
 * Trust: OpenSSH `allowed_signers` (ssh-keygen(1), ALLOWED SIGNERS), namespace `bithub-ledger`.
 *
 * This domain imports no other.
 */

export { verifyEd25519 as verifySignature } from '../kernel/ed25519.ts';

import type { Opener } from './agreement.ts';

export { montgomeryOf, type Opener, x25519 } from './agreement.ts';
export {
  ALLOWED_SIGNERS_NAMESPACE,
  type AllowedSigners,
  formatAllowedSigner,
  parseAllowedSigners,
  type SignerLine,
  type SignerProblem,
  trustSigner,
} from './allowed-signers.ts';
export { deleteSecret, getSecret, hasKeyStore, putSecret } from './key-store.ts';
export { fingerprintOf, opensshBlob, opensshLine, publicKeyFromOpenssh } from './openssh.ts';
export { newPassphrase, passphraseFromFile } from './passphrase.ts';
export { readPrivateFile } from './private-file.ts';
export { type KeyRingOptions, openKeys, readingOnly } from './ring.ts';
export { isTrusted, signsLedgers } from './trust.ts';

/** `ed25519:` and the 32-byte public key in 64 lower-case hex digits; the form of HELLO's `public_key`. */
export type PublicKey = `ed25519:${string}`;

/** Signs with a key the caller never sees. */
export interface Signer {
  readonly publicKey: PublicKey;
  /** Raw 64-byte Ed25519 signature (RFC 8032). */
  sign(message: Uint8Array): Uint8Array;
}

/** Where a private key was found or put; shown by `bit key show`. */
export type KeyPlace = 'os-key-store' | 'encrypted-file' | 'unencrypted-file' | 'environment';

export interface KeyInfo {
  readonly publicKey: PublicKey;
  /** `SHA256:<base64>` of the OpenSSH public key blob, as ssh-keygen -l prints it. */
  readonly fingerprint: string;
  readonly place: KeyPlace;
  /** RFC 3339, UTC. */
  readonly created: string;
  readonly current: boolean;
  /** One line of OpenSSH authorized_keys form: `ssh-ed25519 AAAA… comment`. */
  readonly openssh: string;
}

/** One line of an allowed_signers file. */
export interface TrustedSigner {
  readonly principals: readonly string[];
  readonly publicKey: PublicKey;
  readonly namespaces: readonly string[] | undefined;
  readonly validAfter: string | undefined;
  readonly validBefore: string | undefined;
  readonly comment: string;
  /** 1-based line it stands on. */
  readonly line: number;
}

export interface CreateOptions {
  /** Makes it the key that signs from now on; default false. */
  readonly current?: boolean;
  /** Comment of the OpenSSH line; default `bithub`. */
  readonly comment?: string;
}

/** The user's own keys for who only reads: nothing is made or written. */
export interface KeyReader {
  /** Oldest first. */
  list(): Promise<KeyInfo[]>;
  /**
   * The public key that signs here: that of `BIT_SIGNING_KEY`, else the current one; undefined before the first.
   *
   * @throws BitError `auth` where `BIT_SIGNING_KEY` can't be opened, `integrity`, `io`
   */
  current(): Promise<PublicKey | undefined>;
  /**
   * What signs with the current key, for who has to prove who asks; undefined before the first key.
   *
   * @throws BitError as {@link KeyRing.signer}
   */
  existingSigner(): Promise<Signer | undefined>;
  /**
   * What opens what was encrypted to a key of the list; undefined where that key isn't here.
   *
   * @throws BitError `auth` where it can't be opened, `integrity`, `io`
   */
  openerOf(publicKey: string): Promise<Opener | undefined>;
}

/** The user's own keys. Private halves never leave it. */
export interface KeyRing extends KeyReader {
  /**
   * The signer of the current key; at first use a key is made, the same one however many processes come first.
   *
   * @throws BitError `auth` (passphrase wrong or nobody to ask, key file open to others), `integrity` (the private key
   * is another's), `not-found` (the current key is gone), `io`
   */
  signer(): Promise<Signer>;
  /** The signer of any key of the list; undefined where it isn't here or can't be opened. */
  signerOf(publicKey: string): Promise<Signer | undefined>;
  create(options?: CreateOptions): Promise<KeyInfo>;
  /** Makes a new key and signs with it from now on. The old one stays in the list. */
  rotate(): Promise<KeyInfo>;
  /**
   * Signs with another key of the list from now on, named by its fingerprint, public key or the first 8 or more hex
   * digits of that.
   */
  use(fingerprint: string): Promise<KeyInfo>;
}
