import {
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { cp, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { listTree } from '../build/index.ts';
import { BitError, fromErrno } from '../kernel/errors.ts';
import { makeDirectory, readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import type { Writer } from '../operation/index.ts';
import type { Trees } from '../workflow/index.ts';

/** Files copied before others get their turn. */
const AT_ONCE = 200;
/** Of a run that failed and was never tried again. */
const KEPT_MS = 7 * 86_400_000;

/**
 * Work trees of single jobs: git's linked ones, detached at HEAD, with the files of this work tree as they stand (tracked
 * and untracked, not ignored, those of submodules too) and its index. Where the disk can share blocks between files nothing is copied.
 */
export function ownTrees(writer: Writer): Trees {
  // git keeps the account of linked work trees without a lock
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  };
  return {
    directory: join(writer.cacheDirectory, 'workflow', 'trees'),
    make: (path) => inTurn(() => make(writer, path)),
    renew: (path) => inTurn(() => renew(writer, path)),
    remove: (path) => inTurn(() => remove(writer, path)),
  };
}

async function make(writer: Writer, path: string): Promise<void> {
  const { root, gitDir } = writer.git.paths;
  if (root === undefined || (await writer.git.resolve('HEAD', 'commit')) === undefined)
    throw new BitError('unsupported', 'a job has a tree of its own only once there is a commit', {
      hint: 'commit, or run it in this work tree: --workspace shared',
    });
  await remove(writer, path);
  makeDirectory(dirname(path), 0o700);
  await writer.git.run(['worktree', 'add', '--quiet', '--detach', '--no-checkout', '--', path, 'HEAD']);
  await bring(writer, root, path, new Map());
  const own = /^gitdir: (.*)$/m.exec(readFileSync(join(path, '.git'), 'utf8'))?.[1];
  if (own !== undefined && existsSync(join(gitDir, 'index')))
    copyFileSync(join(gitDir, 'index'), join(resolve(path, own), 'index'));
}

/** What somebody mended since then is there when the job goes on; what its steps made stays. */
async function renew(writer: Writer, path: string): Promise<void> {
  const { root } = writer.git.paths;
  const known = readTextIfExists(accountOf(path));
  if (root === undefined || known === undefined) return;
  await bring(writer, root, path, new Map(Object.entries(JSON.parse(known) as Record<string, string>)));
}

/** Copies every file that is not as `known` tells, takes away those that are gone, and keeps account of it. */
async function bring(
  writer: Writer,
  root: string,
  path: string,
  known: ReadonlyMap<string, string>,
): Promise<void> {
  const { paths } = await listTree(writer.git);
  const account: [string, string][] = [];
  for (const [at, file] of paths.entries()) {
    if (at % AT_ONCE === 0) await setImmediate();
    const facts = factsOf(join(root, file));
    if (facts === undefined) continue;
    account.push([file, facts]);
    if (known.get(file) === facts && !isSubmodule(join(root, file))) continue;
    const [from, to] = [join(root, file), join(path, file)];
    try {
      if (isSubmodule(from)) await copySubmodule(from, to);
      else {
        if (known.size > 0) rmSync(to, { recursive: true, force: true });
        copy(from, to);
      }
    } catch (error) {
      throw fromErrno(error, `cannot copy ${file} for a job`);
    }
  }
  const there = new Set(account.map(([file]) => file));
  for (const file of known.keys()) if (!there.has(file)) rmSync(join(path, file), { force: true });
  writeFileAtomic(accountOf(path), JSON.stringify(Object.fromEntries(account)));
}

function accountOf(path: string): string {
  return `${path}.files.json`;
}

function factsOf(path: string): string | undefined {
  const facts = lstatSync(path, { throwIfNoEntry: false });
  return facts === undefined ? undefined : `${facts.ino}:${facts.size}:${facts.mtimeMs}:${facts.mode}`;
}

/** A folder among them is another repository: what it holds is no file of this one. */
function copy(from: string, to: string): void {
  const facts = lstatSync(from, { throwIfNoEntry: false });
  if (facts === undefined || facts.isDirectory()) return;
  makeDirectory(dirname(to));
  if (facts.isSymbolicLink()) symlinkSync(readlinkSync(from), to);
  else if (facts.isFile()) copyFileSync(from, to, constants.COPYFILE_FICLONE);
}

/** Git keeps the repository of a submodule elsewhere, and a file `.git` says where; a folder `.git` is somebody else's. */
function isSubmodule(path: string): boolean {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return false;
  return lstatSync(join(path, '.git'), { throwIfNoEntry: false })?.isFile() === true;
}

/** Its files as they stand, without its repository: to git it is one that was not fetched, whatever lies in it. */
async function copySubmodule(from: string, to: string): Promise<void> {
  await cp(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
    filter: (source) => basename(source) !== '.git',
  });
}

async function remove(writer: Writer, path: string): Promise<void> {
  if (!existsSync(path)) return;
  await rm(path, { recursive: true, force: true });
  await rm(accountOf(path), { force: true });
  await writer.git.run(['worktree', 'prune']);
}

/** Takes away what runs left that failed and were not tried again for a week. */
export async function sweepTrees({ directory, remove }: Trees, now: Date): Promise<void> {
  for (const run of await readdir(directory).catch(() => [])) {
    const facts = await stat(join(directory, run)).catch(() => undefined);
    if (facts !== undefined && now.getTime() - facts.mtimeMs > KEPT_MS) await remove(join(directory, run));
  }
}
