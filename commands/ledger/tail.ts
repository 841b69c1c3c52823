import { Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { type Tail, tailLedger } from '../../src/transparency/index.ts';

export default class LedgerTail extends Query<Tail> {
  static override summary = 'Show the last entries of every chain, each verified.';
  static override examples = ['<%= config.bin %> ledger tail', '<%= config.bin %> ledger tail -n 100 --json'];
  static override flags = {
    number: Flags.integer({ char: 'n', description: 'Entries.', default: 10, min: 0 }),
  };

  protected override execute(reader: Reader, { flags }: Input<typeof LedgerTail>): Promise<Tail> {
    return tailLedger(reader, flags.number);
  }

  protected override render({ entries }: Tail, page: Page): void {
    page.table(
      entries.map((entry) => [
        entry.holds ? page.style.green('holds') : page.style.red('FAILS'),
        page.style.dim(entry.ts),
        page.style.dim(`${entry.chain.slice(-6)}#${entry.seq}`),
        page.style.yellow(entry.entry_sha256.slice(0, 12)),
        `${entry.event} ${entry.phase}`,
        page.safe(entry.as ?? ''),
      ]),
    );
    if (entries.length === 0) page.line('No entries.');
  }

  protected override exitCode({ entries }: Tail): number {
    return entries.every((entry) => entry.holds) ? 0 : 7;
  }
}
