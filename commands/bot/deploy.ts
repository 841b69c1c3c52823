import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type BotDeployed, deployBot, renderDeployed } from '../../src/bots/index.ts';

export default class BotDeploy extends action({ action: 'bot.deploy', event: 'BOT_DEPLOY' })<BotDeployed> {
  static override summary = 'Set a bot of the tree to work, as it is now.';
  static override description =
    `What is at work is a copy, pinned by its digest: a commit that is pulled changes no deployed bot. What it may do is
shown, and asked for unless it had it before. org deploys it for every clone whose origin belongs to the same owner.`;
  static override examples = [
    '<%= config.bin %> bot deploy triage',
    '<%= config.bin %> bot deploy triage org --dry-run',
  ];
  static override args = {
    name: Args.string({ description: 'The bot: .bithub/bots/<name>.yml.', required: true }),
    scope: Args.string({ description: 'Where it works.', options: ['repo', 'org'], default: 'repo' }),
  };
  static override flags = {
    tree: Flags.string({ description: 'Files of a commit, instead of the work tree.', helpValue: 'FOLDER' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof BotDeploy>) {
    return deployBot(reader, {
      name: args.name,
      scope: args.scope === 'org' ? 'org' : 'repo',
      tree: flags.tree,
    });
  }

  protected override render(out: BotDeployed, page: Page): void {
    renderDeployed(out, page);
  }
}
