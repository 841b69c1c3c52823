import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type RollbackResult, renderRollback, rollbackTo } from '../../src/history/index.ts';

export default class HistoryRevert extends action({
  action: 'history.revert',
  event: 'ROLLBACK_CHAIN',
})<RollbackResult> {
  static override summary = 'Take back everything newer than an operation.';
  static override examples = [
    '<%= config.bin %> history revert 01k2c9',
    '<%= config.bin %> history revert 9f86d081 --dry-run',
  ];
  static override args = {
    to: Args.string({
      description: 'Operation id or entry digest to go back to.',
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    'skip-remote': Flags.boolean({
      description: 'Undo what is local of operations that also left this clone.',
    }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof HistoryRevert>) {
    return rollbackTo(reader, { to: args.to, skipRemote: flags['skip-remote'] });
  }

  protected override render(out: RollbackResult, page: Page): void {
    renderRollback(out, page, 'undid');
  }
}
