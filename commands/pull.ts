import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import { type PullResult, pull } from '../src/repository/index.ts';

const HOW = ['rebase', 'merge', 'ff-only'];
const TOLD: Readonly<Record<string, string>> = {
  elsewhere: 'checked out in another work tree',
  blocked: 'left alone: local changes are in the way',
  diverged: 'left alone: both sides have commits',
};

export default class Pull extends action({ action: 'repo.pull', event: 'PULL' })<PullResult> {
  static override summary = 'Fetch, and bring a branch up to what it tracks.';
  static override description =
    `all fast-forwards every branch that tracks something, checked out or not, and says of each where it stands.
Where both sides have commits, say --rebase or --merge; a conflict leaves the branch as before.`;
  static override examples = [
    '<%= config.bin %> pull',
    '<%= config.bin %> pull --rebase',
    '<%= config.bin %> pull all',
    '<%= config.bin %> pull main upstream --ff-only',
  ];
  static override args = {
    branch: Args.string({ description: 'A branch, or all; the current one by default.' }),
    source: Args.string({ description: 'A remote or address; by default what the branch tracks.' }),
  };
  static override flags = {
    rebase: Flags.boolean({ exclusive: HOW.slice(1), description: 'Put your commits on top of theirs.' }),
    merge: Flags.boolean({ exclusive: ['rebase', 'ff-only'], description: 'Make a merge commit.' }),
    'ff-only': Flags.boolean({ exclusive: HOW.slice(0, 2), description: 'Refuse where both have commits.' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof Pull>) {
    const how = flags.rebase ? 'rebase' : flags.merge ? 'merge' : flags['ff-only'] ? 'ff-only' : undefined;
    return pull(reader, { branch: args.branch, source: args.source, how });
  }

  protected override exitCode({ branches }: PullResult): number {
    return branches.some(({ state }) => state === 'blocked') ? 1 : 0;
  }

  protected override render({ branches }: PullResult, page: Page): void {
    page.table(
      branches.map(({ branch, upstream, before, after, state }) => [
        page.safe(branch),
        TOLD[state] ?? state.replaceAll('-', ' '),
        before === after ? '' : `${before.slice(0, 10)} → ${page.style.yellow(after.slice(0, 10))}`,
        page.style.dim(page.safe(upstream)),
      ]),
    );
  }
}
