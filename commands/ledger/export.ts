import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { count } from '../../src/cli/page.ts';
import { type ExportResult, exportLedger } from '../../src/transparency/index.ts';

export default class LedgerExport extends action({
  action: 'ledger.export',
  event: 'LEDGER_EXPORT',
})<ExportResult> {
  static override summary = 'Write the ledger as a log that other tools verify.';
  static override description =
    `Writes checkpoint and tile/ (c2sp.org/tlog-tiles) to a folder, which any web server can serve as it is. Entries without their payloads. Again into the same folder adds what is new.`;
  static override examples = [
    '<%= config.bin %> ledger export public/log',
    '<%= config.bin %> ledger export /srv/www/ledger --dry-run',
  ];
  static override args = {
    directory: Args.string({
      required: true,
      description: 'Folder to write; new, empty, or written before.',
    }),
  };

  protected override effect(reader: Reader, { args }: Input<typeof LedgerExport>) {
    return exportLedger(reader, args.directory);
  }

  protected override render(out: ExportResult, page: Page): void {
    page.line(
      `${count(out.size, 'entry', 'entries')}, ${count(out.files, 'file')} written to ${page.safe(out.directory)}`,
    );
    page.line(`verify it with: bit ledger verify --log ${page.safe(out.directory)} --key ${out.key}`);
  }
}
