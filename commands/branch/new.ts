import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type NewBranchResult, newBranch } from '../../src/repository/index.ts';

export default class BranchNew extends action({
  action: 'repo.branch',
  event: 'BRANCH_NEW',
})<NewBranchResult> {
  static override summary = 'Make a branch.';
  static override examples = [
    '<%= config.bin %> branch new topic --switch',
    '<%= config.bin %> branch new hotfix --from v1.2.0',
    '<%= config.bin %> branch new topic --from origin/topic --track',
  ];
  static override args = { name: Args.string({ required: true, description: 'Name of the branch.' }) };
  static override flags = {
    from: Flags.string({ helpValue: 'REV', description: 'Where it starts; HEAD by default.' }),
    switch: Flags.boolean({ char: 's', description: 'Go to it.' }),
    track: Flags.boolean({
      char: 't',
      allowNo: true,
      description: 'Let it track the branch it starts from; done by itself for one of a remote.',
    }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof BranchNew>) {
    const { from, track } = flags;
    return newBranch(reader, { name: args.name, from, switch: flags.switch, track });
  }

  protected override render({ branch, oid, upstream, switched }: NewBranchResult, page: Page): void {
    const tracks = upstream === null ? '' : `, tracking ${page.safe(upstream)}`;
    const said = switched ? 'On new branch' : 'Made branch';
    page.line(`${said} ${page.style.green(page.safe(branch))} at ${oid.slice(0, 10)}${tracks}`);
  }
}
