import { Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type KeyChange, newKey } from '../../src/identity/index.ts';

export default class KeyNew extends action({ action: 'key.new', event: 'KEY_NEW' })<KeyChange> {
  static override summary = 'Make a signing key.';
  static override examples = [
    '<%= config.bin %> key new',
    '<%= config.bin %> key new --use --comment laptop',
  ];
  static override flags = {
    comment: Flags.string({ description: 'Comment of its OpenSSH line.' }),
    use: Flags.boolean({ description: 'Sign with it from now on.' }),
  };

  protected override effect(reader: Reader, { flags }: Input<typeof KeyNew>) {
    return newKey(reader, { comment: flags.comment, use: flags.use });
  }

  protected override render({ key }: KeyChange, page: Page): void {
    page.line(`Made ${key.fingerprint} in ${key.place}${key.current ? '; it signs from now on' : ''}.`);
    page.line(page.safe(key.openssh));
  }
}
