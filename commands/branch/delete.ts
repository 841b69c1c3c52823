import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { count } from '../../src/cli/page.ts';
import { type DeleteBranchResult, deleteBranches } from '../../src/repository/index.ts';

export default class BranchDelete extends action({
  action: 'repo.branch',
  event: 'BRANCH_DELETE',
})<DeleteBranchResult> {
  static override summary = 'Delete branches, unless commits would be lost.';
  static override examples = [
    '<%= config.bin %> branch delete topic',
    '<%= config.bin %> branch delete old-try older-try --force --yes',
  ];
  static override strict = false;
  static override args = { names: Args.string({ required: true, description: 'The branches.' }) };
  static override flags = {
    force: Flags.boolean({ char: 'f', description: 'Also where commits are on no other branch.' }),
  };

  protected override effect(reader: Reader, { flags, rest }: Input<typeof BranchDelete>) {
    return deleteBranches(reader, { names: rest, force: flags.force });
  }

  protected override render({ deleted }: DeleteBranchResult, page: Page): void {
    for (const { branch, tip, lost } of deleted) {
      const what =
        lost === 0 ? '' : page.style.yellow(` with ${count(lost, 'commit')} of its own; back with: bit undo`);
      page.line(`Deleted ${page.safe(branch)} (was ${tip.slice(0, 10)})${what}`);
    }
  }
}
