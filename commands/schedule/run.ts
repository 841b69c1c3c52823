import { Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { count } from '../../src/cli/page.ts';
import {
  type InstallResult,
  installKeeper,
  type Keeper,
  type KeepResult,
  keepSchedules,
} from '../../src/schedule/index.ts';

export default class ScheduleRun extends action({
  action: 'workflow.schedule',
  event: 'SCHEDULE_RUN',
})<KeepResult | InstallResult> {
  static override summary = 'Keep the schedules: the process that starts workflows when their time comes.';
  static override description =
    'It runs until Ctrl-C. --once sees to what is due now and ends. --install has systemd, or cron, do it from now on. Each workflow is a bit run of its own, gated and recorded; a time is marked before its workflow starts, so that a crash runs nothing twice.';
  static override examples = [
    '<%= config.bin %> schedule run --once',
    '<%= config.bin %> schedule run',
    '<%= config.bin %> schedule run --install systemd',
  ];
  static override flags = {
    once: Flags.boolean({ description: 'See to what is due now, and end.', exclusive: ['install'] }),
    install: Flags.option({
      options: ['systemd', 'crontab'] as const,
      description: 'Have this start it, from now on.',
    })(),
  };

  protected override async effect(reader: Reader, { flags }: Input<typeof ScheduleRun>) {
    return flags.install === undefined
      ? await keepSchedules(reader, { once: flags.once })
      : await installKeeper(reader, flags.install as Keeper);
  }

  protected override render(out: KeepResult | InstallResult, page: Page): void {
    if ('keeper' in out) {
      page.line(page.safe(`${out.keeper} keeps the schedules: ${out.what}`));
      if (out.next !== null) page.line(page.safe(`start it by: ${out.next}`));
      return;
    }
    page.line(
      `${count(out.started, 'workflow')} started, ${out.failed} failed, ${out.skipped} times let go by`,
    );
  }
}
