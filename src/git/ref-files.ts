import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readTextIfExists } from '../kernel/files.ts';
import type { Ref, RepositoryPaths } from './index.ts';

const MAX_PACKED_BYTES = 512 << 20;
const MAX_DEPTH = 32;

/** All refs of the files backend, by name; loose ones hide packed ones. Symbolic refs are resolved one step. */
export function readAllRefs(paths: RepositoryPaths): Map<string, Ref> {
  const loose = new Map<string, Ref>();
  const symbolic = new Map<string, string>();
  const read = (base: string, name: string) => {
    const text = readTextIfExists(join(base, name))?.trimEnd() ?? '';
    const target = /^ref: (refs\/\S+)$/.exec(text)?.[1];
    if (target !== undefined) symbolic.set(name, target);
    else if (/^[0-9a-f]{40,64}$/.test(text)) loose.set(name, { name, oid: text });
  };
  walk(paths.commonDir, 'refs', read, 0);
  // bisect, rewritten and worktree refs belong to the work tree
  if (paths.gitDir !== paths.commonDir) walk(paths.gitDir, 'refs', read, 0);
  // loose before packed, as git does: a ref that is packed in between would be in neither otherwise
  const refs = new Map([...readPacked(join(paths.commonDir, 'packed-refs')), ...loose]);
  for (const [name, symref] of symbolic) {
    const target = refs.get(symref);
    if (target !== undefined) refs.set(name, { ...target, name, symref });
  }
  return new Map([...refs].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function walk(
  base: string,
  folder: string,
  read: (base: string, name: string) => void,
  depth: number,
  odd?: () => void,
): void {
  if (depth > MAX_DEPTH) {
    odd?.();
    return;
  }
  let entries: { name: string; isDirectory(): boolean; isFile(): boolean }[];
  try {
    entries = readdirSync(`${base}/${folder}`, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') odd?.();
    return;
  }
  for (const entry of entries) {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) walk(base, name, read, depth + 1, odd);
    else if (!entry.isFile()) odd?.();
    else if (!name.endsWith('.lock')) read(base, name);
  }
}

function readPacked(path: string): Map<string, Ref> {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return size === 0 || size > MAX_PACKED_BYTES ? new Map() : parsePacked(readFileSync(path, 'utf8'));
}

function parsePacked(text: string): Map<string, Ref> {
  const refs = new Map<string, Ref>();
  let last: Ref | undefined;
  for (const line of text.split('\n')) {
    const peeled = /^\^([0-9a-f]{40,64})$/.exec(line)?.[1];
    if (peeled !== undefined && last !== undefined) refs.set(last.name, { ...last, peeled });
    const [, oid, name] = /^([0-9a-f]{40,64}) (refs\/\S+)$/.exec(line) ?? [];
    if (oid === undefined || name === undefined) continue;
    last = { name, oid };
    refs.set(name, last);
  }
  return refs;
}

/** Names sorted alike by git and JavaScript, with nothing in them that a file system may have changed. */
const PLAIN_NAME = /^refs\/[^\0-\x20\x7f~^:?*[\\\ud800-\uffff]+$/;
const MAX_PACKED_HERE = 8 << 20;
const MAX_LOOSE_HERE = 20_000;
const FULLY_PEELED = /^# pack-refs with:.* fully-peeled /;

/** Thrown where git has to be asked. */
class OutOfTheOrdinary extends Error {}

export interface PlainRefs {
  /** By name. */
  readonly refs: readonly Ref[];
  /** Names whose `peeled` is known, there or absent. */
  readonly peeled: ReadonlySet<string>;
}

/**
 * Refs of the files backend under `folders` (`refs/heads/`, or `refs/` for all) that are `within` what is wanted, or
 * undefined where anything is out of the ordinary and git has to be asked.
 */
export function readPlainRefs(
  paths: RepositoryPaths,
  folders: readonly string[],
  within: (name: string) => boolean = () => true,
): PlainRefs | undefined {
  // bisect, rewritten and worktree refs are the work tree's own
  if (paths.gitDir !== paths.commonDir && folders.includes('refs/')) return undefined;
  try {
    return collect(paths.commonDir, folders, within);
  } catch (error) {
    if (error instanceof OutOfTheOrdinary) return undefined;
    throw error;
  }
}

function collect(
  commonDir: string,
  folders: readonly string[],
  within: (name: string) => boolean,
): PlainRefs {
  const loose = new Map<string, Ref>();
  const symbolic = new Map<string, string>();
  const odd = (): never => {
    throw new OutOfTheOrdinary();
  };
  const read = (base: string, name: string): void => {
    if (!within(name)) return;
    // names have nothing to normalize, and a repository may have thousands
    const text = readTextIfExists(`${base}/${name}`)?.trimEnd();
    if (text === undefined) return; // deleted, or packed, in between
    const target = /^ref: (refs\/\S+)$/.exec(text)?.[1];
    if (target !== undefined) symbolic.set(name, target);
    else if (/^[0-9a-f]{40}$/.test(text) && !/^0+$/.test(text)) loose.set(name, { name, oid: text });
    else odd();
    if (loose.size > MAX_LOOSE_HERE) odd();
  };
  for (const folder of folders) walk(commonDir, folder.slice(0, -1), read, 0, odd);
  const file = join(commonDir, 'packed-refs');
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MAX_PACKED_HERE) odd();
  const text = readTextIfExists(file) ?? '';
  const inside = (name: string): boolean => folders.some((folder) => name.startsWith(folder)) && within(name);
  const packed = new Map([...parsePacked(text)].filter(([name]) => inside(name)));
  const refs = new Map([...packed, ...loose]);
  for (const [name, symref] of symbolic) {
    const target = loose.get(symref) ?? packed.get(symref);
    // dangling, a chain, or somewhere that wasn't read
    if (target === undefined || symbolic.has(symref)) return odd();
    refs.set(name, { ...target, name, symref });
  }
  for (const name of refs.keys()) if (!PLAIN_NAME.test(name)) odd();
  const known = FULLY_PEELED.test(text) ? [...packed.keys()] : [];
  return {
    refs: [...refs.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    peeled: new Set(known.filter((name) => !loose.has(name) && !symbolic.has(name))),
  };
}
