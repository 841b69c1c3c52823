import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type BotsPaused, pauseBots, renderPaused } from '../../src/bots/index.ts';

export default class BotResume extends action({ action: 'bot.pause', event: 'BOT_RESUME' })<BotsPaused> {
  static override summary = 'Let paused bots go on, with what queued meanwhile.';
  static override examples = ['<%= config.bin %> bot resume triage', '<%= config.bin %> bot resume all'];
  static override args = {
    which: Args.string({ description: 'A bot, or repo, org, all.', required: true }),
  };

  protected override effect(reader: Reader, { args }: Input<typeof BotResume>) {
    return pauseBots(reader, { which: args.which, paused: false });
  }

  protected override render(out: BotsPaused, page: Page): void {
    renderPaused(out, page);
  }
}
