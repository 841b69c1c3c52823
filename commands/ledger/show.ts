import { Args } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { type EntryView, renderEntry, showEntry } from '../../src/timeline/index.ts';

export default class LedgerShow extends Query<EntryView> {
  static override summary = 'Show one ledger entry whole.';
  static override examples = ['<%= config.bin %> ledger show', '<%= config.bin %> ledger show 3fa1c0 --json'];
  static override args = {
    entry: Args.string({
      description: 'First digits of its SHA-256; default the newest.',
      ignoreStdin: true,
    }),
  };
  static override paged = true;

  protected override async execute(reader: Reader, { args }: Input<typeof LedgerShow>): Promise<EntryView> {
    return showEntry(reader, args.entry);
  }

  protected override render(out: EntryView, page: Page): void {
    renderEntry(out, page);
  }

  protected override exitCode(out: EntryView): number {
    return out.holds ? 0 : 7;
  }
}
