import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../../src/api/index.ts';
import {
  inputsFromPairs,
  previewWorkflow,
  renderPreview,
  type WorkflowPreview,
} from '../../../src/github-workflow/index.ts';

export default class WorkflowContextPreview extends Query<WorkflowPreview> {
  static override summary = 'Show what a GitHub workflow would do: its jobs, and every expression evaluated.';
  static override description =
    `Nothing runs. The event is made up from the repository as it stands; --payload gives the members of a real one.
What only the run can tell (outputs of steps and jobs) is said to be so. Secrets are shown as ***.`;
  static override examples = [
    '<%= config.bin %> workflow context preview ci',
    '<%= config.bin %> workflow context preview ci --event pull_request --payload event.json',
    '<%= config.bin %> workflow context preview release --event workflow_dispatch --input version=1.4.2 --json',
  ];
  static override args = {
    workflow: Args.string({
      description: 'Name or file of the workflow.',
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    event: Flags.string({ description: 'The event; default the first it runs on.', helpValue: 'NAME' }),
    payload: Flags.string({ description: 'The payload of the event, JSON.', helpValue: 'FILE' }),
    input: Flags.string({
      description: 'An input of the workflow.',
      multiple: true,
      helpValue: 'NAME=VALUE',
    }),
  };
  static override paged = true;

  protected override execute(reader: Reader, { args, flags }: Input<typeof WorkflowContextPreview>) {
    const { event, payload, input } = flags;
    return previewWorkflow(reader, {
      workflow: args.workflow,
      event,
      payload,
      inputs: inputsFromPairs(input ?? []),
    });
  }

  protected override render(out: WorkflowPreview, page: Page): void {
    renderPreview(out, page);
  }
}
