import { lstatSync, realpathSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import { readFrame, readYaml, SPECIFICATION } from '../specification/index.ts';
import { DEFAULT_KEEP_DAYS, MANIFEST, type Settings } from './settings.ts';

/** @throws BitError `usage` with everything wrong in the sections the frame obeys, by line and column */
export function parseSettings(root: string): Settings {
  const { ledger = {}, policy = {} } = readFrame(root);
  const { share = 'off', keepDays = DEFAULT_KEEP_DAYS, anchors = {} } = ledger;
  const mirror = ledger.mirror ?? declaredMirror(root);
  return {
    ledger: { share, mirror: mirror === null ? null : insideRoot(root, mirror), keepDays, anchors },
    policy,
  };
}

/** The `policy` section of `.bithub.yml` as it lies in the tree now, never from the cache: what is about to be accepted. */
export function readPolicySection(root: string): JsonObject {
  return readFrame(root).policy ?? {};
}

/** The ledger the runner's manifest names. */
function declaredMirror(root: string): string | null {
  const runner = member(readYaml(root, MANIFEST), 'runner');
  const path = member(member(runner, 'ledger'), 'path') ?? null;
  if (path === null || typeof path === 'string') return path;
  throw new BitError('usage', `${MANIFEST}: runner.ledger.path must be a path`, {
    details: { path: MANIFEST, key: 'runner.ledger.path' },
  });
}

function member(value: Json | undefined, key: string): Json | undefined {
  return isJsonObject(value) ? value[key] : undefined;
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
