import { Args } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../../src/api/index.ts';
import { type BotScan, renderScan, scanBots } from '../../../src/bots/index.ts';
import { botSeam } from '../../../src/cli/bot-host.ts';

export default class BotSecureScan extends Query<BotScan> {
  static override summary =
    'What each deployed bot can do here: its capabilities as commands, and what holds it.';
  static override examples = [
    '<%= config.bin %> bot secure scan',
    '<%= config.bin %> bot secure scan triage --json',
  ];
  static override args = { bot: Args.string({ description: 'One of them; default all.' }) };

  protected override execute(reader: Reader, { args }: Input<typeof BotSecureScan>): Promise<BotScan> {
    return scanBots(reader, botSeam(), { bot: args.bot });
  }

  protected override render(out: BotScan, page: Page): void {
    renderScan(out, page);
  }
}
