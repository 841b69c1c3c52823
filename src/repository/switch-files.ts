import { checkShortName, type GitWriter } from '../git/index.ts';
import type { Writer } from '../operation/index.ts';

/** `git switch`, in this work tree. Its reflog line stays git's own: `@{-1}` is read from it. */
export async function switchFiles(writer: Writer, branch: string): Promise<void> {
  checkShortName('branch', branch);
  await writer.git.run(['switch', '--no-progress', '--no-guess', branch], { signal: writer.signal });
}

/** Git's own section `branch.<name>`; 128 where it has none. */
export async function forgetBranchSettings(git: GitWriter, branch: string): Promise<void> {
  await git.run(['config', '--local', '--remove-section', `branch.${branch}`], { accept: [0, 1, 128] });
}
