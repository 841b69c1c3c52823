import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { addSchedule, type Missed, type ScheduleChange } from '../../src/schedule/index.ts';

export default class ScheduleAdd extends action({
  action: 'workflow.schedule',
  event: 'SCHEDULE_ADD',
})<ScheduleChange> {
  static override summary = 'Run a workflow by the clock.';
  static override description =
    'The cron line has five fields: minute, hour, day, month, weekday. bit schedule run is the process that keeps it, and bit schedule run --install has systemd or cron start that. A time that daylight saving skips runs after the gap, one it repeats runs once.';
  static override examples = [
    "<%= config.bin %> schedule add validate '30 2 * * 1-5'",
    '<%= config.bin %> schedule add backup @daily --timezone UTC --missed once',
  ];
  static override args = {
    workflow: Args.string({ required: true, description: 'Workflow or script, as bit run takes it.' }),
    cron: Args.string({ required: true, description: 'When.' }),
  };
  static override flags = {
    name: Flags.string({ description: "Name of the schedule; the workflow's." }),
    timezone: Flags.string({ description: "IANA time zone; the machine's.", helpValue: 'ZONE' }),
    missed: Flags.option({
      options: ['skip', 'once'] as const,
      default: 'skip' as const,
      description: 'What to do about times at which nobody was there.',
    })(),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof ScheduleAdd>) {
    const { name, timezone, missed } = flags;
    return addSchedule(reader, { ...args, name, timezone, missed: missed as Missed });
  }

  protected override render({ schedule, next }: ScheduleChange, page: Page): void {
    page.line(page.safe(`${schedule.name}: ${schedule.workflow} at ${schedule.cron} (${schedule.timezone})`));
    page.line(`next ${next ?? 'never'}`);
  }
}
