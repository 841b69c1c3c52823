import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type EditResult, linkWorkflow } from '../../src/runs/index.ts';

export default class WorkflowLink extends action({
  action: 'workflow.edit',
  event: 'WORKFLOW_LINK',
})<EditResult> {
  static override summary = 'Tie a workflow to an event, or to the end of another workflow.';
  static override examples = [
    '<%= config.bin %> workflow link nightly push',
    '<%= config.bin %> workflow link report nightly --dry-run',
  ];
  static override args = {
    name: Args.string({ description: 'The workflow.', required: true }),
    to: Args.string({ description: 'commit, push, merge, tag, file, … or a workflow.', required: true }),
  };

  protected override effect(reader: Reader, { args }: Input<typeof WorkflowLink>) {
    return linkWorkflow(reader, { name: args.name, to: args.to });
  }

  protected override render(out: EditResult, page: Page): void {
    page.line(page.safe(`linked ${out.workflow} (${out.path})`));
  }
}
