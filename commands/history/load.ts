import { Args, Flags } from '@oclif/core';
import { action, count, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { loadHistory, type ReceiveResult } from '../../src/transparency/index.ts';

export default class HistoryLoad extends action({
  action: 'history.load',
  event: 'HISTORY_LOAD',
})<ReceiveResult> {
  static override summary = 'Take in the history of another clone, verified.';
  static override description =
    'SOURCE is a folder that ledger export wrote, or a repository that holds the chain. Every entry, every signer and the tree are verified first; a history that is not believed is refused whole, exit 7. An export holds no payloads.';
  static override examples = [
    '<%= config.bin %> history load ../app-ledger',
    '<%= config.bin %> history load https://example.org/team/app.git --pin',
  ];
  static override args = {
    source: Args.string({ required: true, description: 'Folder, path or URL.' }),
  };

  static override flags = {
    pin: Flags.boolean({ description: 'Believe from now on whoever began a chain that is new here.' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof HistoryLoad>) {
    return loadHistory(reader, args.source, { pin: flags.pin });
  }

  protected override render({ chains, pinned }: ReceiveResult, page: Page): void {
    for (const key of pinned) page.line(`believed from now on: ${key}`);
    for (const { chain, size, received } of chains)
      page.line(`chain ${chain}: ${count(received, 'new entry', 'new entries')}, ${size} here`);
  }
}
