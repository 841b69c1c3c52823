import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { occasionFlags } from '../../src/cli/occasion-flags.ts';
import { type FlowRun, pairs, renderFlowRun, runFlow } from '../../src/runs/index.ts';

export default class FlowRunCommand extends action({ action: 'workflow.run', event: 'FLOW_RUN' })<FlowRun> {
  static override summary = 'Run a flow of .bithub.yml, here.';
  static override description =
    `Gates, actions, barriers and workflows in their order, each durable before the next begins; killed, it goes
on with bit resume, failed with bit retry failed. Its audit is written to orchestration_audit/ whatever happened, and the
audit's digest stands in the ledger. See what it would do with bit flow plan.`;
  static override examples = [
    '<%= config.bin %> flow run',
    '<%= config.bin %> flow run main-ci --event push --branch main',
    '<%= config.bin %> flow run nightly-hardening --event schedule --dry-run',
  ];
  static override args = {
    flow: Args.string({ description: 'The flow; without it the first that the event starts.' }),
  };
  static override flags = {
    ...occasionFlags,
    env: Flags.string({
      description: 'An environment variable of its steps.',
      multiple: true,
      helpValue: 'NAME=VALUE',
    }),
    jobs: Flags.integer({ description: 'Most jobs at once; default one a processor.', min: 1 }),
    sandbox: Flags.boolean({ description: 'In a sandbox: only the work tree can be written.' }),
    on: Flags.option({
      description: 'Where jobs run.',
      options: ['local', 'vm', 'mesh'] as const,
      default: 'local',
    })(),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof FlowRunCommand>) {
    const { label, env, jobs, sandbox, event, branch, tag, changed, since, fork, profile, on } = flags;
    const asked = { event, branch, tag, changed, since, fork, profile, on, sandbox };
    return runFlow(reader, {
      ...asked,
      flow: args.flow,
      labels: label ?? [],
      env: pairs('--env', env),
      parallel: jobs,
    });
  }

  protected override render(out: FlowRun, page: Page): void {
    renderFlowRun(out, page);
  }
}
