import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { pairs } from '../../src/runs/index.ts';
import { EVENTS, renderSet, setTrigger, type TriggerChange } from '../../src/trigger/index.ts';

export default class TriggerIf extends action({
  action: 'workflow.trigger',
  event: 'TRIGGER_IF',
})<TriggerChange> {
  static override summary = 'Run a workflow whenever an expression holds for something that happened.';
  static override description =
    `It is asked of every commit, merge, push, tag, changed file and ledger event, or of those --on names. It sees event (name,
branch, commit, subject, author, files, tag, remote, kind, payload: what the event has), repo and trigger.`;
  static override examples = [
    '<%= config.bin %> trigger if "event.branch == \'main\'" ci --on commit --on merge',
    '<%= config.bin %> trigger if "contains(event.subject, \'[release]\')" release.bit --on commit',
  ];
  static override args = {
    expression: Args.string({ description: 'The expression.', required: true }),
    workflow: Args.string({ description: 'Workflow, script or program.', required: true }),
  };
  static override flags = {
    on: Flags.string({ description: 'Only of this event.', multiple: true, options: [...EVENTS] }),
    name: Flags.string({ description: 'What the trigger is called.' }),
    input: Flags.string({ description: 'An input.', multiple: true, helpValue: 'NAME=VALUE' }),
    secret: Flags.string({ description: 'Secret that signs its webhooks.', helpValue: 'NAME' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof TriggerIf>) {
    const { on = [], name, secret } = flags;
    return setTrigger(reader, {
      ...{ on, workflow: args.workflow, name, secret, debounce: undefined, condition: args.expression },
      ...{ branches: [], tags: [], paths: [], kinds: [], inputs: pairs('--input', flags.input) },
    });
  }

  protected override render(out: TriggerChange, page: Page): void {
    renderSet(out, page);
  }
}
