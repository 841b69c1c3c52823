import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { deliver, type Receipt, renderReceipt } from '../../src/bots/index.ts';

export default class BotPackageDeliver extends action({
  action: 'bot.deliver',
  event: 'BOT_DELIVER',
})<Receipt> {
  static override summary = 'Pack a bot or a file, sign it, encrypt it to somebody or put it in a storage.';
  static override description =
    `The package is the same bytes for the same content. It is signed by the key of bit, so that ssh-keygen -Y verify and
sha256sum -c verify it too, and encrypted in the format of age. The way back is bit bot receive.`;
  static override examples = [
    '<%= config.bin %> bot package-deliver self --artifact README.md',
    '<%= config.bin %> bot package-deliver ada@example.org --bot triage --at aln+ns://outbox/triage',
    '<%= config.bin %> bot package-deliver aln+s3://team-bots/triage.bitpkg --bot triage',
    '<%= config.bin %> bot package-deliver ./outbox/ --bot triage --for "ssh-ed25519 AAAA…"',
  ];
  static override args = {
    to: Args.string({
      description: 'age1…, ssh-ed25519 …, ed25519:…, self, a trusted name; a storage URI; or a path.',
      required: true,
    }),
  };
  static override flags = {
    bot: Flags.string({ description: 'This bot, of the tree or deployed.', exclusive: ['artifact'] }),
    artifact: Flags.string({ description: 'This file.', helpValue: 'FILE' }),
    for: Flags.string({ description: 'Encrypted to this one too.', multiple: true, helpValue: 'WHO' }),
    at: Flags.string({
      description: 'Where a package for somebody goes; default here.',
      helpValue: 'URI|PATH',
    }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof BotPackageDeliver>) {
    const { bot, artifact, at } = flags;
    return deliver(reader, { to: args.to, bot, artifact, for: flags.for ?? [], at });
  }

  protected override render(out: Receipt, page: Page): void {
    renderReceipt(out, page);
  }
}
