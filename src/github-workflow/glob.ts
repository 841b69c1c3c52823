import { type Dirent, readdirSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { matchesGlob } from './pattern.ts';

/** A pattern of files as the actions take it: absolute, one that takes away begins with `!`. */
interface Glob {
  readonly negative: boolean;
  /** The folder before the first part with a wildcard. */
  readonly base: string;
  /** Matched against the path relative to the base. */
  readonly pattern: string;
}

const MOST_FILES = 200_000;
const MAGIC = /[*?[]/;

function parse(text: string, root: string, home: string | undefined): Glob {
  const negative = text.startsWith('!');
  const written = negative ? text.slice(1).trim() : text;
  const expanded =
    home !== undefined && /^~(?=$|[\\/])/.test(written) ? join(home, written.slice(1)) : written;
  const parts = resolveParts(expanded.replace(/\/+$/, ''));
  const first = parts.findIndex((part) => MAGIC.test(part));
  const fixed = first < 0 ? parts : parts.slice(0, first);
  const start = isAbsolute(expanded) ? sep : root;
  return {
    negative,
    base: resolve(start, ...fixed),
    pattern: first < 0 ? '' : parts.slice(first).join('/'),
  };
}

function resolveParts(path: string): string[] {
  return path.split(/[\\/]/).filter((part) => part !== '' && part !== '.');
}

function covers(glob: Glob, path: string): boolean {
  const inside = relative(glob.base, path);
  if (inside.startsWith('..') || isAbsolute(inside)) return false;
  if (glob.pattern === '') return true;
  if (inside === '') return false;
  const text = inside.split(sep).join('/');
  // a folder that matches stands for everything in it
  return matchesGlob(glob.pattern, text) || matchesGlob(`${glob.pattern}/**`, text);
}

export interface GlobOptions {
  readonly root: string;
  readonly home?: string | undefined;
  readonly hidden?: boolean;
}

export interface GlobResult {
  /** Absolute, sorted. */
  readonly files: readonly string[];
  /** The folder all patterns have in common. */
  readonly root: string;
  /** Of each pattern that takes something the folder or file it begins at. */
  readonly bases: readonly string[];
}

/** Files the patterns take, in order: one with `!` takes away from what those before it gave. Links aren't followed into. */
export function globFiles(patterns: readonly string[], options: GlobOptions): GlobResult {
  const globs = patterns
    .map((text) => text.trim())
    .filter((text) => text !== '' && !text.startsWith('#'))
    .map((text) => parse(text, options.root, options.home));
  const positive = globs.filter(({ negative }) => !negative);
  const found = new Set<string>();
  for (const { base } of positive)
    for (const path of walk(base, options.hidden ?? true)) {
      if (!found.has(path) && selected(globs, path)) found.add(path);
      if (found.size > MOST_FILES)
        throw new BitError('usage', `more than ${MOST_FILES} files match ${patterns.join(' ')}`);
    }
  return { files: [...found].sort(), root: common(positive), bases: positive.map(({ base }) => base) };
}

function selected(globs: readonly Glob[], path: string): boolean {
  let taken = false;
  for (const glob of globs) if (glob.negative === taken && covers(glob, path)) taken = !glob.negative;
  return taken;
}

/** The folder that holds what is matched, whichever pattern it came from. */
function common(globs: readonly Glob[]): string {
  const bases = globs.map(({ base, pattern }) =>
    pattern === '' && !isFolder(base) ? resolve(base, '..') : base,
  );
  const [first, ...rest] = bases;
  if (first === undefined) return sep;
  return rest.reduce((shared, base) => {
    let at = shared;
    while (relative(at, base).startsWith('..') && at !== resolve(at, '..')) at = resolve(at, '..');
    return at;
  }, first);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function* walk(start: string, hidden: boolean): Generator<string> {
  const stat = statSync(start, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) {
    yield start;
    return;
  }
  const open = [start];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for (const entry of read(folder)) {
      if (!hidden && entry.name.startsWith('.')) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) open.push(path);
      else if (entry.isFile() || (entry.isSymbolicLink() && isFile(path))) yield path;
    }
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function read(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    // not ours to read, or gone meanwhile
    return [];
  }
}
