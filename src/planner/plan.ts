import { availableParallelism } from 'node:os';
import { BitError } from '../kernel/errors.ts';
import type { Reader } from '../operation/index.ts';
import { findAll, named, workTreeFiles } from '../runs/index.ts';
import type { SourceFiles } from '../workflow/index.ts';
import { fusedFiles } from './fuse-files.ts';
import { readHistory } from './history.ts';
import { Improving } from './improve.ts';
import type { FileChange, PlannedWorkflow, Proposal, WorkflowPlanReport } from './model.ts';
import { planOneFlow } from './plan-flow.ts';
import { type Made, Tree, unreadable } from './tree.ts';

export interface PlanQuestion {
  /** By name or path; none: all there are. */
  readonly names: readonly string[];
  /** Jobs at once; default as many as this machine has processors, as runs do. */
  readonly slots: number | undefined;
  readonly kinds: readonly Proposal['kind'][];
  /** Also what somebody has to look at first. */
  readonly review: boolean;
}

const MOST_WORKFLOWS = 200;

/** A plan and the tree it would make. */
export interface Planned {
  readonly report: WorkflowPlanReport;
  readonly changes: readonly FileChange[];
}

/**
 * What past runs say of the workflows here, what a run is expected to come to, and what would make it shorter. Reads only.
 *
 * @throws BitError `not-found` for a workflow that isn't there, with the nearest
 */
export async function planWorkflows(reader: Reader, question: PlanQuestion): Promise<Planned> {
  const root = reader.repository?.root;
  if (root === undefined) throw new BitError('not-found', `${reader.cwd} is not inside a work tree`);
  const files = workTreeFiles(root);
  const paths = await chosen(reader, files, question.names);
  const history = readHistory(reader.stateDirectory);
  const slots = question.slots ?? availableParallelism();
  const tree = new Tree(files);
  const workflows: PlannedWorkflow[] = [];
  const proposals: Proposal[] = [];
  const take = (made: readonly Made[]): void => {
    for (const one of made) proposals.push(tree.take(one, String(proposals.length + 1)));
  };
  for (const { path, kind } of paths) {
    if (kind === 'flow') continue;
    const text = tree.workflow(path, kind);
    if (typeof text === 'string') {
      workflows.push(unreadable(path, kind, text));
      continue;
    }
    const improving = new Improving(reader, text, { history: history.get(path), slots, root, question });
    take(await improving.proposals());
    workflows.push(improving.planned());
  }
  if (question.kinds.includes('fuse') && question.review) take(await fusedFiles(reader, tree, paths));
  for (const { path } of paths.filter(({ kind }) => kind === 'flow')) {
    const { planned, made } = await planOneFlow(reader, tree, path, {
      history,
      slots,
      kinds: question.kinds,
    });
    workflows.push(planned);
    take(made);
  }
  return { report: { slots, workflows, proposals }, changes: tree.changes() };
}

export interface Chosen {
  readonly path: string;
  readonly kind: PlannedWorkflow['kind'];
}

async function chosen(
  reader: Reader,
  files: SourceFiles,
  names: readonly string[],
): Promise<readonly Chosen[]> {
  const kinds = ['native', 'github', 'flow'] as const;
  const all = (await findAll(files)).flatMap(({ path, source }): Chosen[] => {
    const kind = kinds.find((one) => one === source);
    return kind === undefined ? [] : [{ path, kind }];
  });
  if (names.length === 0) return all.slice(0, MOST_WORKFLOWS);
  const wanted: Chosen[] = [];
  for (const name of names) {
    const { workflow } = await named(name, files, reader.cwd);
    const found = all.find(({ path }) => path === workflow);
    if (found === undefined)
      throw new BitError('usage', `${workflow} has no jobs to plan`, {
        hint: 'workflows of .bithub/workflows, .github/workflows and flows of .bithub.yml have',
      });
    if (!wanted.includes(found)) wanted.push(found);
  }
  return wanted;
}
