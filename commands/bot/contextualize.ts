import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type BotsContext, contextualize, renderContext } from '../../src/bots/index.ts';

export default class BotContextualize extends action({
  action: 'bot.context',
  event: 'BOT_CONTEXT',
})<BotsContext> {
  static override summary = 'Build and store what bots are given of the repository.';
  static override description =
    `The tree in figures, whose what is by CODEOWNERS, runs that failed and why, workflows, the policies in force: bounded,
without secrets, as of now. A bot sees it as its context until it is built again.`;
  static override examples = [
    '<%= config.bin %> bot contextualize repo',
    '<%= config.bin %> bot contextualize src --dry-run',
  ];
  static override args = {
    scope: Args.string({ description: 'repo, or a folder of the tree.', default: 'repo' }),
  };

  protected override effect(reader: Reader, { args }: Input<typeof BotContextualize>) {
    return contextualize(reader, args.scope);
  }

  protected override render(out: BotsContext, page: Page): void {
    renderContext(out, page);
  }
}
