import { constants, copyFileSync, lstatSync, readdirSync, realpathSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import type { GitReader } from '../git/index.ts';
import { makeDirectory } from '../kernel/files.ts';

/** What of the ignored is copied; anything larger is linked to, and the sandbox lets nobody write there. */
const MOST_FILES = 2000;
const MOST_BYTES = 64 * 1024 * 1024;
const MOST_ENTRIES = 200;
const PACKAGES = new Set(['node_modules', '.venv', 'venv', 'vendor', 'target']);

/** Brings what git ignores into a copy: the dependencies and outputs that a step in the work tree itself finds there. */
export async function borrowIgnored(
  ground: {
    readonly root: string;
    readonly git: GitReader;
    readonly ignored: 'none' | 'all' | 'but-packages';
  },
  tree: string,
): Promise<readonly string[]> {
  const { stdout } = await ground.git.read([
    ...[
      'ls-files',
      '-z',
      '--others',
      '--ignored',
      '--exclude-standard',
      '--directory',
      '--full-name',
      '--',
      ':/',
    ],
  ]);
  const linked: string[] = [];
  const names = stdout.split('\0').filter((name) => name !== '');
  for (const name of names.slice(0, MOST_ENTRIES)) {
    const path = name.replace(/\/$/, '');
    if (path.split('/').includes('.git')) continue;
    if (ground.ignored === 'but-packages' && PACKAGES.has(basename(path))) continue;
    const from = join(ground.root, path);
    const to = join(tree, path);
    if (lstatSync(to, { throwIfNoEntry: false }) !== undefined) continue;
    const files = measured(from);
    makeDirectory(dirname(to));
    if (files === undefined) {
      symlinkSync(from, to);
      linked.push(from, ...packagesOfTree(ground.root, from));
    } else
      for (const file of files) {
        const target = file === '' ? to : join(to, file);
        makeDirectory(dirname(target));
        copyFileSync(join(from, file), target, constants.COPYFILE_FICLONE);
      }
  }
  return linked;
}

/** Folders of the tree that a folder of packages links to, as package managers do for a workspace's own. */
function packagesOfTree(root: string, folder: string): readonly string[] {
  const found = new Set<string>();
  const look = (path: string, depth: number): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const full = join(path, entry.name);
      if (entry.isDirectory() && depth === 0 && entry.name.startsWith('@')) look(full, 1);
      if (!entry.isSymbolicLink() || found.size >= MOST_ENTRIES) continue;
      const target = resolved(full);
      const own = target?.startsWith(root + sep) === true && !target.startsWith(folder + sep);
      if (target !== undefined && own && !target.split(sep).includes('.git')) found.add(target);
    }
  };
  if (lstatSync(folder).isDirectory()) look(folder, 0);
  return [...found];
}

function resolved(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** Its plain files, relative to it; undefined where they are too many, or links are among them. */
function measured(path: string): readonly string[] | undefined {
  const facts = lstatSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return [];
  if (facts.isFile()) return facts.size > MOST_BYTES ? undefined : [''];
  if (!facts.isDirectory()) return [];
  const found: string[] = [];
  const open = [''];
  let bytes = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const entry of readdirSync(join(path, next), { withFileTypes: true })) {
      const inner = next === '' ? entry.name : `${next}/${entry.name}`;
      if (entry.isSymbolicLink()) return undefined;
      if (entry.isDirectory()) open.push(inner);
      if (!entry.isFile()) continue;
      bytes += lstatSync(join(path, inner)).size;
      found.push(inner);
      if (found.length > MOST_FILES || bytes > MOST_BYTES) return undefined;
    }
  }
  return found;
}
