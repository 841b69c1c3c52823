import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import { isPackageFile, type Package, packagesOf } from './packages.ts';

export interface ImageContents {
  /** `sha256:…` of the image's configuration, its id. */
  readonly id: string;
  /** `sha256:…` of its manifest as saved; a registry's differs where layers are compressed on the way. */
  readonly manifest: string;
  /** Bytes of the layers, as stored. */
  readonly size: number;
  readonly packages: readonly Package[];
  /** Where no package manager left a record: the files themselves. */
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
  /** What is in it and was not read. */
  readonly unread: readonly string[];
}

const MOST_JSON = 4 << 20;
const MOST_PACKAGE_FILE = 32 << 20;
const MOST_FILES = 5000;
const MOST_ENTRIES = 2_000_000;

/** What an image holds, from its OCI layout (image-spec 1.1) on disk. The image is hostile: names and sizes are bounded. */
export async function readContents(layout: string, signal: AbortSignal): Promise<ImageContents> {
  const { config, manifest, layers } = readManifest(layout);
  const tree = new Map<string, Kept>();
  const unread: string[] = [];
  let size = 0;
  for (const layer of layers) {
    size += statSync(layer.file).size;
    await applyLayer(layer, tree, unread, signal);
  }
  const texts = [...tree].flatMap(([path, { text }]) => (text === undefined ? [] : [[path, text] as const]));
  const packages = packagesOf(new Map(texts));
  const files =
    packages.length > 0
      ? []
      : [...tree]
          .map(([path, { sha256 }]) => ({ path, sha256 }))
          .sort((a, b) => (a.path < b.path ? -1 : 1))
          .slice(0, MOST_FILES);
  return { id: config, manifest, size, packages, files, unread };
}

interface Kept {
  readonly sha256: string;
  readonly text: string | undefined;
}

interface Layer {
  readonly file: string;
  readonly gzip: boolean;
}

interface Manifest {
  readonly manifest: string;
  readonly config: string;
  readonly layers: readonly Layer[];
}

function readManifest(layout: string): Manifest {
  const index = readJson(join(layout, 'index.json'));
  const descriptor = Array.isArray(index['manifests']) ? index['manifests'][0] : undefined;
  const digest = digestOf(descriptor);
  const manifest = readJson(blob(layout, digest));
  const layers = Array.isArray(manifest['layers']) ? manifest['layers'] : [];
  return {
    manifest: digest,
    config: digestOf(manifest['config']),
    layers: layers.map((layer) => {
      const type = isJsonObject(layer) ? String(layer['mediaType']) : '';
      if (/zstd/.test(type))
        throw new BitError('unsupported', 'a layer is compressed by zstd, which is not read yet');
      return { file: blob(layout, digestOf(layer)), gzip: /gzip/.test(type) };
    }),
  };
}

function digestOf(descriptor: Json | undefined): string {
  const digest = isJsonObject(descriptor) ? descriptor['digest'] : undefined;
  if (typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest)) return digest;
  throw new BitError('integrity', 'the engine wrote an image layout without digests');
}

function blob(layout: string, digest: string): string {
  return join(layout, 'blobs', 'sha256', digest.slice('sha256:'.length));
}

function readJson(file: string): JsonObject {
  if (statSync(file).size > MOST_JSON) throw new BitError('integrity', `${file} is too large for what it is`);
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isJsonObject(value)) throw new BitError('integrity', `${file} holds no object`);
  return value;
}

/** Later layers replace and remove what earlier ones had (image-spec, "Whiteouts"). */
async function applyLayer(
  layer: Layer,
  tree: Map<string, Kept>,
  unread: string[],
  signal: AbortSignal,
): Promise<void> {
  const { Parser } = await import('tar');
  const added = new Map<string, Kept>();
  const removed: string[] = [];
  const opaque: string[] = [];
  let entries = 0;
  const reading: Promise<void>[] = [];
  const parser = new Parser({ strict: true, maxDecompressionRatio: Number.POSITIVE_INFINITY });
  parser.on('entry', (entry) => {
    entries += 1;
    const path = clean(entry.path);
    const name = path.slice(path.lastIndexOf('/') + 1);
    const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    if (name === '.wh..wh..opq') opaque.push(folder);
    else if (name.startsWith('.wh.')) removed.push(`${folder}/${name.slice(4)}`.replace(/^\//, ''));
    if (
      entries > MOST_ENTRIES ||
      (entry.type !== 'File' && entry.type !== 'OldFile') ||
      name.startsWith('.wh.')
    )
      return entry.resume();
    const wanted = isPackageFile(path) && entry.size <= MOST_PACKAGE_FILE;
    if (isPackageFile(path) && !wanted) unread.push(path);
    const hash = createHash('sha256');
    const parts: Buffer[] = [];
    entry.on('data', (chunk: Buffer) => {
      hash.update(chunk);
      if (wanted) parts.push(Buffer.from(chunk));
    });
    reading.push(
      new Promise((done) =>
        entry.on('end', () => {
          const text = wanted ? Buffer.concat(parts).toString('utf8') : undefined;
          added.set(path, { sha256: hash.digest('hex'), text });
          done();
        }),
      ),
    );
  });
  const source = createReadStream(layer.file);
  const sink = parser as unknown as NodeJS.WritableStream;
  if (layer.gzip) await pipeline(source, createGunzip(), sink, { signal });
  else await pipeline(source, sink, { signal });
  await Promise.all(reading);
  if (entries > MOST_ENTRIES) throw new BitError('failed', `a layer has more than ${MOST_ENTRIES} files`);
  for (const path of tree.keys()) {
    const gone =
      removed.some((target) => path === target || path.startsWith(`${target}/`)) ||
      opaque.some((folder) => folder === '' || path.startsWith(`${folder}/`));
    if (gone) tree.delete(path);
  }
  for (const [path, kept] of added) tree.set(path, kept);
}

/** As it lies in the image: no leading `./` or `/`. */
function clean(path: string): string {
  return path.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '');
}
