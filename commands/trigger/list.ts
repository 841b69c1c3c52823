import { type Page, Query, type Reader } from '../../src/api/index.ts';
import { listTriggers, renderTriggers, type TriggerList } from '../../src/trigger/index.ts';

export default class TriggerListing extends Query<TriggerList> {
  static override summary = 'List the triggers of this clone, and how each went last.';
  static override examples = ['<%= config.bin %> trigger list', '<%= config.bin %> trigger list --json'];

  protected override async execute(reader: Reader): Promise<TriggerList> {
    return listTriggers(reader);
  }

  protected override render(out: TriggerList, page: Page): void {
    renderTriggers(out, page);
  }
}
