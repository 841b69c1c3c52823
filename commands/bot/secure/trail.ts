import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../../src/api/index.ts';
import { botTrail, renderTrail, type Trail } from '../../../src/bots/index.ts';

export default class BotSecureTrail extends Query<Trail> {
  static override summary = 'What bots did and were refused, newest first, from the ledger.';
  static override paged = true;
  static override examples = [
    '<%= config.bin %> bot secure trail',
    '<%= config.bin %> bot secure trail triage --refused',
  ];
  static override args = { bot: Args.string({ description: 'One of them; default all.' }) };
  static override flags = {
    refused: Flags.boolean({ description: 'Only what was refused.' }),
    limit: Flags.integer({ description: 'Show at most this many.', default: 100, min: 1, max: 100_000 }),
  };

  protected override execute(reader: Reader, { args, flags }: Input<typeof BotSecureTrail>): Promise<Trail> {
    return botTrail(reader, { bot: args.bot, refused: flags.refused, most: flags.limit });
  }

  protected override render(out: Trail, page: Page): void {
    renderTrail(out, page);
  }
}
