import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type TrustResult, trustKey } from '../../src/identity/index.ts';

export default class KeyTrust extends action({ action: 'key.trust', event: 'KEY_TRUST' })<TrustResult> {
  static override summary = 'Add a key to the signers the tree trusts.';
  static override description = 'The line counts once the tree’s policies are accepted: bit policy accept.';
  static override examples = [
    '<%= config.bin %> key trust',
    '<%= config.bin %> key trust ~/.ssh/id_ed25519.pub --as ada@example.org',
  ];
  static override args = {
    key: Args.string({
      description: 'ed25519:<hex>, an OpenSSH public key or a file with one; default your own.',
      ignoreStdin: true,
    }),
  };
  static override flags = {
    as: Flags.string({ description: 'Whose key it is, an e-mail address.' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof KeyTrust>) {
    return trustKey(reader, { key: args.key, principal: flags.as });
  }

  protected override render(out: TrustResult, page: Page): void {
    const verb = out.added ? 'Added' : 'Already there:';
    page.line(`${verb} ${page.safe(out.principal)} (${out.fingerprint}) in ${page.safe(out.file)}.`);
    if (out.added) page.line('It counts after: bit policy accept');
  }
}
