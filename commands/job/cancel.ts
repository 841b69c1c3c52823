import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { cancelJob, type JobChanged } from '../../src/mesh/client/index.ts';

export default class JobCancel extends action({ action: 'job.cancel', event: 'JOB_CANCEL' })<JobChanged> {
  static override summary = 'Cancel a job of the mesh, waiting or running.';
  static override examples = [
    '<%= config.bin %> job cancel J-92A7',
    "<%= config.bin %> job cancel J-92A7 --reason 'the branch is gone'",
  ];
  static override args = { job: Args.string({ description: 'Id of the job.', required: true }) };
  static override flags = {
    reason: Flags.string({ description: 'Kept with the job.', default: 'cancelled by hand' }),
    controller: Flags.string({
      description: 'Address of the controller; default the one found.',
      helpValue: 'URL',
    }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof JobCancel>) {
    return cancelJob(reader, { controller: flags.controller, job: args.job, reason: flags.reason });
  }

  protected override render(out: JobChanged, page: Page): void {
    page.line(page.safe(`Cancelled ${out.job_id}, which was ${out.was}.`));
  }
}
