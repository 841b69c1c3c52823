import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../../src/api/index.ts';
import { type Inspected, inspectRun, renderInspected } from '../../../src/runs/index.ts';

export default class WorkflowContextInspect extends Query<Inspected> {
  static override summary = "Show a past run's inputs, env, outputs, steps and logs; secrets stay masked.";
  static override examples = [
    '<%= config.bin %> workflow context inspect',
    '<%= config.bin %> workflow context inspect 01k2c9 --log build/test',
  ];
  static override args = {
    run: Args.string({ description: 'Id, its beginning or #NUMBER; default the newest.' }),
  };
  static override flags = {
    log: Flags.string({ description: 'Show the log of this job, or job/step.', helpValue: 'JOB[/STEP]' }),
  };
  static override paged = true;

  protected override execute(reader: Reader, { args, flags }: Input<typeof WorkflowContextInspect>) {
    return inspectRun(reader, { id: args.run, log: flags.log });
  }

  protected override render(out: Inspected, page: Page): void {
    renderInspected(out, page);
  }
}
