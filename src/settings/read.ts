import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { isJsonObject } from '../kernel/json.ts';
import { SPECIFICATION } from '../specification/index.ts';
import { parseSettings } from './parse.ts';
import { defaults, MANIFEST, type Settings } from './settings.ts';

export interface SettingsPlace {
  /** Undefined outside a work tree. */
  readonly root: string | undefined;
  readonly stateDirectory: string;
}

/** Changes when the cached shape does. */
const CACHE_VERSION = 3;

export interface ReadSettings {
  readonly settings: Settings;
  /** Stands for the files it was read from; undefined where it came from the cache. */
  readonly stamp: string | undefined;
}

/**
 * The repository's settings; defaults where it has no files. Writes nothing: an action that ran hands what it read to
 * {@link keepSettings}.
 *
 * @throws BitError `usage` naming file, line and column of whatever is wrong in what the frame obeys
 */
export function readSettings(place: SettingsPlace): ReadSettings {
  const { root, stateDirectory } = place;
  if (root === undefined) return { settings: defaults(), stamp: undefined };
  const stamp = [SPECIFICATION, MANIFEST].map((name) => stampOf(root, name)).join(' ');
  if (stamp === '- -') return { settings: defaults(), stamp: undefined };
  const cached = readCache(cachePath(stateDirectory), stamp);
  if (cached !== undefined) return { settings: cached, stamp: undefined };
  return { settings: parseSettings(root), stamp };
}

/** Spares the next action the parsing. */
export function keepSettings(stateDirectory: string, read: ReadSettings): void {
  if (read.stamp === undefined) return;
  const { stamp, settings } = read;
  writeFileAtomic(cachePath(stateDirectory), JSON.stringify({ v: CACHE_VERSION, stamp, settings }));
}

function cachePath(stateDirectory: string): string {
  return join(stateDirectory, 'cache', 'settings.json');
}

function stampOf(root: string, name: string): string {
  const stat = lstatSync(join(root, name), { throwIfNoEntry: false });
  return stat === undefined ? '-' : `${stat.ino}:${stat.size}:${stat.mtimeMs}:${stat.ctimeMs}`;
}

/** A cache that can't be read is no fault: it is made anew. */
function readCache(path: string, stamp: string): Settings | undefined {
  try {
    const cached: unknown = JSON.parse(readTextIfExists(path) ?? 'null');
    if (!isJsonObject(cached) || cached['v'] !== CACHE_VERSION || cached['stamp'] !== stamp) return undefined;
    return cached['settings'] as unknown as Settings;
  } catch {
    return undefined;
  }
}
