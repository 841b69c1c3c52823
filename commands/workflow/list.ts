import { type Page, Query, type Reader } from '../../src/api/index.ts';
import { listWorkflows, renderWorkflows, type WorkflowList } from '../../src/runs/index.ts';

export default class List extends Query<WorkflowList> {
  static override summary =
    'List the workflows here: of .bithub/workflows, .bithub.yml and .github/workflows.';
  static override examples = ['<%= config.bin %> workflow list', '<%= config.bin %> workflow --json'];

  protected override execute(reader: Reader): Promise<WorkflowList> {
    return listWorkflows(reader);
  }

  protected override render(out: WorkflowList, page: Page): void {
    renderWorkflows(out, page);
  }
}
