import { Args, Flags } from '@oclif/core';
import { action, BitError, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type RollbackResult, renderRollback, rollbackChain } from '../../src/history/index.ts';

export default class RollbackChain extends action({
  action: 'rollback.chain',
  event: 'ROLLBACK_CHAIN',
})<RollbackResult> {
  static override summary = 'Take back the last N operations, or all, newest first and all or nothing.';
  static override examples = [
    '<%= config.bin %> rollback chain 3',
    '<%= config.bin %> rollback chain all --dry-run',
    '<%= config.bin %> rollback chain 2 --skip-remote',
  ];
  static override args = {
    n: Args.string({ description: 'How many operations, or "all".', required: true, ignoreStdin: true }),
  };
  static override flags = {
    'skip-remote': Flags.boolean({
      description: 'Undo what is local of operations that also left this clone.',
    }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof RollbackChain>) {
    const most = args.n === 'all' ? 'all' : Number(args.n);
    if (most !== 'all' && !(Number.isSafeInteger(most) && most > 0)) {
      throw new BitError('usage', `${args.n} is neither a number of operations nor "all"`);
    }
    return rollbackChain(reader, { most, skipRemote: flags['skip-remote'] });
  }

  protected override render(out: RollbackResult, page: Page): void {
    renderRollback(out, page, 'undid');
  }
}
