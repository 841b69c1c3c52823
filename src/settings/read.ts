import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join, relative, resolve } from 'node:path';
import type { Document } from 'yaml';
import { BitError } from '../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';

const require = createRequire(import.meta.url);

export interface Settings {
  readonly ledger: {
    readonly share: 'off' | 'headers' | 'all';
    /** Absolute path of the JSON-lines mirror, or null. */
    readonly mirror: string | null;
    readonly keepDays: number;
    /** Places outside that checkpoints are sent to, by name; what each must say its driver knows. */
    readonly anchors: JsonObject;
  };
  /** The `policy` section of `.bithub.yml` as it stands in the tree; policies see the one that was accepted with them. */
  readonly policy: JsonObject;
}

export interface SettingsPlace {
  /** Undefined outside a work tree. */
  readonly root: string | undefined;
  readonly stateDirectory: string;
}

export const SPECIFICATION = '.bithub.yml';
const MANIFEST = '.bit/runner.manifest.yml';
const MOST_BYTES = 1024 * 1024;
const DEFAULT_KEEP_DAYS = 30;
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
 * @throws BitError `usage` naming file, line and column of a YAML fault, or the key whose value can't be
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

/** The `policy` section of `.bithub.yml` as it lies in the tree now, never from the cache: what is about to be accepted. */
export function readPolicySection(root: string): JsonObject {
  return policySection(readYaml(root, SPECIFICATION));
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

function defaults(): Settings {
  return { ledger: { share: 'off', mirror: null, keepDays: DEFAULT_KEEP_DAYS, anchors: {} }, policy: {} };
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

function parseSettings(root: string): Settings {
  const specification = readYaml(root, SPECIFICATION);
  const manifest = readYaml(root, MANIFEST);
  const ledger = objectAt(specification, 'ledger', SPECIFICATION);
  const share = ledger['share'] ?? 'off';
  if (share !== 'off' && share !== 'headers' && share !== 'all') {
    throw wrong(SPECIFICATION, 'ledger.share', 'off, headers or all');
  }
  const keepDays = ledger['keepDays'] ?? DEFAULT_KEEP_DAYS;
  if (typeof keepDays !== 'number' || !(keepDays >= 0))
    throw wrong(SPECIFICATION, 'ledger.keepDays', 'a number of days');
  const anchors = objectAt(ledger, 'anchors', SPECIFICATION, 'ledger.');
  const runner = objectAt(manifest, 'runner', MANIFEST);
  const declared = objectAt(runner, 'ledger', MANIFEST)['path'];
  const mirror = ledger['mirror'] ?? declared ?? null;
  if (mirror !== null && typeof mirror !== 'string') throw wrong(SPECIFICATION, 'ledger.mirror', 'a path');
  return {
    ledger: { share, mirror: mirror === null ? null : insideRoot(root, mirror), keepDays, anchors },
    policy: policySection(specification),
  };
}

/** What YAML can say and JSON can't (`.nan`, half a character) becomes what JSON can. */
function policySection(specification: JsonObject): JsonObject {
  const text = JSON.stringify(objectAt(specification, 'policy', SPECIFICATION));
  return JSON.parse(text, (_, value: Json) =>
    typeof value === 'string' ? value.toWellFormed() : value,
  ) as JsonObject;
}

function readYaml(root: string, name: string): JsonObject {
  const path = join(root, name);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return {};
  if (!stat.isFile()) throw new BitError('usage', `${name} is not a regular file`);
  if (stat.size > MOST_BYTES) throw new BitError('usage', `${name} is larger than ${MOST_BYTES} bytes`);
  const { parseDocument } = require('yaml') as typeof import('yaml');
  const document: Document = parseDocument(readFileSync(path, 'utf8'), { prettyErrors: true });
  const [fault] = document.errors;
  if (fault !== undefined) {
    const [at] = fault.linePos ?? [];
    const where = at === undefined ? name : `${name}:${at.line}:${at.col}`;
    throw new BitError(
      'usage',
      `${where}: ${fault.message.split('\n')[0]?.replace(/ at line \d+.*/, '') ?? 'not YAML'}`,
      {
        details: { path: name, line: at?.line, column: at?.col },
      },
    );
  }
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (value === null || value === undefined) return {};
  if (!isJsonObject(value)) throw wrong(name, 'the document', 'a mapping');
  return value;
}

function objectAt(document: JsonObject, key: string, file: string, above = ''): JsonObject {
  const value: Json | undefined = document[key];
  if (value === undefined || value === null) return {};
  if (!isJsonObject(value)) throw wrong(file, `${above}${key}`, 'a mapping');
  return value;
}

function wrong(file: string, key: string, wanted: string): BitError {
  return new BitError('usage', `${file}: ${key} must be ${wanted}`, { details: { path: file, key } });
}

/** A path of the repository's own, never outside it, whatever links stand on the way. */
function insideRoot(root: string, path: string): string {
  const full = resolve(root, path);
  const existing = nearestExisting(full);
  const away = relative(realpathSync(root), realpathSync(existing));
  if (
    isAbsolute(path) ||
    relative(root, full).startsWith('..') ||
    away.startsWith('..') ||
    isAbsolute(away)
  ) {
    throw new BitError('usage', `${SPECIFICATION}: ledger.mirror ${path} leaves the repository`);
  }
  return full;
}

function nearestExisting(path: string): string {
  let at = path;
  while (lstatSync(at, { throwIfNoEntry: false }) === undefined) at = resolve(at, '..');
  return at;
}
