import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../../src/api/index.ts';
import { renderShielded, type Shielded, shieldBot } from '../../../src/bots/index.ts';

export default class BotSecureShield extends action({ action: 'bot.shield', event: 'BOT_SHIELD' })<Shielded> {
  static override summary = 'Take from a bot what it never used.';
  static override description =
    'What is left is the least that covers what it did, by the ledger and by the record the host keeps of its queries. Its manifest stays as it is, only what is granted to the deployed copy changes; bit undo gives it back.';
  static override examples = [
    '<%= config.bin %> bot secure shield triage',
    '<%= config.bin %> bot secure shield triage --keep repo:push --dry-run',
  ];
  static override args = { bot: Args.string({ required: true, description: 'The bot.' }) };
  static override flags = {
    keep: Flags.string({
      multiple: true,
      default: [],
      description: 'Leave this one, used or not.',
      helpValue: 'CAPABILITY',
    }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof BotSecureShield>) {
    return shieldBot(reader, { bot: args.bot, keep: flags.keep });
  }

  protected override render(out: Shielded, page: Page): void {
    renderShielded(out, page);
  }
}
