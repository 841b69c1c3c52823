import { checkRevision, type Oid } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { branchOf, conflictedPaths, listed, requireCommit, short } from './lookup.ts';
import { stateFiles } from './merge-state.ts';

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
      try {
        const oids = commits.map(({ oid }) => oid);
        await writer.git.run(['revert', '--no-edit', ...mainline, ...oids], { signal: writer.signal });
      } catch (error) {
        const conflicts = await conflictedPaths(writer.git);
        // 128 where git refused before it began
        await writer.git.run(['revert', '--abort'], { accept: [0, 128] });
        if (conflicts.length === 0) throw error;
        throw new BitError(
          'conflict',
          `${printable(options.revision)} can't be reverted cleanly: conflicts in ${listed(conflicts)}`,
          {
            hint: `everything is as before; to resolve it in the files: bit git revert ${printable(options.revision)}`,
            details: { conflicts },
          },
        );
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
