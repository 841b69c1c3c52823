import { action, type Page, type Reader } from '../../src/api/index.ts';
import { type KeyChange, rotateKey } from '../../src/identity/index.ts';

export default class KeyRotate extends action({ action: 'key.rotate', event: 'KEY_ROTATE' })<KeyChange> {
  static override summary = 'Make a new signing key and sign with it from now on.';
  static override description = 'The rotation itself is signed by the old key, which stays in the list.';
  static override examples = ['<%= config.bin %> key rotate', '<%= config.bin %> key rotate --dry-run'];

  protected override effect(reader: Reader) {
    return rotateKey(reader);
  }

  protected override render({ key }: KeyChange, page: Page): void {
    page.line(`${key.fingerprint} in ${key.place} signs from now on.`);
    page.line('Where signers are accepted, trust it: bit key trust, then bit policy accept');
  }
}
