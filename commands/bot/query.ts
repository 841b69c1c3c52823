import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import {
  type BotAnswer,
  followBots,
  QUERY_WHAT,
  type QueryWhat,
  queryBots,
  renderAnswer,
} from '../../src/bots/index.ts';

export default class BotQuery extends Query<BotAnswer> {
  static override summary = 'Ask how bots stand, what they handled, and what they said.';
  static override description =
    'With --follow what comes or changes is shown as it does, until Ctrl-C; with --json one object a line.';
  static override examples = [
    '<%= config.bin %> bot query state',
    '<%= config.bin %> bot query history triage -n 20',
    '<%= config.bin %> bot query logs triage --follow',
  ];
  static override args = {
    what: Args.string({ description: 'What of them.', options: [...QUERY_WHAT], default: 'state' }),
    bot: Args.string({ description: 'This bot; default all.' }),
  };
  static override flags = {
    number: Flags.integer({ char: 'n', description: 'Events or lines.', default: 50, min: 1, max: 10_000 }),
    follow: Flags.boolean({ char: 'f', description: 'Go on with what comes.' }),
  };

  protected override execute(reader: Reader, { args, flags }: Input<typeof BotQuery>) {
    const question = { what: args.what as QueryWhat, bot: args.bot, most: flags.number };
    return flags.follow ? followBots(reader, question) : queryBots(reader, question);
  }

  protected override streamed({ followed }: BotAnswer): boolean {
    return followed;
  }

  protected override render(out: BotAnswer, page: Page): void {
    renderAnswer(out, page);
  }
}
