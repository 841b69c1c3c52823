import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { GitReader } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';

const MOST_FILES = 1_000_000;
const MOST_WALKED = 200_000;
const DEEPEST = 128;

export interface Tree {
  /** Tracked files and those neither tracked nor ignored, relative to the root, in order. */
  readonly paths: readonly string[];
  readonly tracked: ReadonlySet<string>;
}

export async function listTree(git: GitReader): Promise<Tree> {
  const args = ['ls-files', '-t', '-z', '--cached', '--others', '--exclude-standard', '--full-name'];
  const { stdout } = await git.read([...args, '--', ':/']);
  const tracked = new Set<string>();
  const paths = new Set<string>();
  for (const record of stdout.split('\0')) {
    if (record.length < 3) continue;
    const path = record.slice(2);
    paths.add(path);
    if (!record.startsWith('?')) tracked.add(path);
  }
  if (paths.size > MOST_FILES)
    throw new BitError('unsupported', `the tree holds more than ${MOST_FILES} files`);
  return { paths: [...paths].sort(), tracked };
}

/** Paths that differ from `base` in the work tree, deleted and untracked ones too. */
export async function changedSince(git: GitReader, base: string): Promise<string[]> {
  const differing = [
    'diff-index',
    '--name-only',
    '-z',
    '--no-renames',
    '--ignore-submodules=none',
    base,
    '--',
  ];
  const [diff, untracked] = await Promise.all([
    git.read(differing),
    git.read(['ls-files', '-z', '--others', '--exclude-standard', '--full-name', '--', ':/']),
  ]);
  return `${diff.stdout}${untracked.stdout}`.split('\0').filter((path) => path !== '');
}

/**
 * Files and links below `directory`, whatever git thinks of them. Links are not followed, folders named in `without`
 * (relative to the root) and every `.git` and `node_modules` left out.
 *
 * @throws BitError `unsupported` where there are too many, or too deep
 */
export function walkFiles(
  root: string,
  directory: string,
  without: ReadonlySet<string> = new Set(),
): string[] {
  const found: string[] = [];
  const open: { path: string; depth: number }[] = [{ path: directory, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.depth > DEEPEST)
      throw new BitError(
        'unsupported',
        `folders lie more than ${DEEPEST} deep in ${directory || 'the root'}`,
      );
    for (const entry of entriesOf(join(root, next.path))) {
      const path = next.path === '' ? entry.name : `${next.path}/${entry.name}`;
      if (entry.isDirectory()) {
        if (entry.name === '.git' || entry.name === 'node_modules' || without.has(path)) continue;
        open.push({ path, depth: next.depth + 1 });
      } else if (entry.isFile() || entry.isSymbolicLink()) found.push(path);
      if (found.length + open.length > MOST_WALKED)
        throw new BitError('unsupported', `more than ${MOST_WALKED} files in ${directory || 'the root'}`);
    }
  }
  return found.sort();
}

function entriesOf(path: string) {
  try {
    return lstatSync(path).isDirectory() ? readdirSync(path, { withFileTypes: true }) : [];
  } catch {
    return []; // it is gone, or no folder
  }
}

export function isWithin(directory: string, path: string): boolean {
  return directory === '' || path === directory || path.startsWith(`${directory}/`);
}

/** First of the folders on the way to `path` that is no plain folder: what is written there would land elsewhere. */
export function foreignParent(root: string, path: string): string | undefined {
  const names = path.split('/').slice(0, -1);
  for (let depth = 1; depth <= names.length; depth++) {
    const parent = names.slice(0, depth).join('/');
    const stat = lstatSync(join(root, parent), { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    if (!stat.isDirectory()) return parent;
  }
  return undefined;
}
