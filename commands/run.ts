import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import { type Ran, renderRan, runAnything } from '../src/runs/index.ts';

export default class Run extends action({ action: 'workflow.run', event: 'WORKFLOW_RUN' })<Ran> {
  static override summary = 'Run a workflow, a .bit script or a program, here.';
  static override description =
    `A workflow of .bithub/workflows or .github/workflows by name or path, a .bit script (one dotted command a line), or
an executable. Each step is durable before the next begins: a run that was killed goes on with bit resume, one that
failed with bit retry failed. Ctrl-C ends all it started. Under --json each event is a line, and the result the last.`;
  static override examples = [
    '<%= config.bin %> run release.bit --input VERSION=1.4.2',
    '<%= config.bin %> run release.bit --atomic',
    '<%= config.bin %> run validate --plan',
    '<%= config.bin %> run build --job test --env CI=1 --sandbox --network none',
  ];
  static override strict = false;
  static override args = {
    workflow: Args.string({
      description: 'Workflow, script or program; further words are for a program.',
      required: true,
    }),
  };
  static override flags = {
    input: Flags.string({ description: 'An input.', multiple: true, helpValue: 'NAME=VALUE' }),
    env: Flags.string({
      description: 'An environment variable, over the workflow’s own.',
      multiple: true,
      helpValue: 'NAME=VALUE',
    }),
    job: Flags.string({ description: 'Only this job and what it needs; may be repeated.', multiple: true }),
    jobs: Flags.integer({ description: 'Most jobs at once; default one a processor.', min: 1 }),
    on: Flags.string({ description: 'Where jobs run.', options: ['local', 'vm', 'mesh'], default: 'local' }),
    event: Flags.string({ description: 'The event it is run for.', default: 'manual' }),
    payload: Flags.string({
      description: 'Payload of the event, JSON, for one of GitHub’s.',
      helpValue: 'FILE',
    }),
    workspace: Flags.string({
      description:
        'shared: every job works in the work tree; own: each in a copy of it. Default: own for jobs of GitHub’s workflows that check out and may run at once.',
      options: ['own', 'shared'],
    }),
    sandbox: Flags.boolean({ description: 'In a sandbox: only the work tree can be written.' }),
    network: Flags.string({
      description: 'none takes the network away and implies --sandbox; on a mesh, host gives it.',
      options: ['host', 'none'],
    }),
    plan: Flags.boolean({ description: 'Only show its jobs and what needs what.' }),
    atomic: Flags.boolean({ description: 'Of a script, all or nothing: undo what ran when a line fails.' }),
  };

  protected override effect(reader: Reader, { args, flags, rest }: Input<typeof Run>) {
    return runAnything(reader, args.workflow, rest.slice(1), flags);
  }

  protected override render(out: Ran, page: Page): void {
    renderRan(out, page);
  }
}
