import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import { type RunResult, renderRan, retry, sandboxOf, type Which } from '../src/runs/index.ts';

export default class Retry extends action({ action: 'workflow.retry', event: 'RETRY' })<RunResult> {
  static override summary = 'Try a run again from its failed step on.';
  static override description =
    `What had succeeded is kept: its steps do not run again, its outputs and artifacts stand. failed takes the newest run
that failed, pending the newest that was interrupted, last the newest; an id, its beginning or #NUMBER names one.`;
  static override examples = [
    '<%= config.bin %> retry failed',
    '<%= config.bin %> retry pending --dry-run',
    '<%= config.bin %> retry last 01k2c9',
  ];
  static override args = {
    which: Args.string({
      description: 'Which run.',
      options: ['failed', 'pending', 'last'],
      default: 'failed',
    }),
    id: Args.string({ description: 'A run, instead of the newest of that kind.' }),
  };
  static override flags = {
    jobs: Flags.integer({ description: 'Most jobs at once; default one a processor.', min: 1 }),
    sandbox: Flags.boolean({ description: 'In a sandbox: only the work tree can be written.' }),
  };

  protected override async effect(reader: Reader, { args, flags }: Input<typeof Retry>) {
    const sandbox = sandboxOf(flags);
    return retry(reader, { which: args.which as Which, id: args.id, sandbox, parallel: flags.jobs });
  }

  protected override render(out: RunResult, page: Page): void {
    renderRan(out, page);
  }
}
