import { printable, shorten } from '../../kernel/text.ts';
import type { JobOffer } from '../protocol/types.ts';

/** A lease by one name. */
export function keyOf({ job_id, fence }: { readonly job_id: string; readonly fence: number }): string {
  return `${job_id}.${fence}`;
}

export function describeJob({ task, repo }: JobOffer): string {
  const what =
    task?.kind === 'workflow'
      ? `workflow ${task.workflow}${task.job === undefined ? '' : `, job ${task.job}`}`
      : (task?.argv.join(' ') ?? '');
  return printable(shorten(`${what} of ${repo}`, 200));
}

export function told(error: unknown): string {
  return printable(shorten(error instanceof Error ? error.message : String(error), 300));
}
