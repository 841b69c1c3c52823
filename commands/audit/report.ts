import { action, type Page, type Reader } from '../../src/api/index.ts';
import { renderWritten, type WrittenReport, writeReport } from '../../src/audit/index.ts';

export default class AuditReport extends action({
  action: 'audit.report',
  event: 'AUDIT_REPORT',
})<WrittenReport> {
  static override summary = 'Write a signed report of the ledger, permissions, keys, tokens and bots.';
  static override description =
    `Verifies the ledger, looks over who can do what here and what was done and denied since the report before, and says what came and went. Reports lie below the local state and name each other by digest; bit audit show reads them back. Asks no registry.`;
  static override examples = ['<%= config.bin %> audit report', '<%= config.bin %> audit report --json'];

  protected override effect(reader: Reader) {
    return writeReport(reader);
  }

  protected override render(out: WrittenReport, page: Page): void {
    renderWritten(out, page);
  }

  protected override exitCode(out: WrittenReport): number {
    return out.ledger.ok ? 0 : 7;
  }
}
