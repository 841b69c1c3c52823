import type { InstanceState } from '../workflow/index.ts';
import type { Unit } from './compile.ts';
import type { JobDefinition } from './definition.ts';
import { at, type Tree } from './source.ts';

/**
 * On GitHub each job has a machine of its own, and what it checks out there is its own. Here a job works in the work tree
 * as it stands, unless it checks out and another one may run at the same time: then in a copy of its own.
 */
export function workspaceOf(unit: Unit, definition: JobDefinition, state: InstanceState): 'own' | 'shared' {
  const { workspace } = state.request.options;
  if (workspace === 'own' || workspace === 'shared') return workspace;
  return checksOut(definition) && mayRunBeside(unit, definition, state) ? 'own' : 'shared';
}

export function mayRunBeside(unit: Unit, definition: JobDefinition, { strategy }: InstanceState): boolean {
  if (unit.beside || (strategy.total > 1 && strategy.maxParallel !== 1)) return true;
  const { jobs } = unit.definition;
  const before = ancestors(jobs, definition);
  return jobs.some(
    (other) => other !== definition && !before.has(other.id) && !ancestors(jobs, other).has(definition.id),
  );
}

function ancestors(jobs: readonly JobDefinition[], of: JobDefinition): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [...of.needs];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    open.push(...(jobs.find((job) => job.id === id)?.needs ?? []));
  }
  return found;
}

/** Into the workspace itself: with a `path` it goes into a folder of it. */
function checksOut({ steps }: JobDefinition): boolean {
  return steps.some(({ uses, with: given }) => {
    const name = uses?.kind === 'scalar' ? String(uses.value) : '';
    return /^actions\/checkout(?:@|$)/.test(name) && textAt(given, 'path') === '';
  });
}

function textAt(tree: Tree | undefined, key: string): string {
  const found = at(tree, key);
  return found?.kind === 'scalar' ? String(found.value ?? '') : '';
}
