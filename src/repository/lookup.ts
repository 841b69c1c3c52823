import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  checkRefName,
  checkRevision,
  type GitReader,
  type Head,
  type Oid,
  type Ref,
  type RefName,
  type RepositoryPaths,
} from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { readTextIfExists } from '../kernel/files.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';

export const HEADS = 'refs/heads/';

/** `main` of `refs/heads/main`; other names stay whole. */
export function shortBranch(ref: RefName): string {
  return ref.startsWith(HEADS) ? ref.slice(HEADS.length) : ref;
}

/** Short name of the branch HEAD is on, or null where it is detached. */
export function branchOf(head: Head): string | null {
  return head.kind === 'detached' ? null : shortBranch(head.ref);
}

export function short(oid: Oid): string {
  return oid.slice(0, 10);
}

/** Names of branches and tags as people type them, for suggestions. */
async function knownNames(git: GitReader): Promise<string[]> {
  const refs = await git.refs(['refs/heads/', 'refs/remotes/', 'refs/tags/']);
  return refs.map((ref) => ref.name.replace(/^refs\/(heads|remotes|tags)\//, ''));
}

export function didYouMean(word: string, candidates: Iterable<string>): { readonly hint?: string } {
  const near = nearest(word, candidates);
  return near.length === 0 ? {} : { hint: `did you mean: ${near.map((name) => printable(name)).join(', ')}` };
}

/**
 * The commit a revision names.
 *
 * @throws BitError `usage` where it is no revision, `not-found` with the nearest names
 */
export async function requireCommit(git: GitReader, revision: string): Promise<Oid> {
  const oid = await git.resolve(checkRevision(revision), 'commit');
  if (oid !== undefined) return oid;
  throw new BitError('not-found', `there is no commit '${printable(shorten(revision))}'`, {
    ...didYouMean(revision, await knownNames(git)),
    details: { revision },
  });
}

/** A local branch by its short name. @throws BitError `not-found` with the nearest names */
export async function requireBranch(git: GitReader, name: string): Promise<Ref> {
  checkRefName(name);
  const branches = await git.refs([HEADS]);
  const found = branches.find((ref) => ref.name === `${HEADS}${shortBranch(name)}`);
  if (found !== undefined) return found;
  throw new BitError('not-found', `there is no branch '${printable(shorten(name))}'`, {
    ...didYouMean(
      name,
      branches.map((ref) => shortBranch(ref.name)),
    ),
    details: { branch: name },
  });
}

/** The branch HEAD is on. @throws BitError `failed` where it is detached or has no commit yet */
export async function requireOnBranch(
  git: GitReader,
  doing: string,
): Promise<{ readonly ref: RefName; readonly oid: Oid }> {
  const head = await git.head();
  if (head.kind === 'branch') return head;
  if (head.kind === 'unborn')
    throw new BitError('failed', `can't ${doing}: ${shortBranch(head.ref)} has no commit yet`);
  throw new BitError('failed', `can't ${doing}: HEAD is detached at ${short(head.oid)}, on no branch`, {
    hint: 'switch to a branch first: bit branch switch <name>',
  });
}

/** The branches that this or another work tree is rebasing or bisecting, and which of the two. */
export function branchesInUse(paths: RepositoryPaths): ReadonlyMap<RefName, string> {
  const linked = join(paths.commonDir, 'worktrees');
  const names = existsSync(linked) ? readdirSync(linked) : [];
  const used = new Map<RefName, string>();
  for (const directory of [paths.commonDir, ...names.map((name) => join(linked, name))]) {
    for (const [doing, file] of [
      ['rebased', 'rebase-merge/head-name'],
      ['rebased', 'rebase-apply/head-name'],
      ['bisected', 'BISECT_START'],
    ] as const) {
      const name = readTextIfExists(join(directory, file))?.trim();
      if (name !== undefined && name !== '')
        used.set(name.startsWith('refs/') ? name : `${HEADS}${name}`, doing);
    }
  }
  return used;
}

/** Other work trees of this repository by the branch checked out there. */
export async function branchesElsewhere(git: GitReader): Promise<ReadonlyMap<RefName, string>> {
  // without the git program linked work trees are refused as a whole
  if (git.adapter === 'isomorphic') return new Map();
  const { stdout } = await git.read(['worktree', 'list', '--porcelain', '-z']);
  const elsewhere = new Map<RefName, string>();
  let path = '';
  for (const line of stdout.split('\0')) {
    if (line.startsWith('worktree ')) path = line.slice('worktree '.length);
    if (line.startsWith('branch ') && path !== git.paths.root)
      elsewhere.set(line.slice('branch '.length), path);
  }
  return elsewhere;
}

/** Paths with conflicts in the index. */
export async function conflictedPaths(git: GitReader): Promise<string[]> {
  const { stdout } = await git.read(['diff', '--name-only', '--diff-filter=U', '-z']);
  return [...new Set(stdout.split('\0').filter((path) => path !== ''))];
}

/** Whether the index differs from HEAD. */
export async function somethingStaged(git: GitReader): Promise<boolean> {
  const { exitCode } = await git.read(['diff', '--cached', '--quiet', '--no-ext-diff'], { accept: [0, 1] });
  return exitCode === 1;
}

/** Up to ten names, and how many more. */
export function listed(names: readonly string[]): string {
  const first = names.slice(0, 10).map((name) => printable(name));
  return first.join(', ') + (names.length > 10 ? `, and ${names.length - 10} more` : '');
}
