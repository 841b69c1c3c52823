import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type BotsUpdated, renderUpdated, scheduleUpdates, updateBots } from '../../src/bots/index.ts';

export default class BotUpdate extends action({ action: 'bot.update', event: 'BOT_UPDATE' })<BotsUpdated> {
  static override summary = 'Take what the tree says of deployed bots now, or by the clock.';
  static override description =
    `Shows what is different: what a bot would come to have beyond what it has stands out, and is asked for. schedule has
bit bot run do it by the clock, and never for a bot that would come to have more.`;
  static override examples = [
    '<%= config.bin %> bot update now triage',
    '<%= config.bin %> bot update now --dry-run',
    "<%= config.bin %> bot update schedule --cron '0 4 * * *'",
    '<%= config.bin %> bot update schedule triage --cron off',
  ];
  static override args = {
    when: Args.string({ description: 'Now, or by the clock.', options: ['now', 'schedule'], default: 'now' }),
    which: Args.string({ description: 'A bot, or repo, org, all.', default: 'all' }),
  };
  static override flags = {
    cron: Flags.string({ description: 'When, five fields, UTC; off ends it.', helpValue: 'CRON' }),
    'no-gains': Flags.boolean({ description: 'Leave alone what would come to have more.' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof BotUpdate>) {
    const { which } = args;
    if (args.when === 'schedule') return scheduleUpdates(reader, { which, cron: flags.cron });
    return updateBots(reader, { which, noGains: flags['no-gains'] });
  }

  protected override render(out: BotsUpdated, page: Page): void {
    renderUpdated(out, page);
  }
}
