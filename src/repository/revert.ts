import { checkRevision, type GitReader, type Oid } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { branchOf, conflictedPaths, listed, requireCommit, short, somethingStaged } from './lookup.ts';
import { refuseInTheMiddle, stateFiles } from './merge-state.ts';

export interface RevertOptions {
  /** Commit, branch (its tip), or range `a..b`. */
  readonly revision: string;
  /** Parent of a merge whose side is kept, from 1. */
  readonly mainline: number | undefined;
}

export interface RevertResult {
  readonly branch: string | null;
  /** What was reverted, newest first. */
  readonly reverted: readonly { readonly oid: Oid; readonly subject: string }[];
  readonly before: Oid;
  readonly after: Oid;
}

/** Most commits one call reverts. */
const MOST = 1000;

/**
 * Commits the opposite of one commit or of each of a range, newest first.
 *
 * @throws BitError `conflict` listing the files, with everything as before
 */
export async function revert(reader: Reader, options: RevertOptions): Promise<Effect<RevertResult>> {
  const { git } = reader;
  if (git.paths.root === undefined)
    throw new BitError('unsupported', 'reverting needs a work tree; this repository is bare');
  const head = await git.head();
  if (head.kind === 'unborn') throw new BitError('failed', 'there is no commit yet to revert');
  const commits = await commitsOf(reader, options.revision);
  for (const commit of commits) refuseMainline(commit, options.mainline);
  refuseInTheMiddle(git.paths);
  await refuseStaged(git);
  const branch = branchOf(head);
  const where = branch ?? 'the detached HEAD';
  return {
    summary: `revert ${commits.length === 1 ? short(commits[0]?.oid ?? '') : `${commits.length} commits`} on ${where}`,
    target: { branch, mode: 'safe', from: head.oid, commits: commits.map(({ oid }) => oid) },
    plan: commits.map(({ oid, subject }) => `revert ${short(oid)} ${subject}`),
    touches: {
      refs: head.kind === 'branch' ? [head.ref] : [],
      head: head.kind === 'detached',
      index: true,
      worktree: 'tracked',
      files: stateFiles(git.paths),
    },
    async run(writer) {
      const mainline = options.mainline === undefined ? [] : ['--mainline', String(options.mainline)];
      refuseInTheMiddle(git.paths);
      await refuseStaged(git);
      try {
        const oids = commits.map(({ oid }) => oid);
        await writer.git.run(['revert', '--no-edit', ...mainline, ...oids], { signal: writer.signal });
      } catch (error) {
        throw await givenUp(writer, { revision: options.revision, before: head.oid, error });
      }
      const now = await writer.git.head();
      const after = now.kind === 'unborn' ? head.oid : now.oid;
      return {
        branch,
        before: head.oid,
        after,
        reverted: commits.map(({ oid, subject }) => ({ oid, subject })),
      };
    },
    record: (out) => ({ before: out.before, after: out.after }),
  };
}

/** Puts everything back and says why. Nothing was staged before, so what is staged now is the revert's own. */
async function givenUp(
  writer: Writer,
  failed: { readonly revision: string; readonly before: Oid; readonly error: unknown },
): Promise<unknown> {
  const { git } = writer;
  const revision = printable(shorten(failed.revision));
  const conflicts = await conflictedPaths(git);
  const empty = conflicts.length === 0 && !(await somethingStaged(git)) && endedWith(failed.error, 1);
  // 128 where git refused before it began, or stopped at an only commit that changes nothing
  await git.run(['revert', '--abort'], { accept: [0, 128] });
  await git.run(['update-index', '-q', '--refresh'], { accept: [0, 1] });
  await git.run(['reset', '--quiet', '--merge', failed.before]);
  if (conflicts.length > 0) {
    return new BitError(
      'conflict',
      `${revision} can't be reverted cleanly: conflicts in ${listed(conflicts)}`,
      {
        hint: `everything is as before; to resolve it in the files: bit git revert ${revision}`,
        details: { conflicts },
      },
    );
  }
  if (!empty) return failed.error;
  return new BitError('failed', `reverting ${revision} changes nothing: what it did is gone already`, {
    cause: failed.error,
    hint: 'see what came after it with: bit log',
  });
}

function endedWith(error: unknown, exitCode: number): boolean {
  return error instanceof BitError && error.details['exitCode'] === exitCode;
}

async function refuseStaged(git: GitReader): Promise<void> {
  const { stdout } = await git.read(['diff', '--cached', '--name-only', '--no-ext-diff', '-z']);
  const paths = stdout.split('\0').filter((path) => path !== '');
  if (paths.length === 0) return;
  throw new BitError('conflict', `staged changes are in the way: ${listed(paths)}`, {
    hint: 'commit them first, or put them aside with: bit git stash',
    details: { paths },
  });
}

interface Reverted {
  readonly oid: Oid;
  readonly subject: string;
  readonly parents: readonly Oid[];
}

async function commitsOf(reader: Reader, revision: string): Promise<readonly Reverted[]> {
  const { git } = reader;
  const [from = '', to, ...rest] = revision.split('..');
  if (to === undefined) return [await git.commit(await requireCommit(git, revision))];
  if (rest.length > 0 || revision.includes('...')) {
    throw new BitError('usage', `${printable(shorten(revision))} is no range: it reads from..to`);
  }
  const [low, high] = await Promise.all([
    requireCommit(git, checkRevision(from === '' ? 'HEAD' : from)),
    requireCommit(git, checkRevision(to === '' ? 'HEAD' : to)),
  ]);
  const commits = await git.log({ from: [high], not: [low], limit: MOST + 1 });
  if (commits.length > MOST)
    throw new BitError('usage', `${printable(revision)} holds more than ${MOST} commits`);
  if (commits.length === 0) throw new BitError('failed', `${printable(revision)} holds no commit to revert`);
  return commits;
}

function refuseMainline({ oid, parents, subject }: Reverted, mainline: number | undefined): void {
  const merge = parents.length > 1;
  if (merge && (mainline === undefined || mainline < 1 || mainline > parents.length)) {
    const sides = parents.map((parent, i) => `-m ${i + 1} keeps ${short(parent)}`).join(', ');
    throw new BitError(
      'usage',
      `${short(oid)} is a merge (${printable(shorten(subject))}): say which side to keep`,
      {
        hint: sides,
        details: { commit: oid, parents },
      },
    );
  }
  if (!merge && mainline !== undefined && mainline !== 1) {
    throw new BitError('usage', `${short(oid)} is no merge: -m ${mainline} says nothing there`);
  }
}
