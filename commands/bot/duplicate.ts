import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type BotWritten, duplicateBot, renderWritten } from '../../src/bots/index.ts';

export default class BotDuplicate extends action({
  action: 'bot.create',
  event: 'BOT_DUPLICATE',
})<BotWritten> {
  static override summary = 'Copy a bot, with its scripts, to another name.';
  static override examples = [
    '<%= config.bin %> bot duplicate triage triage-next',
    '<%= config.bin %> bot duplicate triage triage-next --dry-run',
  ];
  static override args = {
    from: Args.string({ description: 'A bot of the tree, or one that is deployed.', required: true }),
    to: Args.string({ description: 'The new name.', required: true }),
  };

  protected override effect(reader: Reader, { args }: Input<typeof BotDuplicate>) {
    return duplicateBot(reader, { from: args.from, to: args.to });
  }

  protected override render(out: BotWritten, page: Page): void {
    renderWritten(out, page);
  }
}
