import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type KeyChange, useKey } from '../../src/identity/index.ts';

export default class KeyUse extends action({ action: 'key.use', event: 'KEY_USE' })<KeyChange> {
  static override summary = 'Sign with another of your keys from now on.';
  static override examples = ['<%= config.bin %> key use SHA256:2kX…', '<%= config.bin %> key use 3fa1c0de'];
  static override args = {
    key: Args.string({
      description: 'Fingerprint, public key or its first digits.',
      required: true,
      ignoreStdin: true,
    }),
  };

  protected override effect(reader: Reader, { args }: Input<typeof KeyUse>) {
    return useKey(reader, args.key);
  }

  protected override render({ key }: KeyChange, page: Page): void {
    page.line(`${key.fingerprint} signs from now on.`);
  }
}
