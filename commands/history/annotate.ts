import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type Annotated, annotate } from '../../src/history/index.ts';

export default class HistoryAnnotate extends action({
  action: 'history.annotate',
  event: 'HISTORY_ANNOTATE',
})<Annotated> {
  static override summary = 'Add a note to an operation; the ledger keeps both.';
  static override examples = [
    '<%= config.bin %> history annotate 01k2c9 "released as 1.4.2"',
    '<%= config.bin %> history annotate 9f86d081 "approved on the call"',
  ];
  static override args = {
    entry: Args.string({
      description: 'Operation id or entry digest, or their beginning.',
      required: true,
      ignoreStdin: true,
    }),
    text: Args.string({ description: 'The note.', required: true, ignoreStdin: true }),
  };

  protected override effect(reader: Reader, { args }: Input<typeof HistoryAnnotate>) {
    return annotate(reader, { entry: args.entry, text: args.text });
  }

  protected override render(out: Annotated, page: Page): void {
    page.line(`annotated ${out.op}`);
  }
}
