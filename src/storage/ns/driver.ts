import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { BitError, fromErrno } from '../../kernel/errors.ts';
import type { Expected, PutOptions, Range, Stored, StreamingDriver, Upload } from '../driver.ts';
import { chunksOf, compare, damaged, Measure } from '../measure.ts';
import { parsePrefix, parseUri, type StorageUri } from '../uri.ts';
import { keepChunk, readChunks } from './chunks.ts';
import { manifestPath } from './layout.ts';
import {
  type Chunk,
  chunksNamed,
  entriesOf,
  isDigest,
  listManifests,
  type Manifest,
  metaOf,
  readManifest,
  writeManifest,
} from './manifest.ts';
import { NsUpload } from './upload.ts';

export interface NsOptions {
  /** Absolute folders; the first one is written, all are read. */
  readonly roots: readonly string[];
}

/** How long a chunk that no manifest names is left for who may be about to write one. */
const GRACE_MS = 24 * 60 * 60 * 1000;

/** `aln+ns://<root>/<path>`: on disk by digest, in chunks; a byte that turned, or was turned, is found when read. */
export class NsDriver implements StreamingDriver {
  readonly #roots: readonly string[];
  readonly #root: string;

  constructor({ roots }: NsOptions) {
    const [first] = roots;
    if (first === undefined) throw new BitError('usage', 'storage aln+ns has no root');
    this.#root = first;
    this.#roots = roots;
  }

  scheme(): string {
    return 'aln+ns';
  }

  async read(uri: string): Promise<Uint8Array> {
    return buffer(await this.open(uri));
  }

  async write(uri: string, bytes: Uint8Array, meta?: Record<string, unknown>): Promise<void> {
    await this.put(uri, Readable.from([bytes]), meta === undefined ? {} : { meta });
  }

  async stat(uri: string) {
    const { manifest } = this.#find(parse(uri));
    const { size, sha256, chunks, meta } = manifest;
    return { size, sha256, chunks: chunks.length, ...(meta === undefined ? {} : { meta: { ...meta } }) };
  }

  async list(prefix: string): Promise<string[]> {
    if (parsePrefix(prefix).scheme !== 'aln+ns') throw foreign(prefix);
    return [...new Set(this.#roots.flatMap((root) => listManifests(root, prefix)))].sort();
  }

  async open(uri: string, { offset = 0, length = Number.MAX_SAFE_INTEGER }: Range = {}): Promise<Readable> {
    const { root, manifest } = this.#find(parse(uri));
    const whole = offset === 0 && length >= manifest.size;
    const bytes = readChunks(root, manifest, offset, length);
    return Readable.from(whole ? checked(manifest, bytes) : bytes, { objectMode: false });
  }

  async put(uri: string, from: Readable, options: PutOptions = {}): Promise<Stored> {
    const parsed = parse(uri);
    const meta = metaOf(uri, options.meta);
    const measure = new Measure();
    const chunks: Chunk[] = [];
    for await (const chunk of chunksOf(from)) {
      options.signal?.throwIfAborted();
      measure.add(chunk);
      if (options.size !== undefined && measure.size > options.size) break;
      chunks.push(await keepChunk(this.#root, chunk));
    }
    const { size } = measure;
    const sha256 = measure.sha256();
    compare(uri, { sha256, size }, options);
    writeManifest(this.#root, parsed, {
      ...{ v: 1, uri, sha256, size, chunks },
      ...(meta === undefined ? {} : { meta }),
    });
    return { uri, sha256, size, chunks: chunks.length };
  }

  async upload(uri: string, expected: Expected): Promise<Upload> {
    return NsUpload.begin(this.#root, parse(uri), expected);
  }

  async remove(uri: string): Promise<boolean> {
    const parsed = parse(uri);
    let removed = false;
    for (const root of this.#roots) {
      const path = manifestPath(root, parsed);
      if (statSync(path, { throwIfNoEntry: false }) === undefined) continue;
      try {
        rmSync(path);
        removed = true;
      } catch (error) {
        throw fromErrno(error, `cannot remove ${uri}`);
      }
    }
    return removed;
  }

  /** Takes away chunks that no manifest names for a day; how many. */
  sweep(now: Date, grace = GRACE_MS): number {
    const named = chunksNamed(this.#root);
    const top = join(this.#root, 'chunks', 'sha256');
    let swept = 0;
    for (const folder of entriesOf(top)) {
      for (const { name } of entriesOf(join(top, folder.name))) {
        const path = join(top, folder.name, name);
        const facts = statSync(path, { throwIfNoEntry: false });
        if (facts === undefined || now.getTime() - facts.mtimeMs < grace) continue;
        if (isDigest(name) && named.has(name)) continue;
        rmSync(path, { force: true });
        swept++;
      }
    }
    return swept;
  }

  async close(): Promise<void> {}

  #find(uri: StorageUri): { readonly root: string; readonly manifest: Manifest } {
    let missing: unknown;
    for (const root of this.#roots) {
      try {
        return { root, manifest: readManifest(root, uri) };
      } catch (error) {
        if (!(error instanceof BitError) || error.code !== 'not-found') throw error;
        missing = error;
      }
    }
    throw missing;
  }
}

/** Also the whole must be what its manifest says: chunks could be true and in another order. */
async function* checked(manifest: Manifest, bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const measure = new Measure();
  for await (const chunk of bytes) {
    measure.add(chunk);
    yield chunk;
  }
  if (measure.sha256() !== manifest.sha256) throw damaged(manifest.uri, 'its chunks make another whole');
}

function parse(text: string): StorageUri {
  const uri = parseUri(text);
  if (uri.scheme !== 'aln+ns') throw foreign(text);
  return uri;
}

function foreign(uri: string): BitError {
  return new BitError('usage', `${uri} is none of aln+ns://`, { details: { uri } });
}
