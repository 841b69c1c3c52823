import { BitError } from '../kernel/errors.ts';
import { readWorkflowText, saysTheSame, type WorkflowText } from './text.ts';

/**
 * The file with its jobs in another order; lines move whole, with their comments. Undefined where its lines can't be
 * moved without saying something else.
 */
export function reorderJobs(file: WorkflowText, order: readonly string[]): string | undefined {
  const { jobs, text, path, kind, fixed } = file;
  if (fixed !== undefined || jobs.length < 2) return undefined;
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const chosen = order.map((id) => byId.get(id));
  if (chosen.length !== jobs.length || new Set(order).size !== jobs.length) return undefined;
  const first = jobs[0]?.from ?? 0;
  const last = jobs.at(-1)?.to ?? 0;
  let made = '';
  for (const [at, job] of chosen.entries()) {
    const stood = jobs[at];
    if (job === undefined || stood === undefined) return undefined;
    const block = text.slice(job.from, job.to);
    // blank lines stay where they were: they part places, not jobs
    made +=
      (block.endsWith('\n') ? block : `${block}\n`) + text.slice(stood.to, jobs[at + 1]?.from ?? stood.to);
  }
  const whole = text.slice(0, first) + made + text.slice(last);
  try {
    const again = readWorkflowText(path, kind, whole);
    const same = saysTheSame(file, again) && again.jobs.every(({ id }, at) => id === order[at]);
    return same ? whole : undefined;
  } catch (error) {
    if (error instanceof BitError) return undefined;
    throw error;
  }
}
