import { checkShortName, type GitWriter } from '../git/index.ts';
import type { Writer } from '../operation/index.ts';
import { branchOf } from './lookup.ts';

/**
 * `git switch`, in this work tree. The reflog line is the one git itself would write, for `@{-1}` is read from it,
 * with the operation's id behind.
 */
export async function switchFiles(writer: Writer, branch: string): Promise<void> {
  checkShortName('branch', branch);
  if (writer.git.adapter === 'isomorphic') return writer.git.switchTo(branch);
  const head = await writer.git.head();
  const from = branchOf(head) ?? (head.kind === 'detached' ? head.oid : '');
  await writer.git.run(['switch', '--no-progress', '--no-guess', branch], {
    signal: writer.signal,
    env: { GIT_REFLOG_ACTION: `checkout: moving from ${from} to ${branch} (bit ${writer.operation})` },
  });
}

/** Git's own section `branch.<name>`; 128 where it has none. */
export async function forgetBranchSettings(git: GitWriter, branch: string): Promise<void> {
  await git.run(['config', '--local', '--remove-section', `branch.${branch}`], { accept: [0, 1, 128] });
}
