import { Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { adoptSchedules, type SchedulesAdopted } from '../../src/schedule/index.ts';

export default class ScheduleAdopt extends action({
  action: 'workflow.schedule',
  event: 'SCHEDULE_ADOPT',
})<SchedulesAdopted> {
  static override summary = "Run by the clock what the repository's files declare.";
  static override description =
    'schedules of .bithub.yml, on.schedule of its flows and of .bithub/workflows; of .github/workflows those that are named, or all with --github. Files alone start nothing: what a pulled commit declares runs here once this is said again. bit schedule show lists what is declared and not run.';
  static override examples = [
    '<%= config.bin %> schedule adopt',
    '<%= config.bin %> schedule adopt nightly --dry-run',
    '<%= config.bin %> schedule adopt --github',
  ];
  static override strict = false;
  static override flags = {
    github: Flags.boolean({ description: 'Also all that .github/workflows declare.' }),
  };

  protected override effect(reader: Reader, { flags, rest }: Input<typeof ScheduleAdopt>) {
    return adoptSchedules(reader, { names: rest, github: flags.github });
  }

  protected override render({ adopted, dropped }: SchedulesAdopted, page: Page): void {
    for (const { name, workflow, cron, timezone, from } of adopted)
      page.line(page.safe(`${name}: ${workflow} at ${cron} (${timezone}), as ${from} says`));
    for (const name of dropped) page.line(page.safe(`${name} no longer runs: nothing declares it`));
    if (adopted.length + dropped.length === 0) page.line('nothing changed');
  }
}
