import { action, type Page, type Reader } from '../../src/api/index.ts';
import { type RotatedMessage, rotateMessage } from '../../src/motd/index.ts';

export default class MotdRotate extends action({
  action: 'motd.rotate',
  event: 'MOTD_ROTATE',
})<RotatedMessage> {
  static override summary = 'Move on to the next message of the day.';
  static override examples = ['<%= config.bin %> motd rotate', '<%= config.bin %> motd rotate --dry-run'];

  protected override effect(reader: Reader) {
    return rotateMessage(reader);
  }

  protected override render(out: RotatedMessage, page: Page): void {
    page.line(page.style.dim(`message ${out.position + 1} of ${out.total}`));
    for (const line of (out.message?.text ?? '').split('\n')) page.line(page.safe(line));
  }
}
