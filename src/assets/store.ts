import { createHash, randomBytes } from 'node:crypto';
import {
  copyFileSync,
  createWriteStream,
  existsSync,
  linkSync,
  lstatSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fsyncDirectory, makeDirectory } from '../kernel/files.ts';
import type { Pointer } from './pointer.ts';

/** Where a repository keeps the bytes behind its pointers. */
export interface AssetPlace {
  /** `<state>/storage`. */
  readonly storage: string;
  /** Where git-lfs keeps them. */
  readonly lfs: string;
  /** For files being written; on the same disk as the storage. */
  readonly temporary: string;
}

/** `lfsStorage` is git's `lfs.storage`, relative to the git directory. */
export function assetPlace(stateDirectory: string, commonDir: string, lfsStorage?: string): AssetPlace {
  const set = lfsStorage === undefined || lfsStorage === '' ? 'lfs' : lfsStorage;
  return {
    storage: join(stateDirectory, 'storage'),
    lfs: isAbsolute(set) ? set : resolve(commonDir, set),
    temporary: join(stateDirectory, 'tmp'),
  };
}

function storedAt(place: AssetPlace, oid: string): string {
  return join(place.storage, 'media', 'sha256', oid.slice(0, 2), oid);
}

function lfsAt(place: AssetPlace, oid: string): string {
  return join(place.lfs, 'objects', oid.slice(0, 2), oid.slice(2, 4), oid);
}

/** File holding the content, or undefined where this clone hasn't it. */
export function assetPath(place: AssetPlace, oid: string): string | undefined {
  return [storedAt(place, oid), lfsAt(place, oid)].find((path) => existsSync(path));
}

/** Stores content under its digest, durably, in both places. The same content twice is stored once. */
export async function storeAsset(
  place: AssetPlace,
  content: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<Pointer> {
  makeDirectory(place.temporary);
  const temporary = join(place.temporary, `asset.${process.pid}.${randomBytes(6).toString('hex')}`);
  const hash = createHash('sha256');
  let size = 0;
  const measured = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  };
  try {
    const target = createWriteStream(temporary, { flags: 'wx', mode: 0o644 });
    await pipeline(
      Readable.from(measured(), { objectMode: false }),
      target,
      signal === undefined ? {} : { signal },
    );
    const oid = hash.digest('hex');
    if (size > 0) await putInPlace(place, oid, temporary);
    return { oid, size };
  } finally {
    rmSync(temporary, { force: true });
  }
}

async function putInPlace(place: AssetPlace, oid: string, temporary: string): Promise<void> {
  const stored = storedAt(place, oid);
  if (!existsSync(stored)) {
    const file = await open(temporary, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    makeDirectory(dirname(stored));
    renameSync(temporary, stored);
    fsyncDirectory(dirname(stored));
  }
  const lfs = lfsAt(place, oid);
  if (existsSync(lfs)) return;
  makeDirectory(dirname(lfs));
  try {
    linkSync(stored, lfs);
  } catch {
    // another disk, or one without hard links
    const copy = `${lfs}.${process.pid}.tmp`;
    copyFileSync(stored, copy);
    renameSync(copy, lfs);
  }
}

export interface StoredAsset {
  /** Relative to the storage, with `/`: `media/sha256/ab/ab…`. */
  readonly path: string;
  readonly file: string;
  readonly size: number;
}

/** What builds left, which can be made again: no part of what is archived. */
const BUILDS = 'binary/build';

/** Every file of the content store, in order. Links and special files are none of ours and passed over. */
export function listAssets(place: Pick<AssetPlace, 'storage'>): StoredAsset[] {
  const found: StoredAsset[] = [];
  const walk = (relative: string): void => {
    for (const entry of readdirSync(join(place.storage, relative), { withFileTypes: true })) {
      const path = relative === '' ? entry.name : `${relative}/${entry.name}`;
      const file = join(place.storage, path);
      if (path === BUILDS) continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) found.push({ path, file, size: lstatSync(file).size });
    }
  };
  if (existsSync(place.storage)) walk('');
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}
