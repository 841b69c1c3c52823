import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { askWorkflow, type EditResult, TEMPLATE_NAMES, type TemplateName } from '../../src/runs/index.ts';

export default class WorkflowCreate extends action({
  action: 'workflow.edit',
  event: 'WORKFLOW_CREATE',
})<EditResult> {
  static override summary = 'Write a new workflow to .bithub/workflows.';
  static override examples = [
    '<%= config.bin %> workflow create nightly --run "make test" --run "make docs"',
    '<%= config.bin %> workflow create ci --template node --dry-run',
  ];
  static override description =
    'On a terminal it asks for what is not said: the name, the template, and the commands of its steps.';
  static override args = { name: Args.string({ description: 'Its name; asked for on a terminal.' }) };
  static override flags = {
    template: Flags.string({
      description: 'What to start from.',
      options: [...TEMPLATE_NAMES],
    }),
    run: Flags.string({ description: 'A step that runs this; may be repeated.', multiple: true }),
  };

  protected override async effect(reader: Reader, { args, flags }: Input<typeof WorkflowCreate>) {
    const { name, run } = { ...args, ...flags };
    return askWorkflow(reader, { name, template: flags.template as TemplateName | undefined, run });
  }

  protected override render(out: EditResult, page: Page): void {
    page.line(page.safe(`wrote ${out.path}; run it with: bit run ${out.workflow}`));
  }
}
