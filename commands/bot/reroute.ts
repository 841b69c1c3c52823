import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type Rerouted, renderRerouted, rerouteEvents } from '../../src/bots/index.ts';

export default class BotReroute extends action({ action: 'bot.reroute', event: 'BOT_REROUTE' })<Rerouted> {
  static override summary = 'Send the events of a bot, a workflow or the repository elsewhere.';
  static override description =
    'Events that are queued already stay where they are. A bot is deployed in one clone, with its state and its token: that it should go to a runner or to a profile is refused, with what to do instead.';
  static override examples = [
    '<%= config.bin %> bot reroute triage --to-bot night-triage',
    '<%= config.bin %> bot reroute ci --to-bot night-triage',
    '<%= config.bin %> bot reroute repo --to-bot gatekeeper',
    '<%= config.bin %> bot reroute triage --off',
  ];
  static override args = {
    which: Args.string({ description: 'A bot, a workflow, or repo.', required: true }),
  };
  static override flags = {
    'to-bot': Flags.string({ description: 'To another bot.', helpValue: 'BOT' }),
    'to-runner': Flags.string({ description: 'To a runner of the mesh: refused.', helpValue: 'RUNNER' }),
    'to-profile': Flags.string({
      description: 'To a profile of clusters.profiles: refused.',
      helpValue: 'PROFILE',
    }),
    off: Flags.boolean({ description: 'Where they went before.' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof BotReroute>) {
    const { 'to-bot': bot, 'to-runner': runner, 'to-profile': profile, off = false } = flags;
    return rerouteEvents(reader, { which: args.which, bot, runner, profile, off });
  }

  protected override render(out: Rerouted, page: Page): void {
    renderRerouted(out, page);
  }
}
