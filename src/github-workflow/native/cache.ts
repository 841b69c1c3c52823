import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { BitError } from '../../kernel/errors.ts';
import { makeDirectory, writeFileAtomic } from '../../kernel/files.ts';
import { isJsonObject, type Json } from '../../kernel/json.ts';
import { globFiles } from '../glob.ts';
import type { NativeAction, NativeCall } from './index.ts';
import { flag, input, lines } from './inputs.ts';

/** GitHub's longest key. */
const LONGEST_KEY = 512;

/**
 * A cache of one repository: a folder an entry, `index.json` (key, when, files with digests) beside the files by their
 * digest. An entry takes its name when it is whole, so that a kill leaves none half made; its key never changes what
 * it holds.
 */
interface Entry {
  readonly key: string;
  readonly version: string;
  readonly at: number;
  readonly files: readonly { readonly path: string; readonly digest: string; readonly mode: number }[];
}

function placeOf(call: NativeCall): string {
  const repository = createHash('sha256')
    .update(call.frame.event.repository.toLowerCase())
    .digest('hex')
    .slice(0, 16);
  return join(call.tools.cacheDirectory, 'actions-cache', repository);
}

/** Entries are only for those who name the same paths. */
function versionOf(call: NativeCall): string {
  return createHash('sha256')
    .update(JSON.stringify(paths(call)))
    .digest('hex');
}

function paths(call: NativeCall): readonly string[] {
  const named = lines(call, 'path');
  if (named.length === 0) throw new BitError('usage', 'cache needs a path');
  return named;
}

function keyOf(key: string): string {
  if (key === '' || key.length > LONGEST_KEY || key.includes(','))
    throw new BitError('usage', `cache: a key has 1 to ${LONGEST_KEY} characters and no comma`);
  return key;
}

function entryName(key: string, version: string): string {
  return createHash('sha256').update(`${version}\n${key}`).digest('hex');
}

function readEntry(folder: string): Entry | undefined {
  try {
    const value = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Json;
    return isJsonObject(value) && typeof value['key'] === 'string' ? (value as unknown as Entry) : undefined;
  } catch {
    // gone, or not whole: no entry
    return undefined;
  }
}

/** The entry of exactly this key, else the newest whose key begins with the first restore key that has one. */
function findEntry(call: NativeCall): { readonly entry: Entry; readonly folder: string } | undefined {
  const place = placeOf(call);
  const version = versionOf(call);
  const key = keyOf(input(call, 'key'));
  const exact = join(place, entryName(key, version));
  const found = readEntry(exact);
  if (found !== undefined && found.key === key) return { entry: found, folder: exact };
  const prefixes = [key, ...lines(call, 'restore-keys')];
  const names = existsSync(place) ? readdirSync(place).filter((name) => /^[0-9a-f]{64}$/.test(name)) : [];
  const entries = names.flatMap((name) => {
    const entry = readEntry(join(place, name));
    return entry?.version === version ? [{ entry, folder: join(place, name) }] : [];
  });
  for (const prefix of prefixes) {
    const [newest] = entries
      .filter(({ entry }) => entry.key.startsWith(prefix))
      .toSorted((a, b) => b.entry.at - a.entry.at);
    if (newest !== undefined) return newest;
  }
  return undefined;
}

async function restore(call: NativeCall): Promise<void> {
  const { tools } = call;
  const key = keyOf(input(call, 'key'));
  tools.output('cache-primary-key', key);
  const found = findEntry(call);
  if (found === undefined) {
    if (flag(call, 'fail-on-cache-miss'))
      throw new BitError('not-found', `cache: nothing is kept under ${key}`);
    tools.log(`nothing is kept under ${key}`);
    tools.output('cache-hit', '');
    return;
  }
  const { entry, folder } = found;
  tools.output('cache-hit', String(entry.key === key));
  tools.output('cache-matched-key', entry.key);
  tools.save('matched', entry.key);
  if (flag(call, 'lookup-only')) return;
  const allowed = basesOf(call);
  for (const file of entry.files) {
    const target = fromStored(call, file.path);
    if (!allowed.some((base) => target === base || target.startsWith(base + sep)))
      throw new BitError(
        'integrity',
        `cache: the entry ${entry.key} holds ${file.path}, which is none of the paths named`,
      );
    const from = join(folder, file.digest);
    if (digestOf(from) !== file.digest)
      throw new BitError('integrity', `cache: the entry ${entry.key} is damaged`);
    makeDirectory(dirname(target));
    rmSync(target, { force: true });
    copyFileSync(from, target);
    if ((file.mode & 0o111) !== 0) chmodSync(target, 0o755);
  }
  tools.log(`${entry.files.length} files restored from ${entry.key}`);
}

async function save(call: NativeCall): Promise<void> {
  const { tools } = call;
  const key = keyOf(input(call, 'key'));
  const version = versionOf(call);
  const target = join(placeOf(call), entryName(key, version));
  if (tools.state.saved['matched'] === key || readEntry(target) !== undefined) {
    tools.log(`${key} is kept already`);
    return;
  }
  const { files } = globFiles(paths(call), { root: tools.state.workspace, home: homedir() });
  if (files.length === 0) {
    tools.annotate({
      level: 'warning',
      message: `cache: ${paths(call).join(' ')} match no file; nothing is kept`,
    });
    return;
  }
  const made = `${target}.${process.pid}.${Date.now()}`;
  makeDirectory(made);
  try {
    const listed = files.map((file) => {
      const digest = digestOf(file);
      if (!existsSync(join(made, digest))) copyFileSync(file, join(made, digest));
      return { path: toStored(call, file), digest, mode: statSync(file).mode & 0o777 };
    });
    const entry: Entry = { key, version, at: Date.now(), files: listed };
    writeFileAtomic(join(made, 'index.json'), JSON.stringify(entry));
    syncFolder(made);
    renameSync(made, target);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  tools.log(`${files.length} files kept under ${key}`);
}

function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function digestOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Below the workspace or the home directory by a mark, else absolute: work trees move. */
function toStored({ tools }: NativeCall, path: string): string {
  for (const [mark, base] of [
    ['workspace', tools.state.workspace],
    ['home', homedir()],
  ] as const) {
    const inner = relative(base, path);
    if (!inner.startsWith('..') && !isAbsolute(inner)) return `${mark}:${inner.split(sep).join('/')}`;
  }
  return `root:${path}`;
}

function fromStored({ tools }: NativeCall, stored: string): string {
  const [mark = '', ...rest] = stored.split(':');
  const path = rest.join(':');
  const base = mark === 'workspace' ? tools.state.workspace : mark === 'home' ? homedir() : sep;
  return resolve(base, path);
}

/** Folders that the paths named stand for, up to their first wildcard. */
function basesOf(call: NativeCall): readonly string[] {
  return paths(call)
    .filter((path) => !path.startsWith('!'))
    .map((path) => {
      const expanded = /^~(?=$|[\\/])/.test(path) ? join(homedir(), path.slice(1)) : path;
      const parts = expanded.split(/[\\/]/);
      const magic = parts.findIndex((part) => /[*?[]/.test(part));
      return resolve(
        call.tools.state.workspace,
        (magic < 0 ? parts : parts.slice(0, magic)).join('/') || '/',
      );
    });
}

/** Restores at once, and saves at the end of a job that succeeded unless exactly this key was restored. */
export const cache: NativeAction = { defaults: {}, run: restore, post: save };
export const restoreCache: NativeAction = { defaults: {}, run: restore };
export const saveCache: NativeAction = { defaults: {}, run: save };
