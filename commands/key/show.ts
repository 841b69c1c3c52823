import { type Page, Query, type Reader } from '../../src/api/index.ts';
import { type KeysReport, renderKeys, showKeys } from '../../src/identity/index.ts';

export default class KeyShow extends Query<KeysReport> {
  static override summary = 'Show your signing keys.';
  static override examples = ['<%= config.bin %> key', '<%= config.bin %> key show --json'];

  protected override execute(reader: Reader): Promise<KeysReport> {
    return showKeys(reader);
  }

  protected override render(out: KeysReport, page: Page): void {
    renderKeys(out, page);
  }
}
