import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type BotLinked, linkWorkflowOrBot, renderLinked } from '../../src/bots/index.ts';
import type { EditResult } from '../../src/runs/index.ts';

export default class WorkflowLink extends action({
  action: 'workflow.edit',
  event: 'WORKFLOW_LINK',
})<EditResult | BotLinked> {
  static override summary = 'Tie a workflow to an event, to the end of another workflow, or to a bot.';
  static override examples = [
    '<%= config.bin %> workflow link nightly push',
    '<%= config.bin %> workflow link report nightly --dry-run',
    '<%= config.bin %> workflow link ci triage',
  ];
  static override args = {
    name: Args.string({ description: 'The workflow.', required: true }),
    to: Args.string({
      description: 'commit, push, merge, tag, file, …, a workflow or a deployed bot.',
      required: true,
    }),
  };

  protected override effect(reader: Reader, { args }: Input<typeof WorkflowLink>) {
    return linkWorkflowOrBot(reader, { name: args.name, to: args.to });
  }

  protected override render(out: EditResult | BotLinked, page: Page): void {
    if ('bot' in out) renderLinked(out, page);
    else page.line(page.safe(`linked ${out.workflow} (${out.path})`));
  }
}
