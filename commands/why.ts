import { Args } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../src/api/index.ts';
import { renderWhy, type Why, why } from '../src/history/index.ts';

export default class WhyCommand extends Query<Why> {
  static override summary =
    'Tell the commit, the ledger entry, the rule that allowed it and the run it came from.';
  static override examples = [
    '<%= config.bin %> why main',
    '<%= config.bin %> why src/index.ts:42',
    '<%= config.bin %> why 9f86d081 --json',
    '<%= config.bin %> why J-92A7',
  ];
  static override args = {
    what: Args.string({
      description: 'A ref, commit, file:line, operation, entry or job of the mesh.',
      required: true,
      ignoreStdin: true,
    }),
  };

  protected override execute(reader: Reader, { args }: Input<typeof WhyCommand>): Promise<Why> {
    return why(reader, args.what);
  }

  protected override render(out: Why, page: Page): void {
    renderWhy(out, page);
  }
}
