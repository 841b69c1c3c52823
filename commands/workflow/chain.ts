import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { chain, pairs, type RunResult, renderRan, sandboxOf } from '../../src/runs/index.ts';

export default class WorkflowChain extends action({
  action: 'workflow.chain',
  event: 'WORKFLOW_CHAIN',
})<RunResult> {
  static override summary = 'Run workflows as one: one after another, or at once up to a barrier.';
  static override description =
    `Outputs of a workflow are inputs of the next where it asks for them by name; artifacts are shared by all. The chain
is one run: bit resume and bit retry go on with it where it stopped.`;
  static override examples = [
    '<%= config.bin %> workflow chain build test',
    '<%= config.bin %> workflow chain lint test deploy --parallel --barrier test',
    '<%= config.bin %> workflow chain nightly report --continue-on-failure --dry-run',
  ];
  static override strict = false;
  static override args = {
    workflow: Args.string({ description: 'Workflows, scripts or programs, in their order.', required: true }),
  };
  static override flags = {
    parallel: Flags.boolean({ description: 'All at once.' }),
    barrier: Flags.string({
      description: 'Everything up to this workflow ends before the rest begins; implies --parallel.',
      multiple: true,
    }),
    'continue-on-failure': Flags.boolean({ description: 'Run the rest though one failed.' }),
    save: Flags.string({ description: 'Keep the chain as a workflow of this name.' }),
    input: Flags.string({ description: 'An input.', multiple: true, helpValue: 'NAME=VALUE' }),
    env: Flags.string({ description: 'An environment variable.', multiple: true, helpValue: 'NAME=VALUE' }),
    jobs: Flags.integer({ description: 'Most jobs at once; default one a processor.', min: 1 }),
    on: Flags.string({ description: 'Where jobs run.', options: ['local', 'mesh'], default: 'local' }),
    network: Flags.string({ description: 'Of jobs on a mesh: host gives it.', options: ['host', 'none'] }),
    sandbox: Flags.boolean({ description: 'In a sandbox: only the work tree can be written.' }),
  };

  protected override effect(reader: Reader, { flags, rest }: Input<typeof WorkflowChain>) {
    return chain(reader, {
      workflows: rest,
      inputs: pairs('--input', flags.input),
      env: pairs('--env', flags.env),
      parallel: flags.parallel,
      barriers: flags.barrier ?? [],
      goOn: flags['continue-on-failure'],
      save: flags.save,
      jobs: flags.jobs,
      on: flags.on as 'local' | 'mesh',
      sandbox: sandboxOf(flags),
    });
  }

  protected override render(out: RunResult, page: Page): void {
    renderRan(out, page);
  }
}
