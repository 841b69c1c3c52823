import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type EditResult, modifyWorkflow, pairs } from '../../src/runs/index.ts';

export default class WorkflowModify extends action({
  action: 'workflow.edit',
  event: 'WORKFLOW_MODIFY',
})<EditResult> {
  static override summary = 'Change keys of a workflow; its comments and order stay.';
  static override description =
    'Keys are dotted, list items counted from 0: jobs.build.steps.0.run. Values are YAML. What would be no workflow any more is refused.';
  static override examples = [
    '<%= config.bin %> workflow modify nightly --set jobs.main.timeout-minutes=10',
    '<%= config.bin %> workflow modify nightly --set "jobs.main.steps.0.retry={times: 3}" --unset env',
  ];
  static override args = { name: Args.string({ description: 'The workflow.', required: true }) };
  static override flags = {
    set: Flags.string({ description: 'Set a key.', multiple: true, helpValue: 'KEY=VALUE' }),
    unset: Flags.string({ description: 'Take a key away.', multiple: true, helpValue: 'KEY' }),
  };

  protected override async effect(reader: Reader, { args, flags }: Input<typeof WorkflowModify>) {
    const set = Object.entries(pairs('--set', flags.set)).map(([key, value]) => ({ key, value }));
    const unset = (flags.unset ?? []).map((key) => ({ key, value: undefined }));
    return modifyWorkflow(reader, { name: args.name, changes: [...set, ...unset] });
  }

  protected override render(out: EditResult, page: Page): void {
    page.line(page.safe(`changed ${out.path}`));
  }
}
