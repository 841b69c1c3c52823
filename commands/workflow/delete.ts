import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { deleteWorkflow, type EditResult } from '../../src/runs/index.ts';

export default class WorkflowDelete extends action({
  action: 'workflow.edit',
  event: 'WORKFLOW_DELETE',
})<EditResult> {
  static override summary = 'Delete a workflow of .bithub/workflows; bit undo brings it back.';
  static override examples = [
    '<%= config.bin %> workflow delete nightly --yes',
    '<%= config.bin %> workflow delete nightly --dry-run',
  ];
  static override args = { name: Args.string({ description: 'The workflow.', required: true }) };

  protected override async effect(reader: Reader, { args }: Input<typeof WorkflowDelete>) {
    return deleteWorkflow(reader, { name: args.name });
  }

  protected override render(out: EditResult, page: Page): void {
    page.line(page.safe(`deleted ${out.path}`));
  }
}
