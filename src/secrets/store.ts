import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BitError, fromErrno } from '../kernel/errors.ts';
import { fsyncDirectory, makeDirectory, readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { isJsonObject } from '../kernel/json.ts';
import {
  deleteSecret,
  getSecret,
  hasKeyStore,
  newPassphrase,
  passphraseFromFile,
  putSecret,
  readPrivateFile,
} from '../keys/index.ts';
import type { Reader } from '../operation/index.ts';
import { seal, unseal } from './seal.ts';

export type SecretPlace = 'os-key-store' | 'encrypted-file' | 'unencrypted-file';
export type SecretScope = 'repository' | 'user';

export interface SecretInfo {
  readonly name: string;
  readonly scope: SecretScope;
  readonly place: SecretPlace;
  /** RFC 3339. */
  readonly updated: string;
}

const RECORD = /^([A-Za-z_][A-Za-z0-9_]{0,127})\.json$/;
const PLACES: ReadonlySet<unknown> = new Set(['os-key-store', 'encrypted-file', 'unencrypted-file']);

/** The secrets of one scope: a record `NAME.json` each, the value beside it or in the OS key store. */
export class SecretStore {
  readonly #reader: Reader;
  readonly #directory: string;
  readonly scope: SecretScope;

  constructor(reader: Reader, scope: SecretScope) {
    this.#reader = reader;
    this.scope = scope;
    this.#directory = join(scope === 'user' ? reader.userDirectory : reader.stateDirectory, 'secrets');
  }

  /** By name. */
  list(): readonly SecretInfo[] {
    let files: string[];
    try {
      files = readdirSync(this.#directory);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw fromErrno(error, 'cannot read the secrets');
    }
    const names = files.flatMap((file) => RECORD.exec(file)?.[1] ?? []).sort();
    return names.flatMap((name) => this.find(name) ?? []);
  }

  find(name: string): SecretInfo | undefined {
    const text = readTextIfExists(this.#path(name, 'json'));
    if (text === undefined) return undefined;
    let record: unknown;
    try {
      record = JSON.parse(text);
    } catch {
      record = undefined;
    }
    if (!isJsonObject(record) || record['v'] !== 1 || !PLACES.has(record['place']))
      throw new BitError('integrity', `the record of secret ${name} is damaged`, {
        hint: `set it again: bit secret set ${name}`,
        details: { path: this.#path(name, 'json') },
      });
    return {
      name,
      scope: this.scope,
      place: record['place'] as SecretPlace,
      updated: String(record['updated']),
    };
  }

  async read(info: SecretInfo): Promise<string> {
    const { name, place } = info;
    if (place === 'unencrypted-file') return this.#present(readPrivateFile(this.#path(name, 'secret')), name);
    if (place === 'os-key-store') return this.#present(await getSecret(this.#account(name)), name);
    const passphrase =
      passphraseFromFile(this.#reader.env) ?? (await this.#ask(`Passphrase of secret ${name}`));
    return unseal(readFileSync(this.#path(name, 'age')), { passphrase, name });
  }

  /** The passphrase of a new value: asked for, or of the file named for it; undefined where it needs none or gets none. */
  async passphrase(name: string): Promise<string | undefined> {
    const { env, ask } = this.#reader;
    if (this.#useKeyStore()) return undefined;
    const question = ask.possible ? (text: string) => ask.text(text, { secret: true }) : undefined;
    return newPassphrase(env, question, `secret ${name}`);
  }

  async write(secret: {
    readonly name: string;
    readonly value: string;
    readonly passphrase: string | undefined;
  }): Promise<SecretInfo> {
    const { name } = secret;
    makeDirectory(this.#directory, 0o700);
    const before = this.find(name);
    const place = await this.#put(secret);
    const updated = this.#reader.now().toISOString();
    // until the record is there the old value stands
    writeFileAtomic(this.#path(name, 'json'), `${JSON.stringify({ v: 1, place, updated })}\n`, {
      mode: 0o600,
    });
    if (before !== undefined && before.place !== place) await this.#drop(name, before.place);
    return { name, scope: this.scope, place, updated };
  }

  async remove({ name, place }: SecretInfo): Promise<void> {
    rmSync(this.#path(name, 'json'), { force: true });
    fsyncDirectory(this.#directory);
    await this.#drop(name, place);
  }

  #useKeyStore(): boolean {
    const { env } = this.#reader;
    return env['BIT_KEYSTORE'] === 'os' || (env['BIT_KEYSTORE'] !== 'file' && hasKeyStore(env));
  }

  async #put({ name, value, passphrase }: Parameters<SecretStore['write']>[0]): Promise<SecretPlace> {
    if (this.#useKeyStore()) {
      try {
        await putSecret(this.#account(name), value);
        return 'os-key-store';
      } catch (error) {
        // a weaker store is no answer to somebody who has a better one that is locked
        throw new BitError('missing-tool', 'the operating system key store cannot be used', {
          hint: 'unlock it, install libsecret-1-0 and a key ring, or set BIT_KEYSTORE=file',
          cause: error,
        });
      }
    }
    if (passphrase === undefined) {
      writeFileAtomic(this.#path(name, 'secret'), value, { mode: 0o600 });
      return 'unencrypted-file';
    }
    writeFileAtomic(this.#path(name, 'age'), await seal(value, passphrase), { mode: 0o600 });
    return 'encrypted-file';
  }

  async #drop(name: string, place: SecretPlace): Promise<void> {
    if (place === 'os-key-store') await deleteSecret(this.#account(name));
    else rmSync(this.#path(name, place === 'encrypted-file' ? 'age' : 'secret'), { force: true });
  }

  async #ask(question: string): Promise<string> {
    const { ask } = this.#reader;
    if (ask.possible) return ask.text(question, { secret: true });
    throw new BitError('auth', `${question}: nobody can be asked`, {
      hint: 'name a file that holds it in BIT_PASSPHRASE_FILE',
    });
  }

  #present(value: string | undefined, name: string): string {
    if (value !== undefined) return value;
    throw new BitError('not-found', `the value of secret ${name} is gone`, {
      hint: `bit secret set ${name}`,
    });
  }

  #path(name: string, ending: 'json' | 'age' | 'secret'): string {
    return join(this.#directory, `${name}.${ending}`);
  }

  /** Repositories share one key store: each has an id of its own there. */
  #account(name: string): string {
    if (this.scope === 'user') return `secret/user/${name}`;
    const file = join(this.#directory, 'id');
    let id = readTextIfExists(file)?.trim();
    if (id === undefined || !/^[0-9a-f]{32}$/.test(id)) {
      id = randomBytes(16).toString('hex');
      writeFileAtomic(file, `${id}\n`, { mode: 0o600 });
    }
    return `secret/${id}/${name}`;
  }
}
