import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { count } from '../../src/cli/page.ts';
import { type Revoked, revokeKey } from '../../src/identity/index.ts';

export default class KeyRevoke extends action({ action: 'key.revoke', event: 'KEY_REVOKE' })<Revoked> {
  static override summary = 'Declare a key void from here on.';
  static override description =
    `What it signed before counts; what it signs after is void, whatever time it claims, here and wherever this ledger travels. The key that signs now can't revoke itself: rotate first.`;
  static override examples = [
    '<%= config.bin %> key revoke SHA256:kQ0…',
    '<%= config.bin %> key revoke ed25519:8f3c… --dry-run',
  ];
  static override args = {
    key: Args.string({ required: true, description: 'Fingerprint, public key, or its first hex digits.' }),
  };

  protected override effect(reader: Reader, { args }: Input<typeof KeyRevoke>) {
    return revokeKey(reader, args.key);
  }

  protected override render({ publicKey, positions }: Revoked, page: Page): void {
    page.line(`${publicKey} is void from here on; believed up to now in ${count(positions.length, 'chain')}`);
  }
}
