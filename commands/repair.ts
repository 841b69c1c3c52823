import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import { type RepairResult, repair, SCOPES, type Scope } from '../src/repair/index.ts';

export default class Repair extends action({ action: 'repair.run', event: 'REPAIR' })<RepairResult> {
  static override summary = 'Find and put right what a crash or a killed process left behind.';
  static override description =
    `"auto" looks at open operations, stale locks, the index, hooks and left-over files. "custom" takes
one scope; "objects" walks the whole history and fetches missing objects again.`;
  static override examples = [
    '<%= config.bin %> repair',
    '<%= config.bin %> repair --dry-run',
    '<%= config.bin %> repair custom objects',
  ];
  static override args = {
    mode: Args.string({ description: 'auto or custom.', options: ['auto', 'custom'], default: 'auto' }),
    scope: Args.string({ description: 'What to look at (custom).', options: [...SCOPES], ignoreStdin: true }),
  };

  protected override effect(reader: Reader, { args }: Input<typeof Repair>) {
    const chosen = args.mode === 'custom' && args.scope !== undefined ? [args.scope as Scope] : undefined;
    return repair(reader, { scopes: chosen ?? SCOPES.filter((scope) => scope !== 'objects') });
  }

  protected override exitCode(out: RepairResult): number {
    return out.failed.length === 0 ? 0 : 1;
  }

  protected override render({ fixed, failed }: RepairResult, page: Page): void {
    for (const { what, did } of fixed)
      page.line(`${page.style.green('fixed')} ${page.safe(what)}: ${page.safe(did)}`);
    for (const { what, did } of failed)
      page.line(`${page.style.red('could not')} ${page.safe(what)}: ${page.safe(did)}`);
    if (fixed.length + failed.length === 0) page.line('nothing is wrong');
  }
}
