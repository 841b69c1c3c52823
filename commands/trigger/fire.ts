import { action, count, type Page, type Reader } from '../../src/api/index.ts';
import { type FireResult, fireTriggers } from '../../src/trigger/index.ts';

export default class TriggerFire extends action({
  action: 'workflow.trigger',
  event: 'TRIGGER_RUN',
})<FireResult> {
  static override summary = 'Run what triggers say of the events that wait: the git hooks call it.';
  static override examples = ['<%= config.bin %> trigger fire', '<%= config.bin %> trigger fire --dry-run'];

  protected override effect(reader: Reader) {
    return fireTriggers(reader);
  }

  protected override render({ fired }: FireResult, page: Page): void {
    if (fired.length === 0) page.line('No event waits for a trigger.');
    else page.line(`${count(fired.length, 'trigger')} looked at`);
  }
}
