import { Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader, type Rendering } from '../../src/api/index.ts';
import { type JobPage, listJobs, renderJobs } from '../../src/mesh/client/index.ts';

export default class JobList extends Query<JobPage> {
  static override summary = 'List the jobs of the mesh, newest first.';
  static override examples = [
    '<%= config.bin %> job list',
    '<%= config.bin %> job list --state running --state waiting',
    '<%= config.bin %> job list -n 200 --json',
  ];
  static override flags = {
    state: Flags.string({
      description: 'Only those that are so.',
      options: ['waiting', 'running', 'done', 'failed', 'cancelled'],
      multiple: true,
      multipleNonGreedy: true,
    }),
    repo: Flags.string({ description: 'Only those of this repository.', helpValue: 'URL' }),
    number: Flags.integer({ char: 'n', description: 'How many.', default: 20, min: 1, max: 500 }),
    after: Flags.string({ description: 'Go on after this job.', helpValue: 'JOB' }),
    controller: Flags.string({
      description: 'Address of the controller; default the one found.',
      helpValue: 'URL',
    }),
  };

  protected override execute(reader: Reader, { flags }: Input<typeof JobList>): Promise<JobPage> {
    const { state = [], number, ...rest } = flags;
    return listJobs(reader, {
      ...{ controller: rest.controller, repo: rest.repo, after: rest.after },
      states: state,
      limit: number,
    });
  }

  protected override render({ jobs, next, mesh }: JobPage, page: Page, { now }: Rendering): void {
    if (jobs.length === 0) page.line(page.safe(`Mesh ${mesh} has no such jobs.`));
    renderJobs(jobs, page, now);
    if (next !== null) page.line(page.style.dim(`more with --after ${next}`));
  }
}
