import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type BotLinked, linkBot, renderLinked } from '../../src/bots/index.ts';

export default class BotLink extends action({ action: 'bot.link', event: 'BOT_LINK' })<BotLinked> {
  static override summary =
    'Have a deployed bot hear of a workflow or an event, beside what its manifest says.';
  static override examples = [
    '<%= config.bin %> bot link triage ledger:COMMIT',
    '<%= config.bin %> bot link triage ci --kind failed --branch main',
    "<%= config.bin %> bot link triage 'schedule:0 5 * * 1'",
    '<%= config.bin %> bot link triage ledger:COMMIT --remove',
  ];
  static override args = {
    bot: Args.string({ description: 'The bot.', required: true }),
    to: Args.string({
      description: 'A workflow, or ledger, git, workflow, schedule, mesh, github[:KIND].',
      required: true,
    }),
  };
  static override flags = {
    kind: Flags.string({ description: 'Only of this kind.', multiple: true }),
    branch: Flags.string({ description: 'Only on branches of this pattern.', multiple: true }),
    path: Flags.string({ description: 'Only where files of this pattern changed.', multiple: true }),
    if: Flags.string({ description: 'Only where this expression holds.' }),
    remove: Flags.boolean({ description: 'Take the link away.' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof BotLink>) {
    const { kind = [], branch = [], path = [], remove = false } = flags;
    return linkBot(reader, {
      ...{
        bot: args.bot,
        to: args.to,
        kinds: kind,
        branches: branch,
        paths: path,
        remove,
        condition: flags.if,
      },
    });
  }

  protected override render(out: BotLinked, page: Page): void {
    renderLinked(out, page);
  }
}
