import { closure, type Workflow } from '../workflow/index.ts';

/** The jobs in the order they may run, for people: what needs what. */
export function planLines(workflow: Workflow, only: readonly string[]): readonly string[] {
  return planOf(workflow, only).map(({ id, title, needs }) => {
    const name = title === id ? id : `${id} (${title})`;
    return needs.length === 0 ? `job ${name}` : `job ${name}, after ${needs.join(', ')}`;
  });
}

export interface PlannedJob {
  readonly id: string;
  readonly title: string;
  readonly needs: readonly string[];
  /** 0 for those that start at once; jobs of a stage may run at the same time. */
  readonly stage: number;
}

/**
 * Jobs by stage. What only a run can know (conditions, a matrix from an output) is not in it.
 *
 * @throws BitError `not-found` for a job of `only` that is not there
 */
export function planOf({ jobs }: Workflow, only: readonly string[]): readonly PlannedJob[] {
  const stages = new Map<string, number>();
  const wanted = only.length === 0 ? new Set(jobs.map(({ id }) => id)) : closure(jobs, only);
  // as often as the longest path is long; a cycle is told when the run is checked
  for (let turn = 0; turn <= jobs.length && stages.size < wanted.size; turn++) {
    const before = stages.size;
    for (const { id, needs } of jobs) {
      if (!wanted.has(id) || stages.has(id) || !needs.every((need) => (stages.get(need) ?? turn) < turn))
        continue;
      stages.set(id, turn);
    }
    if (stages.size === before) break;
  }
  return jobs
    .filter(({ id }) => wanted.has(id))
    .map(({ id, title, needs }) => ({ id, title: title ?? id, needs, stage: stages.get(id) ?? 0 }))
    .sort((a, b) => a.stage - b.stage);
}
