import { Args, Flags } from '@oclif/core';
import { action, type Effect, type Input, type Page, type Reader } from '../src/api/index.ts';
import { count } from '../src/cli/page.ts';
import { type MoveBranchResult, moveBranch, type RevertResult, revert } from '../src/repository/index.ts';

export default class Revert extends action({ action: 'repo.revert', event: 'REVERT' })<
  RevertResult | MoveBranchResult
> {
  static override summary = 'Take commits back, by new commits or by moving the branch.';
  static override description =
    `safe (the default) commits the opposite of a commit, or of each of a range a..b. force moves the branch to the
commit; where it stood is recorded, and bit undo returns there.`;
  static override examples = [
    '<%= config.bin %> revert HEAD',
    '<%= config.bin %> revert v1.1..v1.2',
    '<%= config.bin %> revert abc1234 -m 1',
    '<%= config.bin %> revert origin/main force --branch main --yes',
  ];
  static override args = {
    revision: Args.string({ required: true, description: 'A commit, a branch, or a range a..b.' }),
    mode: Args.string({ options: ['safe', 'force'], default: 'safe', description: 'How to go back.' }),
  };
  static override flags = {
    mainline: Flags.integer({
      char: 'm',
      min: 1,
      helpValue: 'N',
      description: 'Which parent of a merge is kept, from 1.',
    }),
    branch: Flags.string({
      helpValue: 'NAME',
      description: 'With force: the branch to move; the current one by default.',
    }),
  };

  protected override effect(
    reader: Reader,
    { args, flags }: Input<typeof Revert>,
  ): Promise<Effect<RevertResult | MoveBranchResult>> {
    const { revision } = args;
    if (args.mode === 'force') return moveBranch(reader, { revision, branch: flags.branch });
    return revert(reader, { revision, mainline: flags.mainline });
  }

  protected override render(out: RevertResult | MoveBranchResult, page: Page): void {
    const branch = page.safe(out.branch ?? 'HEAD');
    if ('dropped' in out) {
      page.line(
        `${branch} moved from ${out.before.slice(0, 10)} to ${page.style.yellow(out.after.slice(0, 10))}, without ${count(out.dropped, 'commit')}`,
      );
      page.line(page.style.dim('back with: bit undo'));
      return;
    }
    for (const { oid, subject } of out.reverted)
      page.line(`reverted ${oid.slice(0, 10)} ${page.safe(subject)}`);
    page.line(`${branch} is at ${page.style.yellow(out.after.slice(0, 10))}`);
  }
}
