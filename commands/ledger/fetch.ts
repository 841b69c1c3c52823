import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { count } from '../../src/cli/page.ts';
import { type ReceiveResult, receiveLedger } from '../../src/transparency/index.ts';

export default class LedgerFetch extends action({
  action: 'ledger.fetch',
  event: 'LEDGER_FETCH',
})<ReceiveResult> {
  static override summary = 'Receive the chains of other clones from a remote.';
  static override description =
    `Each is verified before it is believed: its checkpoint, every entry, every signer, and that it goes on from what was seen of it. A chain that shrank or forked is refused, exit 7, with both checkpoints kept as evidence.`;
  static override examples = ['<%= config.bin %> ledger fetch', '<%= config.bin %> ledger fetch upstream'];
  static override args = {
    remote: Args.string({ description: 'Where from; default origin.', default: 'origin' }),
  };

  static override flags = {
    pin: Flags.boolean({ description: 'Believe from now on whoever began a chain that is new here.' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof LedgerFetch>) {
    return receiveLedger(reader, args.remote, { pin: flags.pin });
  }

  protected override render({ chains, pinned, remote }: ReceiveResult, page: Page): void {
    for (const key of pinned) page.line(`believed from now on: ${key}`);
    for (const { chain, size, received } of chains)
      page.line(`chain ${chain}: ${count(received, 'new entry', 'new entries')}, ${size} here`);
    if (chains.length === 0) page.line(`${page.safe(remote)} has no ledger.`);
  }
}
