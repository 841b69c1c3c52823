import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import { type RepairResult, renderRepair, repair, SCOPES, scopesOf } from '../src/repair/index.ts';

export default class Repair extends action({ action: 'repair.run', event: 'REPAIR' })<RepairResult> {
  static override summary = 'Find and put right what a crash or a killed process left behind.';
  static override description =
    `"auto" looks at open operations, stale locks, the index, hooks and left-over files. "custom" takes
one scope; "objects" walks the whole history and fetches missing objects again. Whether an operation
begun on another machine or in another container still runs can't be seen from here: it is settled
only when you say that it ended.`;
  static override examples = [
    '<%= config.bin %> repair',
    '<%= config.bin %> repair --dry-run',
    '<%= config.bin %> repair custom objects',
  ];
  static override args = {
    mode: Args.string({ description: 'auto or custom.', options: ['auto', 'custom'], default: 'auto' }),
    scope: Args.string({ description: 'What to look at (custom).', options: [...SCOPES], ignoreStdin: true }),
  };

  static override flags = {
    elsewhere: Flags.boolean({
      description: 'Also settle what other machines or containers began: you know that it ended.',
    }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof Repair>) {
    const { mode, scope } = args;
    return repair(reader, { scopes: scopesOf(mode, scope), elsewhere: flags.elsewhere });
  }

  protected override exitCode(out: RepairResult): number {
    return out.failed.length === 0 ? 0 : 1;
  }

  protected override render(out: RepairResult, page: Page): void {
    renderRepair(out, page);
  }
}
