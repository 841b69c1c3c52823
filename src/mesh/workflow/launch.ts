import { writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { BitError } from '../../kernel/errors.ts';
import { packageRoot } from '../../kernel/packages.ts';
import type { JobOffer } from '../protocol/types.ts';

/** What a runner starts in a job's room for a task of kind `workflow`. */
export interface WorkflowLaunch {
  readonly argv: readonly string[];
  /** Absolute folders it reads beside the system's programs. */
  readonly readable: readonly string[];
}

/** Exit status of the program where this machine could not run the job: another runner may. */
export const UNABLE = 75;

/**
 * The program for a task of kind `workflow`, in the checkout, with what it needs in `home`. Artifacts of the job lie in
 * the work tree under their base names; it takes them away at its start and puts the outcome there at its end, also
 * where the job failed. Its standard output is an event of the engine a line.
 */
export function launchWorkflow(
  job: JobOffer,
  home: string,
  {
    secrets = {},
    confined = false,
  }: {
    readonly secrets?: Readonly<Record<string, string>>;
    /** The room has nothing of its machine but programs. */
    readonly confined?: boolean;
  } = {},
): WorkflowLaunch {
  const { task } = job;
  if (task?.kind !== 'workflow') throw new BitError('usage', `${job.job_id} is no workflow`);
  const [outcome] = job.artifacts_out ?? [];
  const given = {
    workflow: task.workflow,
    inputs: task.inputs ?? {},
    ...(task.job === undefined ? {} : { job: task.job }),
    ...(task.delegation === undefined ? {} : { delegation: { document: task.delegation.document } }),
    artifacts: (job.artifacts_in ?? []).map((uri) => basename(uri)),
    ...(outcome === undefined ? {} : { outcome: basename(outcome.replaceAll('{job_id}', job.job_id)) }),
    secrets,
    confined,
  };
  writeFileSync(join(home, 'task.json'), JSON.stringify(given), { mode: 0o600 });
  const root = packageRoot();
  const program = join(root, 'bin', 'mesh-job.js');
  return { argv: [process.execPath, program, home], readable: [root, dirname(process.execPath)] };
}
