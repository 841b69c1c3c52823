import type { JobSpecification } from '../protocol/types.ts';

/** What a job does, in one line. */
export function describeTask({ task }: Pick<JobSpecification, 'task'>): string {
  if (task === undefined) return 'what the repository says';
  return task.kind === 'command' ? task.argv.join(' ') : `workflow ${task.workflow}`;
}
