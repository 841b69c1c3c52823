import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type RollbackResult, renderRollback, rollbackOne } from '../../src/history/index.ts';

export default class RollbackMerge extends action({
  action: 'rollback.one',
  event: 'ROLLBACK',
})<RollbackResult> {
  static override summary = 'Take back a merge: the newest, or the one named.';
  static override examples = [
    '<%= config.bin %> rollback merge',
    '<%= config.bin %> rollback merge 01k2c9 --dry-run',
  ];
  static override args = {
    id: Args.string({ description: 'Operation id or entry digest, or their beginning.', ignoreStdin: true }),
  };
  static override flags = {
    'skip-remote': Flags.boolean({ description: 'Undo what is local of a merge that was also pushed.' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof RollbackMerge>) {
    return rollbackOne(reader, {
      id: args.id,
      events: ['MERGE', 'PULL', 'SYNC'],
      noun: 'merge',
      skipRemote: flags['skip-remote'],
    });
  }

  protected override render(out: RollbackResult, page: Page): void {
    renderRollback(out, page, 'undid');
  }
}
