import { createHash } from 'node:crypto';
import { readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ContentStore,
  dropContent,
  listContents,
  putBytes,
  readContent,
} from '../kernel/content-store.ts';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory, readTextIfExists } from '../kernel/files.ts';
import { isJsonObject } from '../kernel/json.ts';
import { type Files, filesFrom, filesJson } from './files.ts';

const VERSION = 1;
const MOST_ENTRY_BYTES = 64 << 20;
/** Builds that can be rolled back whatever the cache's bound is. */
export const KEPT_ROLLBACKS = 10;

/** What a target left, under the key of all it was made from. */
export interface CacheEntry {
  readonly id: string;
  readonly key: string;
  readonly outputs: Files;
  /** Digest of its output's text. */
  readonly log: string;
  readonly milliseconds: number;
  /** When it was last of use, as far as that was noted. */
  readonly used: Date;
}

export interface BuildCache {
  readonly store: ContentStore;
  readonly directory: string;
}

export function openCache(stateDirectory: string): BuildCache {
  return {
    // apart from what assets and artifacts keep: what a build left can be thrown away at any time
    store: { directory: join(stateDirectory, 'storage', 'binary', 'build') },
    directory: join(stateDirectory, 'build'),
  };
}

function entryPath({ directory }: BuildCache, key: string): string {
  return join(directory, 'entries', key.slice(0, 2), `${key}.json`);
}

/** Undefined where there is none, or none that is whole: that one is thrown away. */
export function readEntry(cache: BuildCache, key: string): CacheEntry | undefined {
  const path = entryPath(cache, key);
  const text = readBounded(path);
  if (text === undefined) return undefined;
  try {
    const sum = text.slice(0, 64);
    const body = text.slice(65);
    const whole = createHash('sha256').update(body).digest('hex') === sum;
    const value: unknown = whole ? JSON.parse(body) : undefined;
    if (isJsonObject(value) && value['v'] === VERSION && value['key'] === key) {
      return {
        id: String(value['id']),
        key,
        outputs: filesFrom(value['outputs']),
        log: String(value['log']),
        milliseconds: Number(value['milliseconds']),
        used: statSync(path).mtime,
      };
    }
  } catch {
    // an entry that can't be read is none
  }
  rmSync(path, { force: true });
  return undefined;
}

export function writeEntry(cache: BuildCache, entry: Omit<CacheEntry, 'used'>): void {
  const { id, key, log, milliseconds } = entry;
  const body = JSON.stringify({ v: VERSION, id, key, outputs: filesJson(entry.outputs), log, milliseconds });
  const path = entryPath(cache, key);
  makeDirectory(join(path, '..'));
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${createHash('sha256').update(body).digest('hex')}\n${body}`, { mode: 0o600 });
  renameSync(temporary, path);
}

export function dropEntry(cache: BuildCache, key: string): void {
  rmSync(entryPath(cache, key), { force: true });
}

/** It was of use, which is noted by the hour: prune takes what was not for longest. */
export function touchEntry(cache: BuildCache, { key, used }: CacheEntry, now: Date): void {
  if (now.getTime() - used.getTime() < 3_600_000) return;
  try {
    utimesSync(entryPath(cache, key), now, now);
  } catch {
    // thrown away meanwhile
  }
}

/** A list of files by its digest, for a rollback. */
export function putList(cache: BuildCache, files: Files): string {
  const { sha256 } = putBytes(cache.store, Buffer.from(JSON.stringify(filesJson(files))));
  return sha256;
}

/** @throws BitError `not-found` where it is gone or damaged */
export function readList(cache: BuildCache, sha256: string): Files {
  const bytes = readContent(cache.store, sha256, MOST_ENTRY_BYTES);
  try {
    if (bytes !== undefined) return filesFrom(JSON.parse(bytes.toString('utf8')));
  } catch {
    // said below
  }
  throw new BitError('not-found', `the files of that build are no longer kept`, {
    hint: 'build it again from the commit it was made of',
    details: { list: sha256 },
  });
}

export interface Pruned {
  readonly entries: number;
  readonly objects: number;
  /** Bytes taken away, and what stays. */
  readonly freed: number;
  readonly kept: number;
}

/**
 * Takes away the entries that were of no use for longest until what they hold is at most `most` bytes, and every object
 * nobody names any more. Lists in `lists` stay with all they name. With `dry`, only counts.
 */
export function prune(
  cache: BuildCache,
  options: { readonly most: number; readonly lists: readonly string[]; readonly dry?: boolean },
): Pruned {
  const sizes = new Map([...listContents(cache.store)].map(({ sha256, size }) => [sha256, size]));
  const named = new Set<string>();
  let kept = 0;
  const name = (sha256: string): void => {
    if (named.has(sha256) || !sizes.has(sha256)) return;
    named.add(sha256);
    kept += sizes.get(sha256) ?? 0;
  };
  const nameFiles = (files: Files): void => {
    for (const image of files.values()) if (image !== null) name(image.sha256);
  };
  for (const list of options.lists) {
    if (!sizes.has(list)) continue;
    nameFiles(readList(cache, list));
    name(list);
  }
  let entries = 0;
  for (const key of entriesByUse(cache)) {
    const entry = readEntry(cache, key);
    if (entry === undefined) continue;
    const digests = new Set([entry.log, ...[...entry.outputs.values()].map((image) => image?.sha256 ?? '')]);
    const further = [...digests].reduce((sum, one) => sum + (named.has(one) ? 0 : (sizes.get(one) ?? 0)), 0);
    if (kept + further <= options.most) {
      nameFiles(entry.outputs);
      name(entry.log);
    } else {
      entries++;
      if (options.dry !== true) dropEntry(cache, key);
    }
  }
  let objects = 0;
  let freed = 0;
  for (const [sha256, size] of sizes) {
    if (named.has(sha256)) continue;
    objects++;
    freed += size;
    if (options.dry !== true) dropContent(cache.store, sha256);
  }
  return { entries, objects, freed, kept };
}

/** Keys, the last used first. */
function entriesByUse({ directory }: BuildCache): string[] {
  const top = join(directory, 'entries');
  const found: { key: string; used: number }[] = [];
  for (const folder of namesIn(top)) {
    for (const name of namesIn(join(top, folder))) {
      const key = /^([0-9a-f]{64})\.json$/.exec(name)?.[1];
      if (key !== undefined) found.push({ key, used: statSync(join(top, folder, name)).mtimeMs });
    }
  }
  return found.sort((a, b) => b.used - a.used).map(({ key }) => key);
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function readBounded(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined || stat.size > MOST_ENTRY_BYTES ? undefined : readTextIfExists(path);
}
