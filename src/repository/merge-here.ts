import type { Oid } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import type { Writer } from '../operation/index.ts';
import { conflictedPaths } from './lookup.ts';
import { conflictError, type MergePlan, type MergeResult } from './merge-plan.ts';
import { mergeInProgress, refuseInTheMiddle } from './merge-state.ts';

type Done = Pick<MergeResult, 'kind' | 'after' | 'conflicts'>;

/** The merge in the work tree, by git itself. Given up, everything is as before. */
export async function mergeHere(writer: Writer, plan: MergePlan): Promise<Done> {
  const { git, signal } = writer;
  // what giving up puts back must be this merge's own
  refuseInTheMiddle(git.paths);
  try {
    await git.run(mergeArguments(plan), { signal });
    if (plan.kind === 'squash') {
      const message = plan.message === undefined ? {} : { input: plan.message };
      const how = plan.message === undefined ? ['--no-edit'] : ['--file=-'];
      await git.run(['commit', '--quiet', ...how], { signal, ...message });
    }
  } catch (error) {
    const conflicts = await conflictedPaths(git);
    if (conflicts.length > 0 && plan.leaveConflicts) return { kind: 'conflict', after: plan.ours, conflicts };
    const squashed = plan.kind === 'squash' && !(error instanceof BitError && error.code === 'usage');
    if (mergeInProgress(git.paths)) await git.run(['merge', '--abort']);
    else if (conflicts.length > 0 || squashed) await git.run(['reset', '--quiet', '--merge', plan.ours]);
    throw conflicts.length > 0 ? conflictError(plan, conflicts) : error;
  }
  return { kind: plan.kind, after: await tip(writer), conflicts: [] };
}

function mergeArguments(plan: MergePlan): string[] {
  const ff = { allowed: '--ff', only: '--ff-only', never: '--no-ff' }[plan.fastForward];
  return [
    ...['merge', '--no-edit', '--no-progress', '--no-stat', '--no-autostash'],
    // squash refuses --no-ff, which merge.ff may have set
    // branch.<name>.mergeOptions may say --no-commit
    ...(plan.squash ? ['--ff', '--squash'] : ['--no-squash', '--commit', ff]),
    ...(plan.strategy === undefined ? [] : [`--strategy=${plan.strategy}`]),
    ...(plan.message === undefined || plan.squash ? [] : ['-m', plan.message]),
    plan.source,
  ];
}

async function tip(writer: Writer): Promise<Oid> {
  const head = await writer.git.head();
  if (head.kind === 'unborn') throw new BitError('failed', 'git reported a merge and HEAD has no commit');
  return head.oid;
}
