import type { EventDefinition, WorkflowDefinition } from './definition.ts';
import { selects } from './pattern.ts';
import { at, texts } from './source.ts';

/** Something that happened, as far as filters look at it. */
export interface Happening {
  readonly event: string;
  /** The activity, `opened`, of an event that has some. */
  readonly action?: string;
  /** `refs/heads/main`, `refs/tags/v1`: what was pushed; of a pull request its base branch. */
  readonly ref?: string;
  /** Files that changed, slashes in them; undefined where it isn't known, and then no path filter speaks. */
  readonly changed?: readonly string[];
  /** The workflow that ran, of `workflow_run`. */
  readonly workflow?: string;
}

export interface Verdict {
  readonly runs: boolean;
  /** Why not, or by which event. */
  readonly because: string;
}

/** The activities that start a workflow where it names none. All others start on every activity. */
const DEFAULT_TYPES: Readonly<Record<string, readonly string[]>> = {
  pull_request: ['opened', 'synchronize', 'reopened'],
  pull_request_target: ['opened', 'synchronize', 'reopened'],
};

const WITH_BRANCHES = new Set(['push', 'pull_request', 'pull_request_target', 'workflow_run']);

/** Whether an event starts a workflow, by `on` and all its filters. */
export function startsOn(workflow: WorkflowDefinition, happening: Happening): Verdict {
  const event = workflow.on.find(({ name }) => name === happening.event);
  if (event === undefined) return { runs: false, because: `it does not run on ${happening.event}` };
  const against = refuses(event, happening);
  return against === undefined
    ? { runs: true, because: `it runs on ${event.name}` }
    : { runs: false, because: against };
}

function refuses(event: EventDefinition, happening: Happening): string | undefined {
  const { name, filters } = event;
  const types =
    filters && at(filters, 'types') !== undefined ? texts(at(filters, 'types')) : DEFAULT_TYPES[name];
  if (types !== undefined && happening.action !== undefined && !types.includes(happening.action))
    return `${name} ${happening.action} is none of its types (${types.join(', ')})`;
  const workflows = texts(at(filters, 'workflows'));
  if (workflows.length > 0 && happening.workflow !== undefined && !selects(workflows, happening.workflow))
    return `the workflow ${happening.workflow} is none of those it waits for`;
  return refRefused(event, happening) ?? pathsRefused(event, happening);
}

function refRefused({ name, filters }: EventDefinition, { ref }: Happening): string | undefined {
  if (!WITH_BRANCHES.has(name) || ref === undefined) return undefined;
  const kind = ref.startsWith('refs/tags/') ? 'tags' : 'branches';
  const short = ref.replace(/^refs\/(heads|tags)\//, '');
  const has = (key: string): boolean => at(filters, key) !== undefined;
  const named = kind === 'tags' ? `the tag ${short}` : `the branch ${short}`;
  if (has(kind))
    return selects(texts(at(filters, kind)), short) ? undefined : `${named} is none of its ${kind}`;
  if (has(`${kind}-ignore`))
    return selects(texts(at(filters, `${kind}-ignore`)), short)
      ? `${named} is in its ${kind}-ignore`
      : undefined;
  const other = kind === 'tags' ? 'branches' : 'tags';
  // filters for branches only leave tags out, and the other way round
  return name === 'push' && (has(other) || has(`${other}-ignore`)) ? `it names ${other} only` : undefined;
}

function pathsRefused({ filters }: EventDefinition, { ref, changed }: Happening): string | undefined {
  if (changed === undefined || ref?.startsWith('refs/tags/') === true) return undefined;
  if (at(filters, 'paths') !== undefined) {
    const patterns = texts(at(filters, 'paths'));
    return changed.some((path) => selects(patterns, path))
      ? undefined
      : 'no file that changed is in its paths';
  }
  if (at(filters, 'paths-ignore') !== undefined) {
    const patterns = texts(at(filters, 'paths-ignore'));
    return changed.every((path) => selects(patterns, path))
      ? 'every file that changed is in its paths-ignore'
      : undefined;
  }
  return undefined;
}
