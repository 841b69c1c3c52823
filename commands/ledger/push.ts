import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { count } from '../../src/cli/page.ts';
import { type ShareResult, shareLedger } from '../../src/transparency/index.ts';

export default class LedgerPush extends action({ action: 'ledger.push', event: 'LEDGER_PUSH' })<ShareResult> {
  static override summary = 'Send the ledger of this clone to a remote.';
  static override description =
    'As refs/bithub/ledger/<chain>, where .bithub.yml says ledger.share: headers or all. Denials and notes travel without their payloads.';
  static override examples = [
    '<%= config.bin %> ledger push',
    '<%= config.bin %> ledger push upstream --dry-run',
  ];
  static override args = {
    remote: Args.string({ description: 'Where to; default origin.', default: 'origin' }),
  };

  protected override effect(reader: Reader, { args }: Input<typeof LedgerPush>) {
    return shareLedger(reader, args.remote);
  }

  protected override render({ chain, size, remote }: ShareResult, page: Page): void {
    page.line(`${count(size, 'entry', 'entries')} of chain ${chain} sent to ${page.safe(remote)}`);
  }
}
