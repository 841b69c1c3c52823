import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import { type FreezeResult, type FreezeScope, freeze } from '../src/freeze/index.ts';

export default class Freeze extends action({ action: 'freeze.set', event: 'FREEZE' })<FreezeResult> {
  static override summary = 'Let nothing change in the repository, a branch, a workflow or a bucket.';
  static override description =
    `While a freeze stands every other action on it is denied, and git hooks, set beside those that are there, refuse
plain git commit, merge and push. --thaw lifts it and takes the hooks away. Both can be undone.`;
  static override examples = [
    "<%= config.bin %> freeze repo --until 3d --reason 'the release is being cut'",
    '<%= config.bin %> freeze branch main',
    '<%= config.bin %> freeze workflow deploy --until 2030-01-31',
    '<%= config.bin %> freeze --bucket media',
    '<%= config.bin %> freeze repo --thaw',
  ];
  static override args = {
    scope: Args.string({
      description: 'What to freeze.',
      options: ['repo', 'branch', 'workflow', 'bucket'],
    }),
    name: Args.string({ description: 'Which branch (default: the current one), workflow or bucket.' }),
  };
  static override flags = {
    branch: Flags.string({
      description: 'The same as: branch NAME.',
      helpValue: 'NAME',
      exclusive: ['workflow', 'bucket'],
    }),
    workflow: Flags.string({
      description: 'The same as: workflow NAME.',
      helpValue: 'NAME',
      exclusive: ['bucket'],
    }),
    bucket: Flags.string({ description: 'The same as: bucket NAME.', helpValue: 'NAME' }),
    until: Flags.string({ description: 'When it ends by itself: 3d, 2030-01-31, 2030-01-31T08:00:00Z.' }),
    reason: Flags.string({ description: 'Told to whom it stops.' }),
    thaw: Flags.boolean({ description: 'Lift it.' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof Freeze>) {
    const { until, reason, thaw, branch, workflow, bucket } = flags;
    const scope = args.scope as FreezeScope | undefined;
    return freeze(reader, {
      scope,
      name: args.name,
      flags: { branch, workflow, bucket },
      until,
      reason,
      thaw,
    });
  }

  protected override render(out: FreezeResult, page: Page): void {
    const what = out.scope === 'repo' ? 'the repository' : `${out.scope} ${out.name}`;
    const end = out.until === null ? '' : ` until ${out.until}`;
    page.line(page.safe(out.frozen ? `Froze ${what}${end}.` : `Thawed ${what}.`));
    if (out.hooks) page.line('Git hooks refuse plain git commit, merge and push.');
    if (!out.frozen && out.standing.length > 0) page.line(`${out.standing.length} other freezes stand.`);
  }
}
