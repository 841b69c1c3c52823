import { Args } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { type ReadReport, renderRead, showReport } from '../../src/audit/index.ts';

export default class AuditShow extends Query<ReadReport> {
  static override summary = 'Show an audit report, its signature verified.';
  static override description = 'Exits 7 where its signer is believed by nobody here, or it was changed.';
  static override examples = ['<%= config.bin %> audit show', '<%= config.bin %> audit show 20260301'];
  static override args = {
    report: Args.string({
      description: 'A file, or the beginning of its time; default the newest.',
      ignoreStdin: true,
    }),
  };

  protected override execute(reader: Reader, { args }: Input<typeof AuditShow>): Promise<ReadReport> {
    return showReport(reader, args.report);
  }

  protected override render(out: ReadReport, page: Page): void {
    renderRead(out, page);
  }

  protected override exitCode(out: ReadReport): number {
    return out.believed ? 0 : 7;
  }
}
