import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { adoptTriggers, type TriggersAdopted } from '../../src/trigger/index.ts';

export default class TriggerAdopt extends action({
  action: 'workflow.trigger',
  event: 'TRIGGER_ADOPT',
})<TriggersAdopted> {
  static override summary = 'Set the triggers that .bithub.yml declares.';
  static override description =
    'The file alone starts nothing: what a pulled commit declares below triggers runs in this clone once this is said again. What it no longer declares is taken away. bit trigger list tells what is declared and not set.';
  static override examples = [
    '<%= config.bin %> trigger adopt',
    '<%= config.bin %> trigger adopt docs --dry-run',
  ];
  static override strict = false;

  protected override effect(reader: Reader, { rest }: Input<typeof TriggerAdopt>) {
    return adoptTriggers(reader, rest);
  }

  protected override render({ adopted, dropped }: TriggersAdopted, page: Page): void {
    for (const { name, workflow, on } of adopted)
      page.line(page.safe(`${name}: runs ${workflow} on ${on.join(', ')}`));
    for (const name of dropped) page.line(page.safe(`${name} is taken away: it is no longer declared`));
    if (adopted.length + dropped.length === 0) page.line('nothing changed');
  }
}
