import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader, type Rendering } from '../../src/api/index.ts';
import { type JobRow, renderJobs, watchJob } from '../../src/mesh/client/index.ts';

export default class JobWatch extends Query<JobRow> {
  static override summary = 'Follow a job until it has ended: its states and its output.';
  static override description =
    'Output from its beginning, then as it comes, across broken connections and restarts of the controller. With --json one object a line. Exit status 1 where the job went badly.';
  static override examples = [
    '<%= config.bin %> job watch J-92A7',
    '<%= config.bin %> job watch J-92A7 --no-logs',
  ];
  static override args = { job: Args.string({ description: 'Id of the job.', required: true }) };
  static override flags = {
    logs: Flags.boolean({ description: 'Its output too.', default: true, allowNo: true }),
    controller: Flags.string({
      description: 'Address of the controller; default the one found.',
      helpValue: 'URL',
    }),
  };

  protected override execute(reader: Reader, { args, flags }: Input<typeof JobWatch>): Promise<JobRow> {
    return watchJob(reader, { controller: flags.controller, job: args.job, logs: flags.logs });
  }

  protected override streamed(): boolean {
    return true;
  }

  protected override render(out: JobRow, page: Page, { now }: Rendering): void {
    renderJobs([out], page, now);
  }

  protected override exitCode({ standard }: JobRow): number {
    return standard === 'Failed' || standard === 'Cancelled' ? 1 : 0;
  }
}
