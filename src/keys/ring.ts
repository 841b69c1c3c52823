import { type KeyObject, sign } from 'node:crypto';
import { exportPublicKey } from '../kernel/ed25519.ts';
import { BitError } from '../kernel/errors.ts';
import { shorten } from '../kernel/text.ts';
import { type Opener, openerOf } from './agreement.ts';
import type { CreateOptions, KeyInfo, KeyReader, KeyRing, PublicKey, Signer } from './index.ts';
import { deleteSecret, type Environment, getSecret, hasKeyStore, putSecret } from './key-store.ts';
import { type Ask, newPassphrase, passphraseFromFile } from './passphrase.ts';
import { readPrivateFile } from './private-file.ts';
import { fromPem, generate, KeyDirectory, type KeyRecord, keyInfo, publicKeyOf, toPem } from './store.ts';

export interface KeyRingOptions {
  /** Where public parts, files and the choice of the current key are kept. */
  readonly directory: string;
  /** `BIT_KEYSTORE` (`os` or `file` forces the store of new keys), `BIT_PASSPHRASE_FILE`, `BIT_SIGNING_KEY`. */
  readonly env: Environment;
  /** Asks for a passphrase without echo; absent where nobody can be asked. */
  readonly ask?: Ask;
  /** One line to a person. */
  readonly notice?: (line: string) => void;
}

/** Tries before a typed passphrase counts as wrong. */
const TRIES = 3;

/** The user's keys in `directory`; nothing is read or written before the first call. */
export function openKeys(options: KeyRingOptions): KeyRing {
  return new DirectoryKeyRing(options);
}

/** The reading half of a ring, and nothing behind it that could be cast to more. */
export function readingOnly(ring: () => KeyRing): KeyReader {
  return {
    list: () => ring().list(),
    current: () => ring().current(),
    existingSigner: () => ring().existingSigner(),
    openerOf: (publicKey) => ring().openerOf(publicKey),
  };
}

class DirectoryKeyRing implements KeyRing {
  readonly #options: KeyRingOptions;
  readonly #directory: KeyDirectory;
  #signer: Promise<Signer> | undefined;

  constructor(options: KeyRingOptions) {
    this.#options = options;
    this.#directory = new KeyDirectory(options.directory);
  }

  signer(): Promise<Signer> {
    this.#signer ??= this.#open().catch((error: unknown) => {
      this.#signer = undefined;
      throw error;
    });
    return this.#signer;
  }

  async existingSigner(): Promise<Signer | undefined> {
    return (await this.current()) === undefined ? undefined : this.signer();
  }

  async signerOf(publicKey: string): Promise<Signer | undefined> {
    const record = this.#directory.list().find(({ id }) => publicKeyOf(id) === publicKey);
    if (record === undefined) return undefined;
    try {
      return signerOf(await this.#load(record.id), publicKeyOf(record.id));
    } catch (error) {
      if (error instanceof BitError) return undefined;
      throw error;
    }
  }

  async openerOf(publicKey: string): Promise<Opener | undefined> {
    const { BIT_SIGNING_KEY: given } = this.#options.env;
    if (given !== undefined && given !== '') {
      const key = this.#fromEnvironment(given);
      const own = exportPublicKey(key);
      if (own === publicKey) return openerOf(key, own);
    }
    const record = this.#directory.list().find(({ id }) => publicKeyOf(id) === publicKey);
    return record === undefined ? undefined : openerOf(await this.#load(record.id), publicKeyOf(record.id));
  }

  async list(): Promise<KeyInfo[]> {
    const current = this.#directory.current();
    return this.#directory.list().map((record) => keyInfo(record, record.id === current));
  }

  async current(): Promise<PublicKey | undefined> {
    const { BIT_SIGNING_KEY: given } = this.#options.env;
    if (given !== undefined && given !== '') return signerOf(this.#fromEnvironment(given)).publicKey;
    const id = this.#directory.current();
    return id === undefined ? undefined : publicKeyOf(id);
  }

  async create(options: CreateOptions = {}): Promise<KeyInfo> {
    const { record } = await this.#make(options.comment);
    const first = this.#directory.claimCurrent(record.id);
    if (!first && options.current === true) this.#directory.setCurrent(record.id);
    this.#say(record);
    this.#signer = undefined;
    return keyInfo(record, first || options.current === true);
  }

  rotate(): Promise<KeyInfo> {
    return this.create({ current: true });
  }

  async use(fingerprint: string): Promise<KeyInfo> {
    const matching = this.#directory.list().filter((record) => {
      const info = keyInfo(record, false);
      const prefix = /^[0-9a-f]{8,64}$/.test(fingerprint) && record.id.startsWith(fingerprint);
      return prefix || info.fingerprint === fingerprint || info.publicKey === fingerprint;
    });
    const [record] = matching;
    if (record === undefined || matching.length > 1) {
      const found = record === undefined ? 'no key has' : 'several keys have';
      throw new BitError('not-found', `${found} the fingerprint ${shorten(fingerprint)}`, {
        hint: 'see `bit key show` for the keys there are',
      });
    }
    this.#directory.setCurrent(record.id);
    this.#signer = undefined;
    return keyInfo(record, true);
  }

  async #open(): Promise<Signer> {
    const { BIT_SIGNING_KEY: given } = this.#options.env;
    if (given !== undefined && given !== '') return signerOf(this.#fromEnvironment(given));
    const id = this.#directory.current();
    if (id !== undefined) return signerOf(await this.#load(id), publicKeyOf(id));
    const made = await this.#make();
    if (this.#directory.claimCurrent(made.record.id)) {
      this.#say(made.record);
      return signerOf(made.privateKey);
    }
    await this.#discard(made.record);
    const winner = this.#directory.current();
    if (winner === undefined) throw this.#gone(made.record.id);
    return signerOf(await this.#load(winner), publicKeyOf(winner));
  }

  /** A key a CI system hands over: PKCS #8 PEM, possibly encrypted. Nothing of it is stored. */
  #fromEnvironment(pem: string): KeyObject {
    const key = fromPem(pem.replaceAll('\\n', '\n'), passphraseFromFile(this.#options.env));
    if (key !== undefined) return key;
    throw new BitError('auth', 'BIT_SIGNING_KEY is not an Ed25519 private key that can be opened', {
      hint: 'give it as PKCS #8 PEM (`openssl genpkey -algorithm ed25519`), and BIT_PASSPHRASE_FILE if it is encrypted',
    });
  }

  async #load(id: string): Promise<KeyObject> {
    const record = this.#directory.read(id);
    if (record === undefined) throw this.#gone(id);
    const key = await this.#unlock(record);
    if (exportPublicKey(key) === publicKeyOf(id)) return key;
    throw new BitError('integrity', `the private key kept for ${publicKeyOf(id)} is another one`, {
      hint: 'choose another key with `bit key use`',
      details: { public_key: publicKeyOf(id), place: record.place },
    });
  }

  async #unlock(record: KeyRecord): Promise<KeyObject> {
    const pem =
      record.place === 'os-key-store' ? await this.#fromKeyStore(record.id) : this.#fromFile(record.id);
    if (record.place === 'encrypted-file') return this.#decrypt(record, pem);
    const key = fromPem(pem);
    if (key === undefined) throw unreadable(record);
    return key;
  }

  #fromFile(id: string): string {
    const pem = readPrivateFile(this.#directory.pemPath(id));
    if (pem === undefined) throw this.#gone(id);
    return pem;
  }

  async #fromKeyStore(id: string): Promise<string> {
    let pem: string | undefined;
    try {
      pem = await getSecret(id);
    } catch (error) {
      throw new BitError(
        'auth',
        'the operating system key store that holds the signing key cannot be reached',
        {
          hint: 'unlock it or log in to a desktop session, or choose another key with `bit key use`',
          cause: error,
          details: { public_key: publicKeyOf(id) },
        },
      );
    }
    if (pem === undefined) throw this.#gone(id);
    return pem;
  }

  async #decrypt(record: KeyRecord, pem: string): Promise<KeyObject> {
    const { env, ask } = this.#options;
    const given = passphraseFromFile(env);
    const tries = given === undefined ? TRIES : 1;
    for (let i = 0; i < tries; i++) {
      const passphrase = given ?? (await ask?.('Passphrase of the signing key'));
      if (passphrase === undefined) {
        throw new BitError(
          'auth',
          'the signing key is encrypted and nobody can be asked for its passphrase',
          {
            hint: 'name a file that holds it in BIT_PASSPHRASE_FILE',
            details: { public_key: publicKeyOf(record.id) },
          },
        );
      }
      const key = fromPem(pem, passphrase);
      if (key !== undefined) return key;
    }
    throw new BitError('auth', 'the passphrase does not open the signing key', {
      details: { public_key: publicKeyOf(record.id) },
    });
  }

  /** Generates a key and stores it durably, the private half first; it isn't current yet. */
  async #make(comment = 'bithub'): Promise<{ record: KeyRecord; privateKey: KeyObject }> {
    this.#directory.prepare();
    const { id, privateKey } = generate();
    const place = await this.#keep(id, privateKey);
    // keys are told by their age: two of one millisecond are one after the other, whatever they are called
    const newest = Date.parse(this.#directory.list().at(-1)?.created ?? '');
    const now = Date.now();
    const created = new Date(newest >= now && newest < now + 1000 ? newest + 1 : now).toISOString();
    const record = { id, place, created, comment };
    this.#directory.write(record);
    return { record, privateKey };
  }

  async #keep(id: string, privateKey: KeyObject): Promise<KeyRecord['place']> {
    const { env, ask, notice } = this.#options;
    const wanted = env.BIT_KEYSTORE;
    if (wanted !== undefined && wanted !== '' && wanted !== 'os' && wanted !== 'file') {
      throw new BitError('usage', `BIT_KEYSTORE is ${shorten(wanted)}`, { hint: 'set it to os or file' });
    }
    if (wanted === 'os' || (wanted !== 'file' && hasKeyStore(env))) {
      try {
        await putSecret(id, toPem(privateKey, undefined));
        return 'os-key-store';
      } catch (error) {
        // Asked for by name, a weaker store is no answer.
        if (wanted === 'os') {
          throw new BitError('missing-tool', 'the operating system key store cannot be used', {
            hint: 'unlock it, install libsecret-1-0 and a key ring, or set BIT_KEYSTORE=file',
            cause: error,
          });
        }
        notice?.('The operating system key store cannot be used; the signing key goes to a file.');
      }
    }
    const passphrase = await newPassphrase(env, ask, 'the new signing key');
    this.#directory.writePem(id, toPem(privateKey, passphrase));
    return passphrase === undefined ? 'unencrypted-file' : 'encrypted-file';
  }

  /** Takes back a key another process was faster with. */
  async #discard(record: KeyRecord): Promise<void> {
    this.#directory.remove(record.id);
    if (record.place === 'os-key-store') await deleteSecret(record.id).catch(() => undefined);
  }

  #say(record: KeyRecord): void {
    if (record.place !== 'unencrypted-file') return;
    this.#options.notice?.(
      `Made a signing key in an unencrypted file: ${this.#directory.pemPath(record.id)}`,
    );
  }

  #gone(id: string): BitError {
    return new BitError('not-found', `the private key of ${publicKeyOf(id)} is gone`, {
      hint: 'restore it, choose another with `bit key use`, or make one with `bit key rotate`',
      details: { public_key: publicKeyOf(id) },
    });
  }
}

function unreadable(record: KeyRecord): BitError {
  return new BitError('integrity', `the private key kept for ${publicKeyOf(record.id)} cannot be read`, {
    hint: 'restore it, or make another with `bit key rotate`',
    details: { public_key: publicKeyOf(record.id), place: record.place },
  });
}

/** `publicKey`: its public half, where that is known; working it out loads a good part of `node:crypto`. */
function signerOf(privateKey: KeyObject, publicKey = exportPublicKey(privateKey)): Signer {
  return { publicKey, sign: (message) => sign(null, message, privateKey) };
}
