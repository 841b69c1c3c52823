import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Oid } from '../git/index.ts';
import { makeDirectory } from '../kernel/files.ts';
import type { Writer } from '../operation/index.ts';

/**
 * Stashes every uncommitted change of tracked files, and the untracked files named, without taking anything away
 * from the work tree: a commit in git-stash(1)'s own shape (HEAD, index, untracked files), under `refs/stash`.
 */
export async function stashPaths(
  writer: Writer,
  untracked: readonly string[],
  message: string,
): Promise<Oid> {
  const { git } = writer;
  const head = await git.resolve('HEAD', 'commit');
  const made = head === undefined ? '' : (await git.run(['stash', 'create', message])).stdout.trim();
  const parents = head === undefined ? [] : [head];
  const indexTree = (await git.run(['write-tree'])).stdout.trim();
  const index = await commitTree(writer, indexTree, parents, `index on ${message}`);
  const worktree = made === '' ? indexTree : `${made}^{tree}`;
  const rest = untracked.length === 0 ? [] : [await untrackedCommit(writer, untracked, message)];
  const stash = await commitTree(writer, worktree, [...parents, index, ...rest], message);
  await git.run(['stash', 'store', '-m', message, stash]);
  return stash;
}

async function commitTree(
  writer: Writer,
  tree: string,
  parents: readonly Oid[],
  message: string,
): Promise<Oid> {
  const from = parents.flatMap((parent) => ['-p', parent]);
  return (await writer.git.run(['commit-tree', '--no-gpg-sign', tree, ...from, '-m', message])).stdout.trim();
}

async function untrackedCommit(writer: Writer, paths: readonly string[], message: string): Promise<Oid> {
  const folder = join(writer.stateDirectory, 'tmp');
  makeDirectory(folder);
  const index = join(folder, `stash.${writer.operation}.index`);
  const env = { GIT_INDEX_FILE: index };
  try {
    await writer.git.run(['update-index', '--add', '-z', '--stdin'], { env, input: `${paths.join('\0')}\0` });
    const tree = (await writer.git.run(['write-tree'], { env })).stdout.trim();
    return await commitTree(writer, tree, [], `untracked files on ${message}`);
  } finally {
    rmSync(index, { force: true });
  }
}
