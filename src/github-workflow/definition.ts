import { BitError } from '../kernel/errors.ts';
import { actionProblems, workflowProblems } from './schema.ts';
import {
  at,
  type Entry,
  entries,
  type List,
  type Place,
  type Problem,
  readSource,
  type Scalar,
  type Source,
  type Tree,
  textAt,
  texts,
} from './source.ts';

/** A step as it is written. */
export interface StepDefinition {
  readonly id: string | undefined;
  readonly name: Tree | undefined;
  readonly if: Scalar | undefined;
  readonly run: Scalar | undefined;
  readonly uses: Scalar | undefined;
  readonly shell: Tree | undefined;
  readonly workingDirectory: Tree | undefined;
  readonly env: Tree | undefined;
  readonly with: Tree | undefined;
  readonly continueOnError: Tree | undefined;
  readonly timeout: Tree | undefined;
  readonly tree: Tree;
}

/** A job as it is written. */
export interface JobDefinition {
  readonly id: string;
  readonly key: Scalar;
  readonly name: Tree | undefined;
  readonly needs: readonly string[];
  readonly if: Scalar | undefined;
  readonly runsOn: Tree | undefined;
  readonly env: Tree | undefined;
  readonly defaults: Tree | undefined;
  readonly outputs: readonly Entry[];
  readonly matrix: Tree | undefined;
  readonly failFast: Tree | undefined;
  readonly maxParallel: Tree | undefined;
  readonly timeout: Tree | undefined;
  readonly continueOnError: Tree | undefined;
  readonly concurrency: Tree | undefined;
  readonly permissions: Tree | undefined;
  readonly environment: Tree | undefined;
  readonly container: Tree | undefined;
  readonly services: Tree | undefined;
  readonly steps: readonly StepDefinition[];
  /** A reusable workflow stands for the job. */
  readonly uses: Scalar | undefined;
  readonly with: Tree | undefined;
  readonly secrets: Tree | undefined;
  readonly tree: Tree;
}

/** A workflow as it is written; expressions are in it as text. */
export interface WorkflowDefinition {
  readonly path: string;
  readonly source: Source;
  readonly root: Tree;
  readonly name: string;
  readonly runName: Tree | undefined;
  /** What it runs on: the event's name and its filters. */
  readonly on: readonly EventDefinition[];
  readonly env: Tree | undefined;
  readonly defaults: Tree | undefined;
  readonly concurrency: Tree | undefined;
  readonly permissions: Tree | undefined;
  readonly jobs: readonly JobDefinition[];
}

export interface EventDefinition {
  readonly name: string;
  readonly at: Place;
  readonly filters: Tree | undefined;
}

/** A command comes by the same file several times: to find it by its name, to ask for its events, to run it. */
const MOST_KEPT = 50;
const kept = new Map<string, WorkflowDefinition>();

/** Throws a `usage` BitError of the first problem as `path:line:column`, with all of them in its details. */
export function readWorkflow(path: string, text: string): WorkflowDefinition {
  const key = `${path}\0${text}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const source = readSource(path, text);
  const problems = problemsOf(source);
  if (problems.length > 0 || source.root === undefined) throw faulty(path, problems);
  const definition = define(source, source.root);
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(key, definition);
  return definition;
}

/** All that is wrong with a workflow file; of YAML first, and of GitHub's schema where the YAML is right. */
export function problemsOf(source: Source): readonly Problem[] {
  if (source.problems.length > 0) return source.problems;
  if (source.root === undefined) return [{ message: 'the file is empty', at: { line: 1, column: 1 } }];
  const ignored = ignoredFilters(source.root);
  return workflowProblems(source.path, source.text).filter(
    (problem) =>
      !ignored.some(({ line, column }) => line === problem.at.line && column === problem.at.column),
  );
}

export function faulty(path: string, problems: readonly Problem[]): BitError {
  const [first] = problems;
  const place = first === undefined ? path : `${path}:${first.at.line}:${first.at.column}`;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return new BitError('usage', `${place}: ${first?.message ?? 'the file is empty'}${more}`, {
    details: { file: path, problems },
  });
}

/** Events that take no filters; GitHub passes over filters that stand there all the same. */
const BARE_EVENTS = new Set([
  'create',
  'delete',
  'deployment',
  'deployment_status',
  'fork',
  'gollum',
  'page_build',
  'public',
  'status',
]);

function ignoredFilters(root: Tree): readonly Place[] {
  return entries(at(root, 'on'))
    .filter(({ key, value }) => BARE_EVENTS.has(String(key.value)) && value.kind === 'map')
    .map(({ value }) => value.at);
}

function define(source: Source, root: Tree): WorkflowDefinition {
  return {
    path: source.path,
    source,
    root,
    name: textAt(root, 'name') ?? source.path,
    runName: at(root, 'run-name'),
    on: eventsOf(at(root, 'on')),
    env: at(root, 'env'),
    defaults: at(root, 'defaults'),
    concurrency: at(root, 'concurrency'),
    permissions: at(root, 'permissions'),
    jobs: entries(at(root, 'jobs')).map(jobOf),
  };
}

function eventsOf(tree: Tree | undefined): readonly EventDefinition[] {
  if (tree === undefined) return [];
  if (tree.kind === 'map')
    return tree.entries.map(({ key, value }) => ({
      name: String(key.value),
      at: key.at,
      filters: value.kind === 'scalar' ? undefined : value,
    }));
  const items = tree.kind === 'list' ? tree.items : [tree];
  return items.flatMap((item) =>
    item.kind === 'scalar' ? [{ name: String(item.value), at: item.at, filters: undefined }] : [],
  );
}

function jobOf({ key, value }: Entry): JobDefinition {
  const strategy = at(value, 'strategy');
  return {
    id: String(key.value),
    key,
    name: at(value, 'name'),
    needs: texts(at(value, 'needs')),
    if: scalarAt(value, 'if'),
    runsOn: at(value, 'runs-on'),
    env: at(value, 'env'),
    defaults: at(value, 'defaults'),
    outputs: entries(at(value, 'outputs')),
    matrix: at(strategy, 'matrix'),
    failFast: at(strategy, 'fail-fast'),
    maxParallel: at(strategy, 'max-parallel'),
    timeout: at(value, 'timeout-minutes'),
    continueOnError: at(value, 'continue-on-error'),
    concurrency: at(value, 'concurrency'),
    permissions: at(value, 'permissions'),
    environment: at(value, 'environment'),
    container: at(value, 'container'),
    services: at(value, 'services'),
    steps: stepsOf(at(value, 'steps')),
    uses: scalarAt(value, 'uses'),
    with: at(value, 'with'),
    secrets: at(value, 'secrets'),
    tree: value,
  };
}

/** The steps of a job or of a composite action. */
export function stepsOf(tree: Tree | undefined): readonly StepDefinition[] {
  const items: List['items'] = tree?.kind === 'list' ? tree.items : [];
  return items.map((step) => ({
    id: textAt(step, 'id'),
    name: at(step, 'name'),
    if: scalarAt(step, 'if'),
    run: scalarAt(step, 'run'),
    uses: scalarAt(step, 'uses'),
    shell: at(step, 'shell'),
    workingDirectory: at(step, 'working-directory'),
    env: at(step, 'env'),
    with: at(step, 'with'),
    continueOnError: at(step, 'continue-on-error'),
    timeout: at(step, 'timeout-minutes'),
    tree: step,
  }));
}

function scalarAt(tree: Tree, key: string): Scalar | undefined {
  const value = at(tree, key);
  return value?.kind === 'scalar' ? value : undefined;
}

export interface ActionInput {
  readonly required: boolean;
  readonly default: Scalar | undefined;
}

/** An `action.yml`. */
export interface ActionDefinition {
  readonly path: string;
  readonly source: Source;
  readonly name: string;
  /** By their names in lower case. */
  readonly inputs: ReadonlyMap<string, ActionInput>;
  readonly outputs: readonly Entry[];
  readonly using: string;
  readonly runs: Tree;
}

/** Throws a `usage` BitError as `readWorkflow` does. */
export function readAction(path: string, text: string): ActionDefinition {
  const source = readSource(path, text);
  if (source.problems.length > 0 || source.root === undefined) throw faulty(path, source.problems);
  const { root } = source;
  const runs = at(root, 'runs');
  const using = textAt(runs, 'using')?.toLowerCase();
  if (runs === undefined || using === undefined) throw faulty(path, actionProblems(path, text));
  const inputs = entries(at(root, 'inputs')).map(({ key, value }): [string, ActionInput] => [
    String(key.value).toLowerCase(),
    { required: textAt(value, 'required')?.toLowerCase() === 'true', default: scalarAt(value, 'default') },
  ]);
  return {
    path,
    source,
    name: textAt(root, 'name') ?? path,
    inputs: new Map(inputs),
    outputs: entries(at(root, 'outputs')),
    using,
    runs,
  };
}
