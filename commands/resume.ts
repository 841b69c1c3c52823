import { Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import { type ResumeResult, resume } from '../src/history/index.ts';

export default class Resume extends action({ action: 'repo.resume', event: 'RESUME' })<ResumeResult> {
  static override summary = 'Continue the merge, rebase, revert or cherry-pick that was interrupted.';
  static override description =
    'Resolve its conflicts and stage the files with bit add first. With --abort everything is as before it began.';
  static override examples = [
    '<%= config.bin %> resume',
    '<%= config.bin %> resume --dry-run',
    '<%= config.bin %> resume --abort --yes',
  ];
  static override flags = { abort: Flags.boolean({ description: 'Give it up instead.' }) };

  protected override effect(reader: Reader, { flags }: Input<typeof Resume>) {
    return resume(reader, { abort: flags.abort });
  }

  protected override render({ resumed, aborted, head }: ResumeResult, page: Page): void {
    page.line(`${aborted ? 'gave up' : 'continued'} the ${resumed}; HEAD is now ${head.slice(0, 10)}`);
  }
}
