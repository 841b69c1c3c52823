import { type Page, Query, type Reader } from '../../src/api/index.ts';
import {
  type FlowCheck as Checked,
  checkSpecification,
  renderFlowCheck,
} from '../../src/orchestration/index.ts';

export default class FlowCheck extends Query<Checked> {
  static override summary = 'Check .bithub.yml, all of it.';
  static override description =
    'Every key, condition, effect and name; all that is wrong is told at once by line and column. Workflows that are not there are warned of.';
  static override examples = ['<%= config.bin %> flow check', '<%= config.bin %> flow check --json'];

  protected override execute(reader: Reader): Promise<Checked> {
    return checkSpecification(reader);
  }

  protected override render(out: Checked, page: Page): void {
    renderFlowCheck(out, page);
  }
}
