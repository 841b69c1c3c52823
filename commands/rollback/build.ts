import { Args } from '@oclif/core';
import { action, count, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type BuildRollback, rollbackBuild } from '../../src/build/index.ts';

export default class RollbackBuild extends action({
  action: 'rollback.one',
  event: 'ROLLBACK',
})<BuildRollback> {
  static override summary = 'Put back the files a build replaced: the newest, or the one named.';
  static override examples = [
    '<%= config.bin %> rollback build',
    '<%= config.bin %> rollback build 01k2c9 --dry-run',
  ];
  static override args = {
    id: Args.string({ description: 'Operation id or entry digest, or their beginning.', ignoreStdin: true }),
  };

  protected override effect(reader: Reader, { args }: Input<typeof RollbackBuild>) {
    return rollbackBuild(reader, { id: args.id });
  }

  protected override render(out: BuildRollback, page: Page): void {
    page.line(`took back ${page.safe(out.summary)}`);
    page.line(`${count(out.brought, 'file')} put back, ${count(out.removed, 'file')} removed`);
  }
}
