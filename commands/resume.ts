import { action, type Page, type Reader } from '../src/api/index.ts';
import { type ResumeResult, resume } from '../src/history/index.ts';

export default class Resume extends action({ action: 'repo.resume', event: 'RESUME' })<ResumeResult> {
  static override summary = 'Continue the merge, rebase, revert or cherry-pick that was interrupted.';
  static override examples = ['<%= config.bin %> resume', '<%= config.bin %> resume --dry-run'];

  protected override effect(reader: Reader) {
    return resume(reader);
  }

  protected override render(out: ResumeResult, page: Page): void {
    page.line(`continued the ${out.resumed}; HEAD is now ${out.head.slice(0, 10)}`);
  }
}
