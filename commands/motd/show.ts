import { type Page, Query, type Reader } from '../../src/api/index.ts';
import { type ShownMessage, showMessage } from '../../src/motd/index.ts';

export default class MotdShow extends Query<ShownMessage> {
  static override summary = 'Print the message of the day.';
  static override examples = ['<%= config.bin %> motd', '<%= config.bin %> motd show --jq .message.text'];

  protected override execute(reader: Reader): Promise<ShownMessage> {
    return showMessage(reader);
  }

  protected override render(out: ShownMessage, page: Page): void {
    if (out.message === null) page.line('No message of the day. Add one with: bit motd add <message>');
    else for (const line of out.message.text.split('\n')) page.line(page.safe(line));
  }
}
