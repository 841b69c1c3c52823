import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../../src/api/index.ts';
import { debugWorkflow, pairs, type RunResult, renderRan, sandboxOf } from '../../../src/runs/index.ts';

export default class WorkflowContextDebug extends action({
  action: 'workflow.run',
  event: 'WORKFLOW_DEBUG',
})<RunResult> {
  static override summary = 'Run a workflow step by step: see what each is given, stop, open a shell, skip.';
  static override description =
    'Stops before every step, or at --break. Where nobody can be asked it shows what each step is given and goes on.';
  static override examples = [
    '<%= config.bin %> workflow context debug nightly',
    '<%= config.bin %> workflow context debug build --break test/unit --input who=Ada',
  ];
  static override args = { workflow: Args.string({ description: 'The workflow.', required: true }) };
  static override flags = {
    break: Flags.string({
      description: 'Stop only before this job or step.',
      multiple: true,
      helpValue: 'JOB[/STEP]',
    }),
    input: Flags.string({ description: 'An input.', multiple: true, helpValue: 'NAME=VALUE' }),
    env: Flags.string({ description: 'An environment variable.', multiple: true, helpValue: 'NAME=VALUE' }),
    event: Flags.string({ description: 'The event it is run for.', default: 'manual' }),
    sandbox: Flags.boolean({ description: 'In a sandbox: only the work tree can be written.' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof WorkflowContextDebug>) {
    return debugWorkflow(reader, {
      workflow: args.workflow,
      inputs: pairs('--input', flags.input),
      env: pairs('--env', flags.env),
      jobs: [],
      on: 'local',
      event: { name: flags.event, payload: {} },
      sandbox: sandboxOf(flags),
      parallel: 1,
      words: [],
      breakpoints: flags.break ?? [],
    });
  }

  protected override render(out: RunResult, page: Page): void {
    renderRan(out, page);
  }
}
