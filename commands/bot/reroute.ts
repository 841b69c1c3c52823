import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type Rerouted, renderRerouted, rerouteEvents } from '../../src/bots/index.ts';

export default class BotReroute extends action({ action: 'bot.reroute', event: 'BOT_REROUTE' })<Rerouted> {
  static override summary = 'Send the events of a bot, a workflow or the repository elsewhere.';
  static override description =
    'Events that wait already go there too; what another bot was given stays with it. To a runner or a profile of the mesh: the process of the handler runs there, and every bit command it asks for runs here, under its own token and gated as ever; where nobody takes an event, it waits.';
  static override examples = [
    '<%= config.bin %> bot reroute triage --to-bot night-triage',
    '<%= config.bin %> bot reroute ci --to-bot night-triage',
    '<%= config.bin %> bot reroute repo --to-bot gatekeeper',
    '<%= config.bin %> bot reroute triage --to-runner aln://runner/phoenix/alpha',
    '<%= config.bin %> bot reroute ci --to-profile small',
    '<%= config.bin %> bot reroute triage --off',
  ];
  static override args = {
    which: Args.string({ description: 'A bot, a workflow, or repo.', required: true }),
  };
  static override flags = {
    'to-bot': Flags.string({ description: 'To another bot.', helpValue: 'BOT' }),
    'to-runner': Flags.string({
      description: 'On this runner of the mesh (bit mesh peers).',
      helpValue: 'RUNNER',
    }),
    'to-profile': Flags.string({
      description: 'On runners of this profile of clusters.profiles.',
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
