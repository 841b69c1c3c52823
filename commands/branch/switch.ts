import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type SwitchResult, switchBranch } from '../../src/repository/index.ts';

export default class BranchSwitch extends action({
  action: 'repo.branch',
  event: 'BRANCH_SWITCH',
})<SwitchResult> {
  static override summary = 'Go to a branch.';
  static override description = 'A branch that only a remote has is made here and tracks it.';
  static override examples = [
    '<%= config.bin %> branch switch main',
    '<%= config.bin %> branch switch -',
    '<%= config.bin %> branch switch topic --create --from origin/main',
  ];
  static override args = {
    name: Args.string({ required: true, description: 'The branch; - for the one before.' }),
  };
  static override flags = {
    create: Flags.boolean({ char: 'c', description: 'Make it first.' }),
    from: Flags.string({ helpValue: 'REV', description: 'Where a new one starts; HEAD by default.' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof BranchSwitch>) {
    return switchBranch(reader, { name: args.name, create: flags.create, from: flags.from });
  }

  protected override render({ branch, created, upstream }: SwitchResult, page: Page): void {
    const tracks = upstream === null ? '' : `, tracking ${page.safe(upstream)}`;
    page.line(`${created ? 'On new branch' : 'On branch'} ${page.style.green(page.safe(branch))}${tracks}`);
  }
}
