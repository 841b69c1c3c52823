/** Streams over a driver that has the protocol's five methods alone: an object is held whole, and so bounded. */
import { Readable } from 'node:stream';
import { BitError, isBitError } from '../kernel/errors.ts';
import { isJsonObject } from '../kernel/json.ts';
import { printable, shorten } from '../kernel/text.ts';
import type {
  Expected,
  PutOptions,
  Range,
  StorageDriver,
  StorageFacts,
  Stored,
  StreamingDriver,
  Upload,
} from './driver.ts';
import { CHUNK_BYTES, checkExpected, compare, damaged, Measure } from './measure.ts';
import { uploadWhole } from './upload-whole.ts';
import { parsePrefix, parseUri } from './uri.ts';

/** Bytes of an object that is held whole. */
export const MOST_WHOLE = 256 * 1024 * 1024;
const MOST_LISTED = 100_000;

export interface WholeOptions {
  readonly scheme: string;
  /** What messages call it. */
  readonly name: string;
  /** Bytes of one object. */
  readonly most?: number;
  readonly close?: () => Promise<void>;
}

/**
 * A streaming driver of one that isn't bit's: URIs are checked before it sees them, what it answers is read as hostile,
 * and what it hands out is compared with the size and the digest it tells of.
 */
export function streamed(driver: StorageDriver, options: WholeOptions): StreamingDriver {
  return new WholeDriver(driver, options);
}

class WholeDriver implements StreamingDriver {
  readonly #driver: StorageDriver;
  readonly #options: WholeOptions;
  readonly #most: number;

  constructor(driver: StorageDriver, options: WholeOptions) {
    this.#driver = driver;
    this.#options = options;
    this.#most = options.most ?? MOST_WHOLE;
  }

  scheme(): string {
    return this.#options.scheme;
  }

  async read(uri: string): Promise<Uint8Array> {
    this.#check(uri);
    const told = await this.#told(uri);
    return this.#bytes(uri, told);
  }

  async write(uri: string, bytes: Uint8Array, meta?: Record<string, unknown>): Promise<void> {
    await this.put(uri, Readable.from([bytes]), meta === undefined ? {} : { meta });
  }

  async stat(uri: string): Promise<StorageFacts & { sha256: string }> {
    this.#check(uri);
    const { size, sha256 } = await this.#told(uri);
    if (sha256 !== undefined) return { size, sha256, chunks: 1 };
    const measure = new Measure();
    measure.add(await this.#bytes(uri, { size }));
    return { size, sha256: measure.sha256(), chunks: 1 };
  }

  async list(prefix: string): Promise<string[]> {
    const { scheme } = parsePrefix(prefix, [this.#options.scheme]);
    if (scheme !== this.#options.scheme) throw this.#notMine(prefix);
    const found: unknown = await this.#driver.list(prefix);
    if (!Array.isArray(found) || found.length > MOST_LISTED)
      throw this.#wrong('list', `no list of at most ${MOST_LISTED} URIs`);
    for (const uri of found as unknown[]) {
      if (typeof uri !== 'string' || !uri.startsWith(prefix))
        throw this.#wrong('list', `no URI of ${prefix}`);
      this.#check(uri);
    }
    return [...new Set(found as string[])].sort();
  }

  async open(uri: string, { offset = 0, length }: Range = {}): Promise<Readable> {
    const bytes = Buffer.from(await this.read(uri));
    const end = length === undefined ? bytes.length : Math.min(bytes.length, offset + length);
    const pieces: Buffer[] = [];
    for (let at = offset; at < end; at += CHUNK_BYTES)
      pieces.push(bytes.subarray(at, Math.min(end, at + CHUNK_BYTES)));
    return Readable.from(pieces);
  }

  async put(uri: string, from: Readable, options: PutOptions = {}): Promise<Stored> {
    this.#check(uri);
    if (options.size !== undefined) this.#bounded(uri, options.size);
    const measure = new Measure();
    const pieces: Uint8Array[] = [];
    for await (const piece of from) {
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : (piece as Uint8Array);
      measure.add(bytes);
      this.#bounded(uri, measure.size);
      pieces.push(bytes);
      options.signal?.throwIfAborted();
    }
    const got = { sha256: measure.sha256(), size: measure.size };
    compare(uri, got, options);
    await this.#driver.write(uri, Buffer.concat(pieces), { ...options.meta, ...got });
    const kept = await this.#told(uri);
    compare(uri, { ...got, ...kept }, got);
    return { uri, ...got, chunks: 1 };
  }

  async upload(uri: string, expected: Expected): Promise<Upload> {
    this.#check(uri);
    checkExpected(uri, expected);
    this.#bounded(uri, expected.size);
    return uploadWhole(this, uri, expected);
  }

  /** The five methods know no way to. */
  async remove(uri: string): Promise<boolean> {
    this.#check(uri);
    try {
      await this.#told(uri);
    } catch (error) {
      if (isBitError(error, 'not-found')) return false;
      throw error;
    }
    throw new BitError(
      'unsupported',
      `${uri} stays: ${this.#options.name} knows no way to remove what it keeps`,
      {
        details: { uri },
      },
    );
  }

  async close(): Promise<void> {
    await this.#options.close?.();
  }

  /** What it says of an object, in its shape. */
  async #told(uri: string): Promise<{ readonly size: number; readonly sha256?: string }> {
    const told: unknown = await this.#driver.stat(uri);
    const { size, sha256 } = isJsonObject(told) ? told : {};
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
      throw this.#wrong('stat', 'no size');
    if (sha256 === undefined || sha256 === null) return { size };
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) throw this.#wrong('stat', 'no SHA-256');
    return { size, sha256 };
  }

  async #bytes(uri: string, told: { readonly size: number; readonly sha256?: string }): Promise<Uint8Array> {
    this.#bounded(uri, told.size);
    const bytes: unknown = await this.#driver.read(uri);
    if (!(bytes instanceof Uint8Array)) throw this.#wrong('read', 'no bytes');
    this.#bounded(uri, bytes.length);
    if (bytes.length !== told.size)
      throw damaged(uri, `${bytes.length} bytes came where it tells of ${told.size}`);
    const measure = new Measure();
    measure.add(bytes);
    if (told.sha256 !== undefined && told.sha256 !== measure.sha256())
      throw damaged(uri, 'it has another SHA-256');
    return bytes;
  }

  #check(uri: string): void {
    if (parseUri(uri, [this.#options.scheme]).scheme !== this.#options.scheme) throw this.#notMine(uri);
  }

  #bounded(uri: string, size: number): void {
    if (size <= this.#most) return;
    throw new BitError(
      'unsupported',
      `${uri}: ${this.#options.name} is given objects of at most ${this.#most} bytes`,
      { details: { uri, size } },
    );
  }

  #notMine(uri: string): BitError {
    return new BitError('usage', `${printable(shorten(uri))} is not for ${this.#options.scheme}://`);
  }

  #wrong(method: string, what: string): BitError {
    return new BitError('remote', `${this.#options.name}: ${method} answered with ${what}`);
  }
}
