import { combinationLabel, expandMatrix } from '../github-workflow/index.ts';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import { nearest, printable } from '../kernel/text.ts';
import type { Concurrency, Job, JobPlan, JobState, RunState, Strategy, Workflow } from '../workflow/index.ts';
import type { ConcurrencyDefinition, Definition, JobDefinition } from './definition-model.ts';
import { wrong } from './document.ts';
import { condition, expand, expandAll, placed, scopeOf, value } from './scope.ts';
import { compileSteps } from './steps.ts';

export interface CompileOptions {
  readonly path: string;
  readonly text: string;
  /** What `--env` set, over the workflow's own. */
  readonly env: Readonly<Record<string, string>>;
  /** A workflow that a job calls, by what its `uses` says. */
  /** Whether a step kind of a plugin's is there. @throws BitError where it is not */
  readonly checkPlugged: ((uses: string, given: readonly string[]) => void) | undefined;
  readonly called: (uses: string, at: { readonly line: number; readonly column: number }) => Workflow;
}

/** Makes the model of a definition. Everything that can be wrong with it before it runs is told now. */
export function compile(definition: Definition, options: CompileOptions): Workflow {
  const { path, text } = options;
  const secrets = [
    ...new Set([...text.matchAll(/\bsecrets\.([A-Za-z_][A-Za-z0-9_]*)/g)].map(([, name = '']) => name)),
  ];
  const name = definition.name ?? path.replace(/^.*\//, '').replace(/\.ya?ml$/, '');
  const { checkPlugged } = options;
  const place: Place = { path, name, secrets, env: { ...definition.env }, over: options.env, checkPlugged };
  const jobs = definition.jobs.map((job) => compileJob(job, place, options));
  refuseUnknownNeeds(definition, path);
  const top = { path, at: { line: 1, column: 1 } };
  const { concurrency, maxParallel, outputs } = definition;
  return {
    name,
    path,
    jobs,
    secrets,
    failFast: definition.failFast,
    ...(maxParallel === undefined ? {} : { maxParallel }),
    ...(concurrency === undefined
      ? {}
      : { concurrency: (state) => groupOf(concurrency, state, place, top.at) }),
    outputs: (state) => expandAll(outputs, scopeOf(state, place.env, secrets), top),
  };
}

export interface Place extends Pick<CompileOptions, 'checkPlugged'> {
  readonly path: string;
  /** The workflow's. */
  readonly name: string;
  /** Names of secrets the file speaks of. */
  readonly secrets: readonly string[];
  /** The workflow's own, unexpanded. */
  readonly env: Readonly<Record<string, string>>;
  /** `--env`, over everything. */
  readonly over: Readonly<Record<string, string>>;
}

function refuseUnknownNeeds({ jobs }: Definition, path: string): void {
  const ids = new Set(jobs.map(({ id }) => id));
  for (const { id, needs, at } of jobs) {
    for (const need of needs) {
      if (ids.has(need)) continue;
      const near = nearest(need, ids);
      const hint =
        near.length > 0 ? `did you mean: ${near.join(', ')}` : `its jobs are: ${[...ids].join(', ')}`;
      throw wrong(path, at, `job ${id} needs ${printable(need)}, and there is no such job`, hint);
    }
  }
}

function groupOf(
  { group, cancelInProgress }: ConcurrencyDefinition,
  state: RunState,
  { path, env, secrets }: Place,
  at: { readonly line: number; readonly column: number },
): Concurrency {
  return { group: expand(group, scopeOf(state, env, secrets), { path, at }), cancelInProgress };
}

function compileJob(job: JobDefinition, place: Place, options: CompileOptions): Job {
  const where = { path: place.path, at: job.at };
  const decide = condition(job.if, where);
  const steps = compileSteps(job, place);
  const { matrix, concurrency, timeoutMinutes, sandbox, on } = job;
  const called = job.uses === undefined ? undefined : options.called(job.uses, job.at);
  return {
    id: job.id,
    needs: job.needs,
    ...(job.name === undefined || job.name.includes('${{') ? {} : { title: job.name }),
    decide: (state) => decide(scopeOf(state, place.env, place.secrets)),
    workspace: ({ request: { options } }) => workspaceSaid(options) ?? job.workspace,
    ...(matrix === undefined ? {} : { strategy: (state: JobState) => strategyOf(job, matrix, state, place) }),
    plan(state): JobPlan {
      const outer = scopeOf(
        state,
        expandAll(place.env, scopeOf(state, {}, place.secrets), where),
        place.secrets,
      );
      if (called !== undefined) {
        const inputs = expandAll(job.with, outer, where);
        return { kind: 'call', workflow: called, inputs, secrets: 'inherit' };
      }
      const env = {
        ...expandAll(place.env, scopeOf(state, {}, place.secrets), where),
        ...expandAll(job.env, outer, where),
        ...place.over,
      };
      const scope = scopeOf(state, env, place.secrets);
      return {
        kind: 'steps',
        env,
        ...(job.name === undefined ? {} : { title: expand(job.name, scope, where) }),
        ...(on === undefined ? {} : { on: on as 'local' | 'vm' | 'mesh' }),
        ...(sandbox === undefined ? {} : { sandbox }),
        limits: job.limits,
        ...(timeoutMinutes === undefined ? {} : { timeoutMs: timeoutMinutes * 60_000 }),
        continueOnError: expand(job.continueOnError, scope, where) === 'true',
        ...(concurrency === undefined
          ? {}
          : { concurrency: { ...concurrency, group: expand(concurrency.group, scope, where) } }),
        steps,
        outputs: (inner) => expandAll(job.outputs, scopeOf(inner, env, place.secrets), where),
      };
    },
  };
}

function workspaceSaid({ workspace }: JsonObject): 'own' | 'shared' | undefined {
  return workspace === 'own' || workspace === 'shared' ? workspace : undefined;
}

/** The matrix as its expressions make it: `matrix: ${{ fromJSON(needs.list.outputs.all) }}` too. */
function strategyOf(job: JobDefinition, matrix: Json, state: JobState, place: Place): Strategy {
  const where = { path: place.path, at: job.at };
  const scope = scopeOf(state, place.env, place.secrets);
  const expanded = (item: Json): Json => {
    if (typeof item === 'string') return value(item, scope, where);
    if (Array.isArray(item)) return item.map((one) => expanded(one as Json));
    if (!isJsonObject(item)) return item;
    return Object.fromEntries(Object.entries(item).map(([name, one]) => [name, expanded(one)])) as JsonObject;
  };
  const all = placed(where, () => expandMatrix(expanded(matrix)));
  const labels = new Map<string, number>();
  return {
    failFast: job.failFast,
    ...(job.maxParallel === undefined ? {} : { maxParallel: job.maxParallel }),
    instances: all.map((values) => {
      const title = combinationLabel(values);
      const seen = labels.get(title) ?? 0;
      labels.set(title, seen + 1);
      const key = title.slice(1, -1) + (seen === 0 ? '' : ` #${seen + 1}`);
      if (key.length > 2000) throw new BitError('usage', `job ${job.id}: an instance's values are too long`);
      return { key: key === '' ? `#${seen + 1}` : key, title, values: { ...values } };
    }),
  };
}
