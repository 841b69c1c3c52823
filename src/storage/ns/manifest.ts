import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../kernel/digest.ts';
import { BitError, fromErrno } from '../../kernel/errors.ts';
import { writeFileAtomic } from '../../kernel/files.ts';
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { damaged, notThere } from '../measure.ts';
import type { StorageUri } from '../uri.ts';
import { manifestPath } from './layout.ts';

/** What stands under a name: the bytes in chunks. `self` is over the rest of it. */
export interface Manifest {
  readonly v: 1;
  readonly uri: string;
  readonly sha256: string;
  readonly size: number;
  readonly chunks: readonly Chunk[];
  readonly meta?: JsonObject;
}

export interface Chunk {
  readonly sha256: string;
  readonly size: number;
}

const MOST_BYTES = 64 * 1024 * 1024;
const MOST_META = 64 * 1024;

export function writeManifest(root: string, uri: StorageUri, manifest: Manifest): void {
  const json = manifest as unknown as JsonObject;
  writeFileAtomic(manifestPath(root, uri), `${JSON.stringify({ ...json, self: selfOf(json) })}\n`, {
    mode: 0o600,
  });
}

/** @throws BitError `not-found`, `integrity` */
export function readManifest(root: string, uri: StorageUri): Manifest {
  const manifest = readAt(manifestPath(root, uri), uri.text);
  if (manifest === undefined) throw notThere(uri.text);
  if (manifest.uri !== uri.text) throw damaged(uri.text, 'its manifest is that of another');
  return manifest;
}

/** URIs of the manifests below a root that begin with `prefix`; one that is damaged is named like the others. */
export function listManifests(root: string, prefix: string): string[] {
  const found: string[] = [];
  const walk = (directory: string): void => {
    for (const entry of entriesOf(directory)) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() && entry.name.startsWith('=') && !entry.name.endsWith('.tmp')) {
        const uri = readAt(path, path)?.uri;
        if (uri?.startsWith(prefix) === true) found.push(uri);
      }
    }
  };
  walk(join(root, 'names'));
  return found.sort();
}

/** Every chunk that some manifest names. */
export function chunksNamed(root: string): ReadonlySet<string> {
  const named = new Set<string>();
  const walk = (directory: string): void => {
    for (const entry of entriesOf(directory)) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() && entry.name.startsWith('='))
        for (const { sha256 } of readAt(path, path)?.chunks ?? []) named.add(sha256);
    }
  };
  walk(join(root, 'names'));
  return named;
}

export function entriesOf(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fromErrno(error, `cannot read ${directory}`);
  }
}

function readAt(path: string, named: string): Manifest | undefined {
  let text: string;
  try {
    if (statSync(path).size > MOST_BYTES) throw damaged(named, 'its manifest is too large');
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw fromErrno(error, `cannot read ${path}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(named, 'its manifest is no JSON');
  }
  if (!isManifest(value)) throw damaged(named, 'its manifest is none');
  const { self, ...rest } = value;
  if (selfOf(rest) !== self) throw damaged(named, 'its manifest was changed');
  return rest as unknown as Manifest;
}

function isManifest(value: unknown): value is JsonObject {
  if (!isJsonObject(value) || value['v'] !== 1 || typeof value['uri'] !== 'string') return false;
  const { chunks, size, meta } = value;
  if (!isDigest(value['sha256']) || !isSize(size) || !Array.isArray(chunks)) return false;
  if (meta !== undefined && !isJsonObject(meta)) return false;
  let sum = 0;
  for (const chunk of chunks) {
    if (!isJsonObject(chunk) || !isDigest(chunk['sha256']) || !isSize(chunk['size'])) return false;
    sum += chunk['size'];
  }
  return sum === size;
}

export function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

export function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function selfOf(rest: JsonObject): string {
  return sha256(canonicalJson(rest)).toString('hex');
}

/** @throws BitError `usage` for what is no JSON or more than 64 KiB of it */
export function metaOf(
  uri: string,
  meta: Readonly<Record<string, unknown>> | undefined,
): JsonObject | undefined {
  if (meta === undefined || Object.keys(meta).length === 0) return undefined;
  try {
    const text = canonicalJson(meta as Json);
    if (text.length <= MOST_META) return JSON.parse(text) as JsonObject;
  } catch {
    // no JSON
  }
  throw new BitError('usage', `${uri}: what goes with it is at most ${MOST_META} bytes of JSON`);
}
