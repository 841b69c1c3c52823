import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { removeSchedule, type ScheduleChange } from '../../src/schedule/index.ts';

export default class ScheduleRemove extends action({
  action: 'workflow.schedule',
  event: 'SCHEDULE_REMOVE',
})<ScheduleChange> {
  static override summary = 'No longer run a workflow by the clock.';
  static override examples = [
    '<%= config.bin %> schedule remove validate',
    '<%= config.bin %> schedule remove backup --dry-run',
  ];
  static override args = {
    name: Args.string({ required: true, description: 'The schedule, or its workflow.' }),
  };

  protected override effect(reader: Reader, { args }: Input<typeof ScheduleRemove>) {
    return removeSchedule(reader, args.name);
  }

  protected override render({ schedule }: ScheduleChange, page: Page): void {
    page.line(page.safe(`${schedule.name} no longer runs ${schedule.workflow}`));
  }
}
