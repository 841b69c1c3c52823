import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { listTree } from '../build/index.ts';
import { type Environment, type GitReader, runGit } from '../git/index.ts';
import { BitError, fromErrno } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';
import { ULID_PATTERN, ulid } from '../kernel/ids.ts';
import { isHeld, tryLock } from '../kernel/lock.ts';
import { printable } from '../kernel/text.ts';
import { borrowIgnored } from './borrow.ts';
import { cleanPath } from './fixers/evidence.ts';
import type { Change } from './model.ts';

/** A tree that copies are made of: the user's own work tree, or one of a commit that was fetched. */
export interface Ground {
  /** Absolute. */
  readonly root: string;
  readonly git: GitReader;
  readonly commit: string;
  /** Folders of objects that a copy's repository borrows from. */
  readonly objects: readonly string[];
  /** What git ignores is needed too: dependencies, outputs of a build. */
  readonly ignored: 'none' | 'all' | 'but-packages';
}

/** A throw-away copy of a tree, with a repository of its own that borrows the objects. */
export interface Copy {
  /** Absolute. */
  readonly tree: string;
  readonly home: string;
  readonly state: string;
  readonly cache: string;
  /** Absolute paths outside of it that it points to. */
  readonly readable: readonly string[];
}

/** A folder of this process's own for copies; gone when it is closed, and found by the next one where it never was. */
export interface Workshop {
  readonly directory: string;
  copy(ground: Ground, changes?: readonly Change[]): Promise<Copy>;
  /** Work tree and repository at a commit, to make copies of. */
  checkout(ground: Ground, commit: string): Promise<string>;
  close(): void;
}

export function workshopsIn(cacheDirectory: string): string {
  return join(cacheDirectory, 'mending');
}

/** What processes that are gone left. */
export function leftWorkshops(cacheDirectory: string): readonly string[] {
  const parent = workshopsIn(cacheDirectory);
  const names = existsSync(parent) ? readdirSync(parent) : [];
  return names
    .filter((name) => ULID_PATTERN.test(name) && existsSync(join(parent, `${name}.lock`)))
    .filter((name) => !isHeld(join(parent, `${name}.lock`)))
    .map((name) => join(parent, name));
}

/** Takes away what processes that are gone left; returns what that was. */
export function sweepWorkshops(cacheDirectory: string): readonly string[] {
  const parent = workshopsIn(cacheDirectory);
  const gone: string[] = [];
  for (const name of existsSync(parent) ? readdirSync(parent) : []) {
    const id = name.replace(/\.lock$/, '');
    const path = join(parent, id);
    if (!name.endsWith('.lock') || !ULID_PATTERN.test(id)) continue;
    const lock = tryLock(join(parent, name));
    if (lock === undefined) continue;
    try {
      if (existsSync(path)) gone.push(path);
      removeTree(path);
      rmSync(join(parent, name), { force: true });
    } finally {
      lock.release();
    }
  }
  return gone;
}

export function openWorkshop(given: {
  readonly cacheDirectory: string;
  readonly env: Environment;
  readonly signal: AbortSignal;
  readonly now: Date;
}): Workshop {
  sweepWorkshops(given.cacheDirectory);
  const id = ulid(given.now.getTime());
  const directory = join(workshopsIn(given.cacheDirectory), id);
  const lock = tryLock(`${directory}.lock`);
  if (lock === undefined) throw new BitError('busy', `${directory} is another's`);
  makeDirectory(directory, 0o700);
  let count = 0;
  const git = (cwd: string, args: readonly string[]) =>
    runGit(['-c', 'core.hooksPath=/dev/null', ...args], { cwd, env: given.env, signal: given.signal });
  const cloneInto = async (ground: Ground, tree: string): Promise<void> => {
    await git(directory, [
      'clone',
      '--quiet',
      '--shared',
      '--no-checkout',
      '--template=',
      '--',
      ground.root,
      tree,
    ]);
  };
  return {
    directory,
    async copy(ground, changes = []) {
      count++;
      const place = join(directory, String(count));
      const tree = join(place, 'tree');
      makeDirectory(place, 0o700);
      await cloneInto(ground, tree);
      await standAs(ground, tree, git);
      const { paths } = await listTree(ground.git);
      await copyFiles(ground.root, tree, paths, given.signal);
      const linked = ground.ignored === 'none' ? [] : await borrowIgnored(ground, tree);
      applyChanges(tree, changes);
      const [home, state, cache] = [join(place, 'home'), join(place, 'state'), join(place, 'cache')];
      for (const path of [home, state, cache]) makeDirectory(path, 0o700);
      return { tree, home, state, cache, readable: [...ground.objects, ...linked] };
    },
    async checkout(ground, commit) {
      count++;
      const tree = join(directory, `${count}-ground`);
      await cloneInto(ground, tree);
      await git(tree, ['checkout', '--quiet', '--detach', commit, '--']);
      return tree;
    },
    close() {
      removeTree(directory);
      rmSync(`${directory}.lock`, { force: true });
      lock.release();
    },
  };
}

/** HEAD and the index as they are on the ground. */
async function standAs(
  ground: Ground,
  tree: string,
  git: (cwd: string, args: readonly string[]) => Promise<unknown>,
): Promise<void> {
  const head = await ground.git.head();
  if (head.kind === 'branch') {
    await git(tree, ['update-ref', '--no-deref', head.ref, ground.commit]);
    await git(tree, ['symbolic-ref', 'HEAD', head.ref]);
  } else await git(tree, ['update-ref', '--no-deref', 'HEAD', ground.commit]);
  const index = join(ground.git.paths.gitDir, 'index');
  if (existsSync(index)) copyFileSync(index, join(tree, '.git', 'index'));
}

/** Files copied before others get their turn. */
const AT_ONCE = 200;

async function copyFiles(
  from: string,
  to: string,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const [at, path] of paths.entries()) {
    if (at % AT_ONCE === 0) {
      await setImmediate();
      signal.throwIfAborted();
    }
    try {
      copyFile(join(from, path), join(to, path));
    } catch (error) {
      throw fromErrno(error, `cannot copy ${printable(path)} to try something with it`);
    }
  }
}

/** A folder among them is another repository, and what it holds no file of this one. */
export function copyFile(from: string, to: string): void {
  const facts = lstatSync(from, { throwIfNoEntry: false });
  if (facts === undefined || facts.isDirectory()) return;
  makeDirectory(dirname(to));
  if (facts.isSymbolicLink()) symlinkSync(readlinkSync(from), to);
  else if (facts.isFile()) copyFileSync(from, to, constants.COPYFILE_FICLONE);
}

/**
 * Makes files of a tree what they are to be. Nothing is written outside of it: paths are checked, and links on the way
 * are refused.
 *
 * @throws BitError `usage` for a path that leads out
 */
export function applyChanges(tree: string, changes: readonly Change[]): void {
  for (const change of changes) {
    const path = checkChange(tree, change.path);
    const full = join(tree, path);
    const before = lstatSync(full, { throwIfNoEntry: false });
    if (change.content === null) {
      rmSync(full, { force: true });
      continue;
    }
    const mode =
      change.mode === undefined ? (before?.isFile() === true ? before.mode : 0o644) : changeMode(change.mode);
    rmSync(full, { force: true });
    makeDirectory(dirname(full));
    writeFileSync(full, change.content, { mode: mode & 0o777, flag: 'wx' });
    chmodSync(full, mode & 0o777);
  }
}

function changeMode(mode: NonNullable<Change['mode']>): number {
  return mode === '100755' ? 0o755 : 0o644;
}

/** @throws BitError `usage` */
export function checkChange(tree: string, path: string): string {
  const clean = cleanPath(path);
  const parents = (clean ?? '').split('/').slice(0, -1);
  const foreign = parents.some((_, at) => {
    const parent = lstatSync(join(tree, ...parents.slice(0, at + 1)), { throwIfNoEntry: false });
    return parent !== undefined && !parent.isDirectory();
  });
  const folder =
    clean !== undefined && lstatSync(join(tree, clean), { throwIfNoEntry: false })?.isDirectory() === true;
  if (clean === undefined || clean !== path || foreign || folder)
    throw new BitError('usage', `${printable(path)} is no file of the tree that could be changed`);
  return clean;
}

/** Also what was made read only. */
export function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    if (!['EACCES', 'EPERM', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    unlock(path);
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  }
}

function unlock(path: string): void {
  const open = [path];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (lstatSync(next, { throwIfNoEntry: false })?.isDirectory() !== true) continue;
    chmodSync(next, 0o700);
    for (const entry of readdirSync(next, { withFileTypes: true }))
      if (entry.isDirectory()) open.push(join(next, entry.name));
  }
}
