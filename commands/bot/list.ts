import { Args } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import {
  type BotList as Bots,
  LIST_WHICH,
  type ListWhich,
  listBots,
  renderBots,
} from '../../src/bots/index.ts';

export default class BotList extends Query<Bots> {
  static override summary = 'List bots: those deployed here, those of the tree, and what to start from.';
  static override examples = ['<%= config.bin %> bot list', '<%= config.bin %> bot list templates'];
  static override args = {
    which: Args.string({ description: 'Only these; default deployed and custom.', options: [...LIST_WHICH] }),
  };

  protected override execute(reader: Reader, { args }: Input<typeof BotList>) {
    return listBots(reader, args.which as ListWhich | undefined);
  }

  protected override render(out: Bots, page: Page): void {
    renderBots(out, page);
  }
}
