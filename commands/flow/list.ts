import { type Page, Query, type Reader } from '../../src/api/index.ts';
import { type FlowListing, listFlows, renderFlows } from '../../src/orchestration/index.ts';

export default class FlowList extends Query<FlowListing> {
  static override summary = 'List the flows of .bithub.yml, and what they run on.';
  static override examples = ['<%= config.bin %> flow list', '<%= config.bin %> flow list --json'];

  protected override execute(reader: Reader): Promise<FlowListing> {
    return listFlows(reader);
  }

  protected override render(out: FlowListing, page: Page): void {
    renderFlows(out, page);
  }
}
