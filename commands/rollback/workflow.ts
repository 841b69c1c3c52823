import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type RollbackResult, renderRollback } from '../../src/history/index.ts';
import { rollbackWorkflow } from '../../src/runs/index.ts';

export default class RollbackWorkflow extends action({
  action: 'rollback.one',
  event: 'ROLLBACK',
})<RollbackResult> {
  static override summary = 'Take back what the bit commands of a run did: the newest run, or the one named.';
  static override description =
    `Every operation inside the run is taken back, newest first, all or nothing. What its steps did without bit (plain
git, other programs) is not bit's to take back: bit says so.`;
  static override examples = [
    '<%= config.bin %> rollback workflow',
    '<%= config.bin %> rollback workflow 01k2c9 --dry-run',
  ];
  static override args = {
    id: Args.string({
      description: 'Run, operation id or entry digest, or their beginning.',
      ignoreStdin: true,
    }),
  };
  static override flags = {
    'skip-remote': Flags.boolean({ description: 'Undo what is local of a run that also left this clone.' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof RollbackWorkflow>) {
    return rollbackWorkflow(reader, { id: args.id, skipRemote: flags['skip-remote'] });
  }

  protected override render(out: RollbackResult, page: Page): void {
    renderRollback(out, page, 'took back');
  }
}
