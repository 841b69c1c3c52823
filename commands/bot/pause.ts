import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type BotsPaused, pauseBots, renderPaused } from '../../src/bots/index.ts';

export default class BotPause extends action({ action: 'bot.pause', event: 'BOT_PAUSE' })<BotsPaused> {
  static override summary = 'Hold bots; their events queue and are kept.';
  static override examples = ['<%= config.bin %> bot pause triage', '<%= config.bin %> bot pause all'];
  static override args = {
    which: Args.string({ description: 'A bot, or repo, org, all.', required: true }),
  };

  protected override effect(reader: Reader, { args }: Input<typeof BotPause>) {
    return pauseBots(reader, { which: args.which, paused: true });
  }

  protected override render(out: BotsPaused, page: Page): void {
    renderPaused(out, page);
  }
}
