import { readWorkflow } from '../github-workflow/index.ts';
import { isBitError } from '../kernel/errors.ts';
import { isJsonObject, type Json } from '../kernel/json.ts';
import { readDefinition } from '../native-workflow/index.ts';
import type { RunRequest, SourceFiles } from '../workflow/index.ts';
import type { WorkflowKind } from './model.ts';

/** A workflow's file, and the kind of source that reads it. */
export interface WorkflowPlace {
  readonly source: 'native' | 'github' | 'flow' | 'script' | 'executable' | 'other';
  readonly path: string;
}

/** Where a job of a run is defined: a run may be of a flow, a chain or a workflow that calls others. */
export interface JobPlace extends WorkflowPlace {
  /** As its own file has it; empty where it can't be told. */
  readonly job: string;
  /** Its instance as a run of that file alone would name it: `test(20)`. */
  readonly instance: string;
  /** What goes before it in the run's journal: `caller/`. */
  readonly prefix: string;
}

/** A step as its file has it. */
export interface StepText {
  readonly id: string;
  readonly line: number;
  readonly command: string | null;
  readonly uses: string | null;
  readonly shell: string | null;
  readonly directory: string;
  /** The same for steps that do the same. */
  readonly signature: string;
}

interface JobText {
  readonly id: string;
  readonly line: number;
  /** Workflow that it calls. */
  readonly calls: string | undefined;
  readonly steps: readonly StepText[];
}

export function kindOf({ source }: WorkflowPlace): WorkflowKind {
  return source === 'native' || source === 'github' || source === 'flow' ? source : 'script';
}

/** The jobs of a workflow's file; empty where it can't be read. */
export function jobsOf({ source, path }: WorkflowPlace, text: string): readonly JobText[] {
  try {
    if (source === 'native') return nativeJobs(path, text);
    if (source === 'github') return githubJobs(path, text);
  } catch (error) {
    if (!isBitError(error)) throw error;
  }
  return [];
}

function nativeJobs(path: string, text: string): readonly JobText[] {
  return readDefinition(text, path).jobs.map(({ id, at, uses, steps, shell, directory }) => ({
    id,
    line: at.line,
    calls: uses,
    steps: steps.map((step) => {
      const { at: place, id: own, ...rest } = step;
      return {
        id: own,
        line: place.line,
        command: step.run ?? null,
        uses: step.uses ?? null,
        shell: step.run === undefined ? null : (step.shell ?? shell ?? 'bash'),
        directory: step.directory ?? directory ?? '.',
        signature: JSON.stringify([own.startsWith('_') ? '' : own, rest]),
      };
    }),
  }));
}

function githubJobs(path: string, text: string): readonly JobText[] {
  const { jobs, defaults } = readWorkflow(path, text);
  return jobs.map((job) => ({
    id: job.id,
    line: job.key.at.line,
    calls: job.uses === undefined ? undefined : String(job.uses.value),
    steps: job.steps.map((step, index) => {
      const [start, end] = step.tree.range;
      return {
        id: step.id ?? `_${index + 1}`,
        line: step.tree.at.line,
        command: step.run === undefined ? null : String(step.run.value),
        uses: step.uses === undefined ? null : String(step.uses.value),
        shell: plainText(step.shell) ?? runDefault([job.defaults, defaults], 'shell') ?? null,
        directory:
          plainText(step.workingDirectory) ??
          runDefault([job.defaults, defaults], 'working-directory') ??
          '.',
        signature: text.slice(start, end).trim(),
      };
    }),
  }));
}

type Tree = NonNullable<ReturnType<typeof readWorkflow>['defaults']>;

function plainText(tree: Tree | undefined): string | undefined {
  return tree?.kind === 'scalar' && tree.value !== null ? String(tree.value) : undefined;
}

function memberOf(tree: Tree | undefined, name: string): Tree | undefined {
  return tree?.kind === 'map' ? tree.entries.find(({ key }) => key.value === name)?.value : undefined;
}

function runDefault(trees: readonly (Tree | undefined)[], name: string): string | undefined {
  return trees
    .map((tree) => plainText(memberOf(memberOf(tree, 'run'), name)))
    .find((one) => one !== undefined);
}

/** Workflows that call workflows. */
const DEEPEST = 12;

/** Follows an instance of a journal to the file its job stands in. */
export function placeOf(request: RunRequest, instance: string, files: SourceFiles): JobPlace {
  let place = rootOf(request, files.root);
  let rest = instance;
  let prefix = '';
  for (let depth = 0; depth < DEEPEST; depth++) {
    const step = takeJob(place, rest, request, files);
    if (step === undefined) return { ...place, job: '', instance: rest, prefix };
    if (step.called === undefined) return { ...place, job: step.job, instance: rest, prefix };
    place = step.called;
    prefix += rest.slice(0, rest.length - step.rest.length);
    rest = step.rest;
  }
  return { ...place, job: '', instance: rest, prefix };
}

function rootOf({ source, workflow }: RunRequest, root: string): WorkflowPlace {
  if (source === 'flow') return { source, path: '.bithub.yml' };
  const known = source === 'native' || source === 'github' || source === 'script' || source === 'executable';
  const path = workflow.startsWith(`${root}/`) ? workflow.slice(root.length + 1) : workflow;
  return { source: known ? source : 'other', path };
}

interface Taken {
  readonly job: string;
  /** The workflow that it calls, and what of the instance's name is left within it. */
  readonly called: WorkflowPlace | undefined;
  readonly rest: string;
}

function takeJob(
  place: WorkflowPlace,
  instance: string,
  request: RunRequest,
  files: SourceFiles,
): Taken | undefined {
  if (place.source === 'script' || place.source === 'executable')
    return { job: 'run', called: undefined, rest: '' };
  if (place.source === 'flow' || place.source === 'other') return takeLink(instance, request);
  const text = files.read(place.path);
  const jobs = text === undefined ? [] : jobsOf(place, text);
  const fitting = jobs
    .filter(({ id }) => instance === id || instance.startsWith(`${id}/`) || instance.startsWith(`${id}(`))
    .sort((a, b) => b.id.length - a.id.length);
  const [job] = fitting;
  if (job === undefined) return undefined;
  if (job.calls === undefined) return { job: job.id, called: undefined, rest: '' };
  const behind = instance.slice(job.id.length);
  const at = behind.startsWith('(') ? behind.indexOf(')/') + 1 : 0;
  if (behind[at] !== '/') return { job: job.id, called: undefined, rest: '' };
  return { job: job.id, called: calledBy(place, job.calls, files), rest: behind.slice(at + 1) };
}

function calledBy(place: WorkflowPlace, uses: string, files: SourceFiles): WorkflowPlace {
  const path = uses.replace(/^\.\//, '');
  if (place.source === 'github' || path.includes('/')) return { source: place.source, path };
  const folder = '.bithub/workflows';
  const file = files.list(folder).find((name) => [path, `${path}.yml`, `${path}.yaml`].includes(name));
  return { source: 'native', path: `${folder}/${file ?? path}` };
}

/** `step-2-1/build` of a flow, `link-1/build` of a chain. */
function takeLink(instance: string, { options }: RunRequest): Taken | undefined {
  const [, kind, number, part] = /^(step|link)-(\d{1,6})(?:-(\d{1,6}))?(?:\/|$)/.exec(instance) ?? [];
  if (kind === undefined) return undefined;
  const slash = instance.indexOf('/');
  const job = slash < 0 ? instance : instance.slice(0, slash);
  const rest = slash < 0 ? '' : instance.slice(slash + 1);
  const called =
    kind === 'link' ? linkOf(options['links'], Number(number)) : flowPart(options['flow'], number, part);
  return rest === '' || called === undefined ? { job, called: undefined, rest: '' } : { job, called, rest };
}

function linkOf(links: Json | undefined, number: number): WorkflowPlace | undefined {
  const link = Array.isArray(links) ? (links[number - 1] as Json | undefined) : undefined;
  return link !== undefined && isJsonObject(link) ? placeIn(link['source'], link['workflow']) : undefined;
}

function flowPart(
  flow: Json | undefined,
  number: string | undefined,
  part: string | undefined,
): WorkflowPlace | undefined {
  const plan = flow !== undefined && isJsonObject(flow) ? flow['plan'] : undefined;
  const steps = plan !== undefined && isJsonObject(plan) ? plan['steps'] : undefined;
  const step = Array.isArray(steps) ? (steps[Number(number) - 1] as Json | undefined) : undefined;
  const workflows = step !== undefined && isJsonObject(step) ? step['workflows'] : undefined;
  if (!Array.isArray(workflows) || part === undefined) return undefined;
  const all = workflows.filter((one) => isJsonObject(one as Json)) as readonly Record<string, Json>[];
  const ordered = ['series', 'parallel'].flatMap((mode) => all.filter((one) => one['mode'] === mode));
  const one = ordered[Number(part) - 1];
  return placeIn(one?.['source'], one?.['path']);
}

function placeIn(source: Json | undefined, path: Json | undefined): WorkflowPlace | undefined {
  if (typeof path !== 'string') return undefined;
  return source === 'native' || source === 'github' || source === 'executable' ? { source, path } : undefined;
}
