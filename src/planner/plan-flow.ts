import { isBitError } from '../kernel/errors.ts';
import type { Reader } from '../operation/index.ts';
import { explainFlow } from '../orchestration/index.ts';
import { SPECIFICATION } from '../specification/index.ts';
import { orderTogether, reorderParallel, timeFlow } from './flow.ts';
import { forecast } from './forecast.ts';
import type { WorkflowHistory } from './history.ts';
import type { PlannedWorkflow, Proposal } from './model.ts';
import { criticalPath, simulate } from './simulate.ts';
import type { WorkflowText } from './text.ts';
import { type Made, type Tree, unreadable } from './tree.ts';

/** A flow of `.bithub.yml`, with what it calls as it would be. */
export async function planOneFlow(
  reader: Reader,
  tree: Tree,
  path: string,
  {
    history,
    slots,
    kinds,
  }: {
    readonly history: ReadonlyMap<string, WorkflowHistory>;
    readonly slots: number;
    readonly kinds: readonly Proposal['kind'][];
  },
): Promise<{ readonly planned: PlannedWorkflow; readonly made: readonly Made[] }> {
  const flow = path.slice(path.indexOf('#') + 1);
  let plan: Awaited<ReturnType<typeof explainFlow>>;
  try {
    const asked = {
      event: undefined,
      branch: undefined,
      tag: undefined,
      labels: [],
      changed: [],
      since: undefined,
    };
    plan = await explainFlow(reader, { ...asked, fork: false, flow, profile: undefined });
  } catch (error) {
    if (isBitError(error)) return { planned: unreadable(path, 'flow', error.message), made: [] };
    throw error;
  }
  const workflow = (of: string): WorkflowText | undefined => {
    const text = tree.workflow(of, of.startsWith('.github/') ? 'github' : 'native');
    return typeof text === 'string' ? undefined : text;
  };
  const timing = timeFlow(flow, plan.steps, workflow, history);
  const measured = timing.unmeasured.length < timing.jobs.length && history.has(path);
  const written = measured ? simulate(timing.jobs, slots).makespan : null;
  const made: Made[] = [];
  for (const { step, parts } of measured && kinds.includes('order') ? timing.together : []) {
    const better = orderTogether(timing, parts, slots);
    const text = tree.read(SPECIFICATION);
    const after =
      better === undefined || text === null ? undefined : reorderParallel(text, flow, step, better.order);
    if (better === undefined || after === undefined) continue;
    made.push({
      kind: 'order',
      title: `flow ${flow}, step ${step}: its workflows in another order`,
      because: [
        `on ${slots} slots ${Math.round(better.written)} ms become ${Math.round(better.makespan)} ms`,
      ],
      saves: Math.round(better.written - better.makespan),
      proof: 'same',
      doubts: [],
      texts: new Map([[SPECIFICATION, after]]),
    });
  }
  const pooled = pooledHistory(timing.jobs, plan.steps, history, path);
  return {
    planned: {
      path,
      kind: 'flow',
      critical: criticalPath(timing.jobs),
      forecast: forecast(timing.jobs, slots, measured ? pooled : undefined, timing.unmeasured),
      written,
      best: written === null ? null : written - made.reduce((sum, { saves }) => sum + (saves ?? 0), 0),
      notes: plan.steps.flatMap(({ workflows }) =>
        workflows.filter((one) => one.path === null).map(({ name }) => `there is no workflow ${name}`),
      ),
    },
    made,
  };
}

/** What a flow's jobs took, under the names they have in it. */
function pooledHistory(
  jobs: readonly { readonly id: string }[],
  steps: readonly {
    readonly number: number;
    readonly workflows: readonly { readonly mode: string; readonly path: string | null }[];
  }[],
  history: ReadonlyMap<string, WorkflowHistory>,
  path: string,
): WorkflowHistory | undefined {
  const own = history.get(path);
  if (own === undefined) return undefined;
  const instances = new Map(own.instances);
  for (const step of steps) {
    const ordered = ['series', 'parallel'].flatMap((mode) =>
      step.workflows.filter((one) => one.mode === mode),
    );
    for (const [at, one] of ordered.entries()) {
      const prefix = `step-${step.number}-${at + 1}/`;
      if (!jobs.some(({ id }) => id.startsWith(prefix))) continue;
      for (const [name, tally] of history.get(one.path ?? '')?.instances ?? [])
        instances.set(prefix + name, { ...tally, instance: prefix + name });
    }
  }
  return { ...own, instances };
}
