import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { GitReader, Oid } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { repositoryPath } from './diff-select.ts';
import { didYouMean, listed, requireCommit, short } from './lookup.ts';
import type { RestoreRequest, RestoreResult } from './restore.ts';
import { stashPaths } from './restore-stash.ts';

const LITERAL = { GIT_LITERAL_PATHSPECS: '1' };

/**
 * Brings files of a commit back, in the index and the work tree, as `git checkout <commit> -- <paths>` does; files
 * the commit hasn't stay. Uncommitted work in the way is refused, or with `force` stashed first.
 */
export async function restoreFiles(reader: Reader, request: RestoreRequest): Promise<Effect<RestoreResult>> {
  const { git } = reader;
  const root = git.paths.root;
  if (root === undefined)
    throw new BitError('unsupported', 'a bare repository has no work tree to restore files to');
  const commit = await requireCommit(git, request.source);
  const paths =
    request.paths.length === 0 ? ['.'] : request.paths.map((path) => repositoryPath(reader, path));
  const files = await filesOf(git, commit, paths);
  const work = await workInTheWay(git, root, commit, files);
  const inTheWay = [...work.tracked, ...work.untracked].sort();
  if (inTheWay.length > 0 && !request.force) {
    throw new BitError('conflict', `uncommitted work would be overwritten: ${listed(inTheWay)}`, {
      hint: 'commit it, or say --force, which stashes it first',
      details: { paths: inTheWay },
    });
  }
  const stashes = inTheWay.length > 0;
  return {
    summary: `restore ${files.length === 1 ? printable(files[0] ?? '') : `${files.length} files`} from ${short(commit)}`,
    target: { commit, paths, force: request.force },
    plan: [
      ...(stashes ? [`stash ${listed(inTheWay)}`] : []),
      ...files.slice(0, 100).map((path) => `restore ${path} from ${short(commit)}`),
      ...(files.length > 100 ? [`and ${files.length - 100} more files`] : []),
    ],
    touches: {
      refs: stashes ? ['refs/stash'] : [],
      index: true,
      worktree: 'tracked',
      files: work.untracked.map((path) => join(root, path)),
    },
    async run(writer) {
      const stash = stashes
        ? await stashPaths(writer, work.untracked, `bit ${writer.operation}: before restore`)
        : null;
      await writer.git.run(['checkout', '--no-progress', commit, '--', ...paths], {
        env: LITERAL,
        signal: writer.signal,
      });
      return { directory: null, refs: [], files, stash, ledger: null, assets: 0, signer: null };
    },
    record: (out) => ({ commit, files: out.files.slice(0, 100), count: out.files.length, stash: out.stash }),
  };
}

/** Every file of the commit under the paths. @throws BitError `not-found` for a path it hasn't */
async function filesOf(git: GitReader, commit: Oid, paths: readonly string[]): Promise<string[]> {
  const all = await names(git, ['ls-tree', '-r', '-z', '--name-only', '--full-tree', commit]);
  const found = new Set<string>();
  for (const path of paths) {
    const under = path === '.' ? all : all.filter((name) => name === path || name.startsWith(`${path}/`));
    if (under.length === 0) {
      throw new BitError(
        'not-found',
        `${short(commit)} has no '${printable(path)}'`,
        didYouMean(path, all.slice(0, 20_000)),
      );
    }
    for (const name of under) found.add(name);
  }
  return [...found].sort();
}

interface Work {
  readonly tracked: readonly string[];
  readonly untracked: readonly string[];
}

/** Files about to be written that hold something neither HEAD nor the commit has. */
async function workInTheWay(
  git: GitReader,
  root: string,
  commit: Oid,
  files: readonly string[],
): Promise<Work> {
  const status = await git.status({ untracked: false });
  if (status.conflicted.length > 0) {
    throw new BitError('conflict', `there are conflicts to resolve first: ${listed(status.conflicted)}`);
  }
  const wanted = new Set(files);
  const changed = status.changed.flatMap((entry) => [
    entry.path,
    ...(entry.from === undefined ? [] : [entry.from]),
  ]);
  const dirty = [...new Set(changed)].filter((path) => wanted.has(path));
  // what lies there exactly as the commit has it, staged and on disk, loses nothing
  const staged = new Set(
    await names(git, ['diff-index', '--cached', '--name-only', '-z', '--no-renames', commit, '--']),
  );
  const onDisk = new Set(await names(git, ['diff-index', '--name-only', '-z', '--no-renames', commit, '--']));
  const indexed = new Set(await names(git, ['ls-files', '-z']));
  return {
    tracked: dirty.filter((path) => indexed.has(path) && (staged.has(path) || onDisk.has(path))),
    untracked: files.filter(
      (path) =>
        !indexed.has(path) && lstatSync(join(root, path), { throwIfNoEntry: false })?.isDirectory() === false,
    ),
  };
}

async function names(git: GitReader, args: readonly string[]): Promise<string[]> {
  return (await git.read(args)).stdout.split('\0').filter((name) => name !== '');
}
