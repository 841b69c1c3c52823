import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { removeTrigger, renderSet, type TriggerChange } from '../../src/trigger/index.ts';

export default class TriggerRemove extends action({
  action: 'workflow.trigger',
  event: 'TRIGGER_REMOVE',
})<TriggerChange> {
  static override summary = 'Take a trigger away, and the git hooks nobody needs any more.';
  static override examples = [
    '<%= config.bin %> trigger remove commit-ci',
    '<%= config.bin %> trigger remove commit-ci --dry-run',
  ];
  static override args = {
    name: Args.string({ description: 'Its name.', required: true }),
  };

  protected override effect(reader: Reader, { args }: Input<typeof TriggerRemove>) {
    return removeTrigger(reader, args.name);
  }

  protected override render(out: TriggerChange, page: Page): void {
    renderSet(out, page);
  }
}
