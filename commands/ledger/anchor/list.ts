import { type Page, Query, type Reader } from '../../../src/api/index.ts';
import { type AnchorListing, listAnchors, renderAnchors } from '../../../src/transparency/index.ts';

export default class LedgerAnchorList extends Query<AnchorListing> {
  static override summary = 'List the anchors and the receipts kept of them.';
  static override examples = [
    '<%= config.bin %> ledger anchor list',
    '<%= config.bin %> ledger anchor list --json',
  ];

  protected override async execute(reader: Reader): Promise<AnchorListing> {
    return listAnchors(reader);
  }

  protected override render(out: AnchorListing, page: Page): void {
    renderAnchors(out, page);
  }
}
