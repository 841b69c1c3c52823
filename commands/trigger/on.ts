import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { pairs } from '../../src/runs/index.ts';
import { EVENTS, renderSet, setTrigger, type TriggerChange } from '../../src/trigger/index.ts';

export default class TriggerOn extends action({
  action: 'workflow.trigger',
  event: 'TRIGGER_ON',
})<TriggerChange> {
  static override summary = 'Run a workflow whenever something happens in this clone.';
  static override description =
    `commit, merge, push and tag are told of by git's hooks, set beside those that are there; file, ledger and webhook while
bit trigger run runs. A push is told of as it leaves. Values of --input may hold \${{ event.commit }} and the like.`;
  static override examples = [
    "<%= config.bin %> trigger on commit ci --branch main --input SHA='${{ event.commit }}'",
    '<%= config.bin %> trigger on file docs --path "docs/**"',
    '<%= config.bin %> trigger on webhook deploy --kind push --secret HOOK',
  ];
  static override args = {
    event: Args.string({ description: 'What happens.', required: true, options: [...EVENTS] }),
    workflow: Args.string({ description: 'Workflow, script or program.', required: true }),
  };
  static override flags = {
    name: Flags.string({ description: 'What the trigger is called.' }),
    branch: Flags.string({ description: 'Only branches like this.', multiple: true, helpValue: 'GLOB' }),
    tag: Flags.string({ description: 'Only tags like this.', multiple: true, helpValue: 'GLOB' }),
    path: Flags.string({ description: 'Only when such a file changed.', multiple: true, helpValue: 'GLOB' }),
    kind: Flags.string({
      description: 'Only these events of the ledger (COMMIT) or of GitHub’s webhooks (push).',
      multiple: true,
    }),
    if: Flags.string({ description: 'Only where this holds.', helpValue: 'EXPRESSION' }),
    input: Flags.string({ description: 'An input.', multiple: true, helpValue: 'NAME=VALUE' }),
    secret: Flags.string({ description: 'Secret that signs its webhooks.', helpValue: 'NAME' }),
    debounce: Flags.integer({
      description: 'Milliseconds of quiet after a file changed; default 300.',
      min: 10,
      max: 600_000,
    }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof TriggerOn>) {
    const { name, branch = [], tag = [], path = [], kind = [], secret, debounce } = flags;
    return setTrigger(reader, {
      ...{ on: [args.event], workflow: args.workflow, name, secret, debounce, condition: flags.if },
      ...{ branches: branch, tags: tag, paths: path, kinds: kind, inputs: pairs('--input', flags.input) },
    });
  }

  protected override render(out: TriggerChange, page: Page): void {
    renderSet(out, page);
  }
}
