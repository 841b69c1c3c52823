import { randomBytes } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  lstatSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { digestOf } from '../../kernel/content-store.ts';
import { BitError, fromErrno } from '../../kernel/errors.ts';
import { makeDirectory } from '../../kernel/files.ts';
import type {
  Expected,
  PutOptions,
  Range,
  StorageFacts,
  Stored,
  StreamingDriver,
  Upload,
} from '../driver.ts';
import { checkExpected, compare, Measure, notThere } from '../measure.ts';
import { uploadWhole } from '../upload-whole.ts';
import { parsePrefix, parseUri } from '../uri.ts';

export interface FileOptions {
  /** Absolute; nothing outside of it is read or written, whatever links say. */
  readonly root: string;
}

/** `file:///<absolute path>`, for development: plain files below one folder, with no digest but the one read anew. */
export class FileDriver implements StreamingDriver {
  readonly #root: string;

  constructor({ root }: FileOptions) {
    makeDirectory(root);
    this.#root = realpathSync(root);
  }

  scheme(): string {
    return 'file';
  }

  async read(uri: string): Promise<Uint8Array> {
    return buffer(await this.open(uri));
  }

  async write(uri: string, bytes: Uint8Array, meta?: Record<string, unknown>): Promise<void> {
    await this.put(uri, Readable.from([bytes]), meta === undefined ? {} : { meta });
  }

  async stat(uri: string): Promise<StorageFacts> {
    const path = this.#existing(uri);
    return { ...digestOf(path), chunks: 1 };
  }

  async list(prefix: string): Promise<string[]> {
    if (parsePrefix(prefix).scheme !== 'file') throw outside(prefix);
    const found: string[] = [];
    const walk = (directory: string): void => {
      for (const entry of readdirSync(directory, { withFileTypes: true })) {
        const path = join(directory, entry.name);
        if (entry.isDirectory()) walk(path);
        else if (entry.isFile() && `file://${path}`.startsWith(prefix)) found.push(`file://${path}`);
      }
    };
    walk(this.#root);
    return found.sort();
  }

  async open(uri: string, { offset = 0, length }: Range = {}): Promise<Readable> {
    const path = this.#existing(uri);
    if (length === 0) return Readable.from([]);
    return createReadStream(path, {
      start: offset,
      ...(length === undefined ? {} : { end: offset + length - 1 }),
    });
  }

  async put(uri: string, from: Readable, options: PutOptions = {}): Promise<Stored> {
    const path = this.#path(uri);
    makeDirectory(dirname(path));
    this.#inside(dirname(path), uri);
    const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
    const measure = new Measure();
    try {
      const counted = async function* (source: AsyncIterable<Buffer>) {
        for await (const piece of source) {
          measure.add(piece);
          yield piece;
        }
      };
      const to = createWriteStream(temporary, { flags: 'wx', mode: 0o600, flush: true });
      await pipeline(from, counted, to, options.signal === undefined ? {} : { signal: options.signal });
      const got = { sha256: measure.sha256(), size: measure.size };
      compare(uri, got, options);
      renameSync(temporary, path);
      return { uri, ...got, chunks: 1 };
    } catch (error) {
      rmSync(temporary, { force: true });
      throw fromErrno(error, `cannot write ${path}`);
    }
  }

  async upload(uri: string, expected: Expected): Promise<Upload> {
    checkExpected(uri, expected);
    return uploadWhole(this, uri, expected);
  }

  async remove(uri: string): Promise<boolean> {
    try {
      rmSync(this.#existing(uri));
      return true;
    } catch (error) {
      if (error instanceof BitError && error.code === 'not-found') return false;
      throw error;
    }
  }

  async close(): Promise<void> {}

  #existing(uri: string): string {
    const path = this.#path(uri);
    const facts = lstatSync(path, { throwIfNoEntry: false });
    if (facts === undefined) throw notThere(uri);
    this.#inside(path, uri);
    if (!facts.isFile()) throw outside(uri);
    return path;
  }

  #path(uri: string): string {
    const { scheme, segments } = parseUri(uri);
    const path = join(sep, ...segments);
    if (scheme !== 'file' || !isBelow(this.#root, path)) throw outside(uri);
    return path;
  }

  /** A link on the way must not lead out. */
  #inside(path: string, uri: string): void {
    const real = realpathSync(path);
    if (real !== this.#root && !isBelow(this.#root, real)) throw outside(uri);
  }
}

function isBelow(root: string, path: string): boolean {
  const from = relative(root, path);
  return from !== '' && from !== '..' && !from.startsWith(`..${sep}`);
}

function outside(uri: string): BitError {
  return new BitError('usage', `${uri} is no file below the folder that file:// is for`, {
    details: { uri },
  });
}
