import type { Oid } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import {
  branchesElsewhere,
  requireBranch,
  requireCommit,
  requireOnBranch,
  short,
  shortBranch,
  somethingStaged,
} from './lookup.ts';

import { refuseInTheMiddle } from './merge-state.ts';

export interface MoveBranchOptions {
  /** Where to. */
  readonly revision: string;
  /** Default the one HEAD is on. */
  readonly branch: string | undefined;
}

export interface MoveBranchResult {
  readonly branch: string;
  readonly before: Oid;
  readonly after: Oid;
  /** Commits the branch no longer holds. */
  readonly dropped: number;
}

/**
 * Moves a branch to another commit. Where it stood is recorded and pinned, so that a rollback can return; files with
 * local changes that would be overwritten stop it (`git reset --keep`).
 */
export async function moveBranch(
  reader: Reader,
  options: MoveBranchOptions,
): Promise<Effect<MoveBranchResult>> {
  const { git } = reader;
  const head = await git.head();
  const current =
    options.branch === undefined
      ? await requireOnBranch(git, 'move the branch')
      : await named(reader, options.branch);
  const { ref, oid: before } = current;
  const here = head.kind === 'branch' && head.ref === ref && git.paths.root !== undefined;
  if (here) refuseInTheMiddle(git.paths);
  const branch = shortBranch(ref);
  const after = await requireCommit(git, options.revision);
  if (after === before) {
    throw new BitError('failed', `${printable(branch)} stands at ${printable(options.revision)} already`);
  }
  const elsewhere = (await branchesElsewhere(git)).get(ref);
  if (elsewhere !== undefined && !here) {
    throw new BitError('conflict', `${printable(branch)} is checked out at ${printable(elsewhere)}`);
  }
  const { stdout } = await git.read(['rev-list', '--left-right', '--count', `${before}...${after}`, '--']);
  const [dropped = 0, gained = 0] = stdout.trim().split('\t').map(Number);
  const changes = `${dropped} commits leave it, ${gained} join it`;
  return {
    summary: `move ${branch} from ${short(before)} to ${short(after)}`,
    target: { branch, mode: 'force', from: before, oid: after, dropped, force: true },
    plan: [
      `move ${branch} from ${short(before)} to ${short(after)}: ${changes}`,
      ...(here ? ['change the files with it, keeping local changes'] : []),
    ],
    touches: {
      refs: [ref],
      rewrites: true,
      // what is staged and in neither commit stays as an untracked file
      ...(here ? { index: true, worktree: (await somethingStaged(git)) ? 'untracked' : 'tracked' } : {}),
    },
    confirm: `Move ${branch} from ${short(before)} to ${short(after)} (${changes})?`,
    async run(writer) {
      if (here) {
        // a file only touched is no change, and `--keep` takes it for one
        await writer.git.run(['update-index', '-q', '--refresh'], { accept: [0, 1] });
        await writer.git.run(['reset', '--quiet', '--keep', after], { signal: writer.signal });
      } else
        await writer.git.updateRefs(
          [{ name: ref, to: after, from: before }],
          `bit ${writer.operation}: revert force`,
        );
      return { branch, before, after, dropped };
    },
    record: (out) => ({ branch: out.branch, before: out.before, after: out.after }),
  };
}

async function named(reader: Reader, name: string): Promise<{ readonly ref: string; readonly oid: Oid }> {
  const { name: ref, oid } = await requireBranch(reader.git, name);
  return { ref, oid };
}
