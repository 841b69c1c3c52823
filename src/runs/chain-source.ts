import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json } from '../kernel/json.ts';
import type { Job, RunRequest, Workflow, WorkflowSource } from '../workflow/index.ts';

/** A link of a chain. */
export interface Link {
  readonly source: string;
  readonly workflow: string;
  /** All links of a barrier end before any of the next begins. */
  readonly barrier: number;
}

/**
 * A chain: workflows that run as one, one after another or at once up to a barrier. A link hands its outputs to the next
 * as inputs it asks for by those names; artifacts are the run's, so all see them.
 */
export const chainSource = (sourceOf: (kind: string) => WorkflowSource): WorkflowSource => ({
  kind: 'chain',
  find: async () => [],
  async load(request, files) {
    const { links, parallel, goOn } = chainOf(request);
    const loaded: Workflow[] = [];
    for (const { source, workflow } of links) {
      const inner: RunRequest = { ...request, source, workflow, jobs: [], inputs: {} };
      loaded.push(await sourceOf(source).load(inner, files));
    }
    const ids = links.map((_, at) => `link-${at + 1}`);
    const jobs = links.map((link, at): Job => {
      const workflow = loaded[at] as Workflow;
      const earlier = links.flatMap((other, index) => {
        const before = parallel ? other.barrier < link.barrier : index === at - 1;
        return before ? [ids[index] as string] : [];
      });
      return {
        id: ids[at] as string,
        title: workflow.name,
        needs: earlier,
        ...(goOn
          ? {
              decide: (state) =>
                state.cancelled ? { run: false, why: 'the run was cancelled' } : { run: true },
            }
          : {}),
        plan(state) {
          const handed = Object.assign(
            {},
            ...[...state.needs.values()].map(({ outputs }) => outputs),
          ) as Record<string, string>;
          return {
            kind: 'call',
            workflow: asking(workflow),
            inputs: { ...state.inputs, ...handed },
            secrets: 'inherit',
          };
        },
      };
    });
    const secrets = [...new Set(loaded.flatMap((workflow) => workflow.secrets ?? []))];
    const includes = links.flatMap(({ workflow }, at) => [
      workflow,
      loaded[at]?.name ?? '',
      ...(loaded[at]?.includes ?? []),
    ]);
    return { name: request.workflow, jobs, secrets, includes };
  },
});

/** A link takes of what it is handed the inputs it asks for, and leaves the rest to others. */
function asking(workflow: Workflow): Workflow {
  const { inputs } = workflow;
  if (inputs === undefined) return workflow;
  return {
    ...workflow,
    inputs(given) {
      const asked = Object.keys(given).filter((name) => takes(inputs, name));
      return inputs(Object.fromEntries(asked.map((name) => [name, given[name] as string])));
    },
  };
}

function takes(inputs: NonNullable<Workflow['inputs']>, name: string): boolean {
  try {
    inputs({ [name]: '' });
    return true;
  } catch (error) {
    // one that only lacks others takes this one
    return error instanceof BitError && error.details['unknown'] !== name;
  }
}

export interface Chain {
  readonly links: readonly Link[];
  readonly parallel: boolean;
  readonly goOn: boolean;
}

function chainOf({ options }: RunRequest): Chain {
  const { links, parallel, goOn } = options;
  if (!Array.isArray(links)) throw new BitError('usage', 'a chain needs workflows');
  return {
    links: links.flatMap((link: Json) => {
      if (!isJsonObject(link)) return [];
      const { source, workflow, barrier } = link;
      if (typeof source !== 'string' || typeof workflow !== 'string') return [];
      return [{ source, workflow, barrier: typeof barrier === 'number' ? barrier : 0 }];
    }),
    parallel: parallel === true,
    goOn: goOn === true,
  };
}
