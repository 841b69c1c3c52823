import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { HEAL_SCOPES, type HealResult, healScope, renderHealed, selfheal } from '../../src/mending/index.ts';

export default class BotSelfheal extends action({
  action: 'bot.heal',
  event: 'BOT_HEAL',
})<HealResult> {
  static override summary = 'Find what is broken here, and put right what is known how.';
  static override description =
    `Stale locks, open operations, hooks that can't run, schedules whose workflow is gone or that nobody
keeps, workflows whose last run failed (what mends those is committed on a branch of its own), and bots: events
they failed at are tried anew once bot or policies changed, and one that gives up all it hears of is paused.
"repo" looks at all of it, "global" also at what lies outside of this clone; a scope's name at that alone.`;
  static override examples = [
    '<%= config.bin %> bot selfheal',
    '<%= config.bin %> bot selfheal --dry-run',
    '<%= config.bin %> bot selfheal runs',
  ];
  static override args = {
    scope: Args.string({
      description: 'What to look at.',
      options: ['repo', 'global', ...HEAL_SCOPES],
      default: 'repo',
    }),
  };

  protected override effect(reader: Reader, { args }: Input<typeof BotSelfheal>) {
    return selfheal(reader, healScope(args.scope));
  }

  protected override exitCode(out: HealResult): number {
    return out.healed.some(({ state }) => state === 'failed') ? 1 : 0;
  }

  protected override render(out: HealResult, page: Page): void {
    renderHealed(out, page);
  }
}
