import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { repeated } from '../../src/cli/flags.ts';
import { renderSubmitted, type SubmittedJob, submitJob } from '../../src/mesh/client/index.ts';

export default class JobSubmit extends action({ action: 'job.submit', event: 'JOB_SUBMIT' })<SubmittedJob> {
  static override summary = 'Hand a job to the mesh: a command or a workflow, run by a runner that can.';
  static override description =
    'The job runs in a checkout of this repository at the commit that is checked out here (it must have been pushed), or of --repo. It is on the controller’s disk when this returns. The same --key gives the same job.';
  static override examples = [
    '<%= config.bin %> job submit --require test -- npm test',
    '<%= config.bin %> job submit --require build/node24 --keep aln+ns://builds/{job_id}.tar.gz --follow -- make dist',
    '<%= config.bin %> job submit --workflow ci --input level=full --persona strict',
    '<%= config.bin %> job submit --file job.json',
  ];
  static override strict = false;
  static override args = { command: Args.string({ description: 'What to run, after --.' }) };
  static override flags = {
    workflow: Flags.string({
      description: 'A workflow of the repository, instead of a command.',
      helpValue: 'NAME',
    }),
    input: repeated('Input of the workflow.', 'K=V'),
    repo: Flags.string({
      description: 'Repository; default the origin of this one.',
      helpValue: 'URL[#REF]',
    }),
    commit: Flags.string({ description: 'Commit; default the one checked out here.', helpValue: 'OID' }),
    require: repeated('Capability a runner needs: test, build/node24; default build.', 'CAP'),
    policy: repeated('Rego package a runner must hold and that must allow it.', 'PKG'),
    persona: Flags.string({
      description: 'Persona of the runner.',
      options: ['strict', 'creative', 'hybrid'],
    }),
    compliance: Flags.string({
      description: 'Level policies judge by, such as critical.',
      helpValue: 'LEVEL',
    }),
    env: repeated('Variable of the job’s environment. No secrets: it is kept and shown.', 'K=V'),
    take: repeated('Artifact put into the work tree first.', 'URI'),
    keep: repeated('Artifact to keep: the file or folder of the same base name.', 'URI'),
    priority: Flags.integer({ description: 'Higher ones first.', default: 5, min: 0, max: 100 }),
    timeout: Flags.integer({ description: 'Seconds it may run.', default: 1800, min: 1, max: 604_800 }),
    attempts: Flags.integer({ description: 'Runners tried before it counts as failed.', min: 1, max: 100 }),
    profile: Flags.string({
      description: 'Profile of runners, as clusters.profiles has it.',
      helpValue: 'NAME',
    }),
    network: Flags.boolean({ description: 'Let it use the network.' }),
    key: Flags.string({ description: 'Idempotency key.', helpValue: 'KEY' }),
    file: Flags.string({ description: 'The whole job as JSON; - is standard input.', helpValue: 'FILE' }),
    follow: Flags.boolean({
      char: 'f',
      description: 'Stay until it ended, its output shown; exit status 1 where it went badly.',
    }),
    controller: Flags.string({
      description: 'Address of the controller; default the one found.',
      helpValue: 'URL',
    }),
  };

  protected override effect(reader: Reader, { flags, rest }: Input<typeof JobSubmit>) {
    const { input = [], require = [], policy = [], env = [], take = [], keep = [], ...single } = flags;
    return submitJob(reader, {
      ...{ file: undefined, workflow: undefined, repo: undefined, commit: undefined, persona: undefined },
      ...{
        compliance: undefined,
        attempts: undefined,
        profile: undefined,
        key: undefined,
        controller: undefined,
      },
      ...single,
      ...{ command: rest, inputs: input, require, policies: policy, env, take, keep },
    });
  }

  protected override render(out: SubmittedJob, page: Page): void {
    renderSubmitted(out, page);
  }

  protected override exitCode({ end }: SubmittedJob): number {
    return end === null || end.standard === 'CompletedSuccessfully' ? 0 : 1;
  }
}
