import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import { type RollbackResult, renderRollback, rollbackChain } from '../src/history/index.ts';

export default class Undo extends action({
  action: 'rollback.chain',
  event: 'ROLLBACK_CHAIN',
})<RollbackResult> {
  static override summary = 'Take back the last operation, or the last N.';
  static override description =
    `Short for "rollback chain". Restores refs, HEAD, index, work tree and settings to what the
ledger recorded before the operation. Whatever changed since is named and never overwritten.`;
  static override examples = ['<%= config.bin %> undo', '<%= config.bin %> undo 3 --dry-run'];
  static override args = {
    n: Args.integer({ description: 'How many operations, newest first.', default: 1, min: 1 }),
  };
  static override flags = {
    'skip-remote': Flags.boolean({
      description: 'Undo what is local of operations that also left this clone.',
    }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof Undo>) {
    return rollbackChain(reader, { most: args.n, skipRemote: flags['skip-remote'] });
  }

  protected override render(out: RollbackResult, page: Page): void {
    renderRollback(out, page, 'undid');
  }
}
