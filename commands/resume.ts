import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import { goOnOrResume, type Resumed, renderResumed } from '../src/runs/index.ts';

export default class Resume extends action({ action: 'repo.resume', event: 'RESUME' })<Resumed> {
  static override summary = 'Continue what was interrupted: a merge, rebase, revert, cherry-pick or a run.';
  static override description =
    `Resolve its conflicts and stage the files with bit add first. With --abort everything is as before it began. A run
goes on after its last finished step; no step that succeeded runs again.`;
  static override examples = [
    '<%= config.bin %> resume',
    '<%= config.bin %> resume --dry-run',
    '<%= config.bin %> resume 01k2c9',
    '<%= config.bin %> resume --abort --yes',
  ];
  static override args = {
    run: Args.string({ description: 'A run; default git’s own operation, else the newest interrupted run.' }),
  };
  static override flags = { abort: Flags.boolean({ description: 'Give it up instead.' }) };

  protected override effect(reader: Reader, { args, flags }: Input<typeof Resume>) {
    return goOnOrResume(reader, { abort: flags.abort, run: args.run });
  }

  protected override render(out: Resumed, page: Page): void {
    renderResumed(out, page);
  }
}
