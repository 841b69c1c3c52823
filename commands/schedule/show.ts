import { Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { listSchedules, type ScheduleList } from '../../src/schedule/index.ts';

export default class ScheduleShow extends Query<ScheduleList> {
  static override summary = 'Show what runs by the clock, and when next in local time.';
  static override examples = ['<%= config.bin %> schedule show', '<%= config.bin %> schedule show --next 10'];
  static override flags = {
    next: Flags.integer({ default: 3, min: 1, max: 100, description: 'How many of the next times of each.' }),
  };

  protected override execute(reader: Reader, { flags }: Input<typeof ScheduleShow>) {
    return listSchedules(reader, flags.next);
  }

  protected override render(out: ScheduleList, page: Page): void {
    if (out.schedules.length === 0 && out.declared.length === 0)
      page.line('nothing runs by the clock: bit schedule add <workflow> <cron>');
    for (const { name, workflow, cron, timezone, missed, next } of out.schedules) {
      page.line(
        page.safe(
          `${name}  ${workflow}  ${cron} (${timezone})${missed === 'once' ? ', missed times once' : ''}`,
        ),
      );
      for (const time of next)
        page.line(`  ${new Date(time).toLocaleString('sv-SE', { timeZoneName: 'short' })}`);
    }
    if (out.declared.length > 0) page.line('declared by files, and not run here until: bit schedule adopt');
    for (const { name, workflow, cron, timezone, from } of out.declared)
      page.line(page.safe(`  ${name}  ${workflow}  ${cron} (${timezone})  ${from}`));
  }
}
