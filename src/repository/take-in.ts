import type { Oid } from '../git/index.ts';
import type { Writer } from '../operation/index.ts';
import { conflictedPaths } from './lookup.ts';

/** `rebase-merges` keeps local merge commits (`pull.rebase=merges`). */
export type Combining = 'rebase' | 'rebase-merges' | 'merge' | 'ff-only';

export type TakenIn =
  | { readonly state: 'up-to-date' | 'updated' | 'rebased' | 'merged'; readonly after: Oid }
  | { readonly state: 'diverged'; readonly after: Oid }
  /** Git is in the middle of it; the caller gives it up or leaves it. */
  | { readonly state: 'stopped'; readonly conflicts: readonly string[]; readonly error: unknown };

/** Takes `theirs` into the branch HEAD is on: fast-forward where that is enough, else as told. */
export async function takeIn(
  writer: Writer,
  at: { readonly ours: Oid; readonly theirs: Oid; readonly how: Combining; readonly autostash: boolean },
): Promise<TakenIn> {
  const { git, signal } = writer;
  const { ours, theirs, how } = at;
  const base = await git.mergeBase(ours, theirs);
  if (base === theirs) return { state: 'up-to-date', after: ours };
  const autostash = at.autostash ? '--autostash' : '--no-autostash';
  const quiet = ['--quiet', autostash];
  if (base === ours) {
    await git.run(['merge', '--ff-only', '--no-stat', ...quiet, theirs], { signal });
    return { state: 'updated', after: theirs };
  }
  if (how === 'ff-only') return { state: 'diverged', after: ours };
  try {
    const merges = how === 'rebase-merges' ? ['--rebase-merges'] : ['--no-rebase-merges'];
    if (how !== 'merge') await git.run(['rebase', ...quiet, ...merges, theirs], { signal });
    else await git.run(['merge', '--no-edit', '--no-stat', ...quiet, theirs], { signal });
  } catch (error) {
    return { state: 'stopped', conflicts: await conflictedPaths(git), error };
  }
  const head = await git.head();
  const after = head.kind === 'unborn' ? ours : head.oid;
  return { state: how === 'merge' ? 'merged' : 'rebased', after };
}
