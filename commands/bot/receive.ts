import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type Received, receive, renderReceived } from '../../src/bots/index.ts';

export default class BotReceive extends action({ action: 'bot.receive', event: 'BOT_RECEIVE' })<Received> {
  static override summary = 'Take in a package of bit bot package-deliver, once it is verified.';
  static override description =
    `It is opened by one's own keys, and must be signed by somebody the repository trusts, or by --signer. A bot comes into the
tree and does nothing until it is deployed.`;
  static override examples = [
    '<%= config.bin %> bot receive triage.bitpkg',
    '<%= config.bin %> bot receive aln+s3://team-bots/triage.bitpkg --signer ada@example.org',
    '<%= config.bin %> bot receive triage.bitpkg.age --as triage-of-ada --dry-run',
  ];
  static override args = {
    from: Args.string({ description: 'A path, or a storage URI.', required: true }),
  };
  static override flags = {
    signer: Flags.string({ description: 'Whose signature it must have.', helpValue: 'KEY|NAME' }),
    as: Flags.string({
      description: 'Another name for the bot; where a file is written.',
      helpValue: 'NAME|PATH',
    }),
    identity: Flags.string({ description: 'A file of identities of age.', helpValue: 'FILE' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof BotReceive>) {
    const { signer, as, identity } = flags;
    return receive(reader, { from: args.from, signer, as, identity });
  }

  protected override render(out: Received, page: Page): void {
    renderReceived(out, page);
  }
}
