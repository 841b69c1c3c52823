import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type JobChanged, retryJob } from '../../src/mesh/client/index.ts';

export default class JobRetry extends action({ action: 'job.retry', event: 'JOB_RETRY' })<JobChanged> {
  static override summary = 'Run a job of the mesh that ended badly once more.';
  static override examples = [
    '<%= config.bin %> job retry J-92A7',
    '<%= config.bin %> job retry J-92A7 --json',
  ];
  static override args = { job: Args.string({ description: 'Id of the job.', required: true }) };
  static override flags = {
    controller: Flags.string({
      description: 'Address of the controller; default the one found.',
      helpValue: 'URL',
    }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof JobRetry>) {
    return retryJob(reader, { controller: flags.controller, job: args.job });
  }

  protected override render(out: JobChanged, page: Page): void {
    page.line(page.safe(`${out.job_id} waits for a runner again; it was ${out.was}.`));
  }
}
