import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { type JobOutput, jobOutput } from '../../src/mesh/client/index.ts';

export default class JobLogs extends Query<JobOutput> {
  static override summary = 'Show what a job has written so far.';
  static override examples = [
    '<%= config.bin %> job logs J-92A7',
    '<%= config.bin %> job logs J-92A7 --fence 1',
    '<%= config.bin %> job logs J-92A7 --follow',
  ];
  static override args = { job: Args.string({ description: 'Id of the job.', required: true }) };
  static override flags = {
    follow: Flags.boolean({ char: 'f', description: 'Go on until it has ended.' }),
    fence: Flags.integer({
      description: 'Of an earlier lease, by its fencing token; default the latest.',
      min: 1,
    }),
    controller: Flags.string({
      description: 'Address of the controller; default the one found.',
      helpValue: 'URL',
    }),
  };

  protected override execute(reader: Reader, { args, flags }: Input<typeof JobLogs>): Promise<JobOutput> {
    const { controller, fence, follow } = flags;
    return jobOutput(reader, { controller, job: args.job, fence, follow });
  }

  protected override streamed(): boolean {
    return true;
  }

  protected override render(_out: JobOutput, _page: Page): void {}
}
