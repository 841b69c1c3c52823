import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type AddedMessage, addMessage } from '../../src/motd/index.ts';

export default class MotdAdd extends action({ action: 'motd.add', event: 'MOTD_ADD' })<AddedMessage> {
  static override summary = 'Add a message of the day.';
  static override examples = [
    "<%= config.bin %> motd add 'The freeze starts on Friday.'",
    "<%= config.bin %> motd add 'Welcome.' --show",
  ];
  static override args = {
    message: Args.string({ required: true, description: 'What it says; at most 500 characters.' }),
  };
  static override flags = { show: Flags.boolean({ description: 'Show it from now on.' }) };

  protected override effect(reader: Reader, { args, flags }: Input<typeof MotdAdd>) {
    return addMessage(reader, { text: args.message, show: flags.show });
  }

  protected override render(out: AddedMessage, page: Page): void {
    page.line(`Added as message ${out.added + 1} of ${out.total} in .bithub/motd.yml`);
  }
}
