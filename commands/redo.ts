import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import { type RollbackResult, redo, renderRollback } from '../src/history/index.ts';

export default class Redo extends action({
  action: 'rollback.chain',
  event: 'ROLLBACK_CHAIN',
})<RollbackResult> {
  static override summary = 'Take back the last undo, or the last N.';
  static override examples = ['<%= config.bin %> redo', '<%= config.bin %> redo 2'];
  static override args = {
    n: Args.integer({ description: 'How many undos, newest first.', default: 1, min: 1 }),
  };
  static override flags = {
    'skip-remote': Flags.boolean({
      description: 'Redo what is local of operations that also left this clone.',
    }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof Redo>) {
    return redo(reader, { most: args.n, skipRemote: flags['skip-remote'] });
  }

  protected override render(out: RollbackResult, page: Page): void {
    renderRollback(out, page, 'took back');
  }
}
