import { type Page, Query, type Reader } from '../../src/api/index.ts';
import { renderVerify, verifyLedger } from '../../src/timeline/index.ts';

type Out = Awaited<ReturnType<typeof verifyLedger>>;

export default class LedgerVerify extends Query<Out> {
  static override summary = 'Verify every entry of the ledger.';
  static override description =
    `Numbering, links, digests, signatures, payloads, and that each signer is one of your keys or an accepted signer.
A fault is named by chain, entry and field, and exits 7.`;
  static override examples = ['<%= config.bin %> ledger verify', '<%= config.bin %> ledger verify --json'];

  protected override execute(reader: Reader): Promise<Out> {
    return verifyLedger(reader);
  }

  protected override render(out: Out, page: Page): void {
    renderVerify(out, page);
  }

  protected override exitCode(out: Out): number {
    return out.ok ? 0 : 7;
  }
}
