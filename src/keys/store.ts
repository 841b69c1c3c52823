import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  linkSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { exportPublicKey } from '../kernel/ed25519.ts';
import { BitError, fromErrno } from '../kernel/errors.ts';
import { fsyncDirectory, makeDirectory, readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { KeyInfo, KeyPlace, PublicKey } from './index.ts';
import { fingerprintOf, opensshLine } from './openssh.ts';

/** A key's public part, `<hex>.json`; the private one is `<hex>.pem` beside it or in the OS key store. */
export interface KeyRecord {
  /** The public key's 64 hex digits, which name its files. */
  readonly id: string;
  readonly place: Exclude<KeyPlace, 'environment'>;
  readonly created: string;
  readonly comment: string;
}

const ID = /^[0-9a-f]{64}$/;
const PLACES: ReadonlySet<unknown> = new Set(['os-key-store', 'encrypted-file', 'unencrypted-file']);

export function publicKeyOf(id: string): PublicKey {
  return `ed25519:${id}`;
}

export function keyInfo(record: KeyRecord, current: boolean): KeyInfo {
  const publicKey = publicKeyOf(record.id);
  return {
    publicKey,
    fingerprint: fingerprintOf(publicKey),
    place: record.place,
    created: record.created,
    current,
    openssh: opensshLine(publicKey, record.comment),
  };
}

/** The directory of keys: 0700, every file 0600 and replaced whole. */
export class KeyDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  pemPath(id: string): string {
    return join(this.path, `${id}.pem`);
  }

  /** Makes the directory; one that others can write to is refused, for they could put a key of theirs there. */
  prepare(): void {
    try {
      makeDirectory(this.path, 0o700);
      if (process.platform === 'win32') return;
      const { mode, uid } = statSync(this.path);
      if (uid === process.getuid?.() && (mode & 0o077) !== 0) chmodSync(this.path, 0o700);
    } catch (error) {
      throw fromErrno(error, 'cannot make the key directory');
    }
  }

  /** Id of the current key; undefined before the first. */
  current(): string | undefined {
    const text = this.#read('current')?.trim();
    if (text === undefined) return undefined;
    if (ID.test(text)) return text;
    throw this.#damaged('current');
  }

  setCurrent(id: string): void {
    this.#write('current', `${id}\n`);
  }

  /** Makes `id` current unless there is a current key; false where another process was first. */
  claimCurrent(id: string): boolean {
    const path = join(this.path, 'current');
    const temporary = join(this.path, `current.${id}.tmp`);
    writeFileSync(temporary, `${id}\n`, { mode: 0o600, flush: true });
    try {
      linkSync(temporary, path);
      fsyncDirectory(this.path);
      return true;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EEXIST') return false;
      // A file system without hard links: exclusive creation is as atomic between processes, if not across a crash.
      return claimByCreation(path, id);
    } finally {
      unlinkSync(temporary);
    }
  }

  read(id: string): KeyRecord | undefined {
    const text = this.#read(`${id}.json`);
    if (text === undefined) return undefined;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw this.#damaged(`${id}.json`);
    }
    if (!isJsonObject(value)) throw this.#damaged(`${id}.json`);
    const { v, public_key: publicKey, place, created, comment } = value;
    const holds =
      v === 1 &&
      publicKey === publicKeyOf(id) &&
      PLACES.has(place) &&
      typeof created === 'string' &&
      typeof comment === 'string';
    if (!holds) throw this.#damaged(`${id}.json`);
    return { id, place: place as KeyRecord['place'], created, comment };
  }

  write(record: KeyRecord): void {
    const { id, place, created, comment } = record;
    const document = { v: 1, public_key: publicKeyOf(id), place, created, comment };
    this.#write(`${id}.json`, `${JSON.stringify(document)}\n`);
  }

  writePem(id: string, pem: string): void {
    this.#write(`${id}.pem`, pem);
  }

  remove(id: string): void {
    for (const name of [`${id}.json`, `${id}.pem`]) rmSync(join(this.path, name), { force: true });
  }

  /** All keys, oldest first. */
  list(): KeyRecord[] {
    let names: string[];
    try {
      names = readdirSync(this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw fromErrno(error, 'cannot read the key directory');
    }
    return names
      .filter((name) => name.endsWith('.json') && ID.test(name.slice(0, -5)))
      .map((name) => this.read(name.slice(0, -5)))
      .filter((record) => record !== undefined)
      .sort((a, b) => (a.created === b.created ? (a.id < b.id ? -1 : 1) : a.created < b.created ? -1 : 1));
  }

  #read(name: string): string | undefined {
    try {
      return readTextIfExists(join(this.path, name));
    } catch (error) {
      throw fromErrno(error, 'cannot read the key directory');
    }
  }

  #write(name: string, text: string): void {
    try {
      writeFileAtomic(join(this.path, name), text, { mode: 0o600 });
    } catch (error) {
      throw fromErrno(error, 'cannot write to the key directory');
    }
  }

  #damaged(name: string): BitError {
    const path = join(this.path, name);
    return new BitError('integrity', `a file of the key directory is damaged: ${path}`, {
      hint: 'restore it from a backup, or move it away',
      details: { path },
    });
  }
}

function claimByCreation(path: string, id: string): boolean {
  try {
    const file = openSync(path, 'wx', 0o600);
    try {
      writeFileSync(file, `${id}\n`, { flush: true });
    } finally {
      closeSync(file);
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw fromErrno(error, 'cannot write to the key directory');
  }
}

export function generate(): { readonly id: string; readonly privateKey: KeyObject } {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { id: exportPublicKey(privateKey).slice(8), privateKey };
}

/** PKCS #8 in PEM, encrypted (PBES2, AES-256-CBC) where there is a passphrase. */
export function toPem(privateKey: KeyObject, passphrase: string | undefined): string {
  const encryption = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
  return privateKey.export({ format: 'pem', type: 'pkcs8', ...encryption }).toString();
}

/** PKCS #8 of an Ed25519 key (RFC 8410) as {@link toPem} writes it unencrypted, up to the 32-byte seed. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const PLAIN_PEM = /^-----BEGIN PRIVATE KEY-----\r?\n([A-Za-z0-9+/]{64})\r?\n-----END PRIVATE KEY-----\s*$/;

/** The Ed25519 private key of a PEM text; undefined where it is none or the passphrase is wrong. */
export function fromPem(pem: string, passphrase?: string): KeyObject | undefined {
  try {
    const key =
      fromPlainPem(pem) ?? createPrivateKey({ key: pem, format: 'pem', passphrase: passphrase ?? '' });
    return key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    // OpenSSL's errors say nothing a person could use, and the text must not travel with them.
    return undefined;
  }
}

/** The usual case without OpenSSL's decoders, which take a millisecond to set up in a fresh process. */
function fromPlainPem(pem: string): KeyObject | undefined {
  const der = Buffer.from(PLAIN_PEM.exec(pem)?.[1] ?? '', 'base64');
  if (der.length !== 48 || !der.subarray(0, 16).equals(PKCS8_PREFIX)) return undefined;
  const d = der.subarray(16).toString('base64url');
  // Node derives the public half from `d`; `x` must be there and isn't used.
  const x = Buffer.alloc(32).toString('base64url');
  return createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d, x }, format: 'jwk' });
}
