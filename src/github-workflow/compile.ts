import { isTruthy } from '../expression/index.ts';
import { BitError } from '../kernel/errors.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import type {
  Instance,
  Job,
  JobPlan,
  JobState,
  Outputs,
  RunState,
  SourceFiles,
  Strategy,
  Workflow,
} from '../workflow/index.ts';
import { LOCK_FILE, parseUses, vendoredFolder } from './action-place.ts';
import { concurrencyOf, decideBy, stringsOf } from './decide.ts';
import { type JobDefinition, readWorkflow, type WorkflowDefinition } from './definition.ts';
import { evaluateTextOf, evaluateTree, placed } from './evaluate-tree.ts';
import type { EventFacts } from './event.ts';
import { type InputDeclaration, inputDeclarations, requiredSecrets, typedInputs } from './inputs.ts';
import { planSteps } from './job-plan.ts';
import { mayRunBeside, workspaceOf } from './job-tree.ts';
import { vendoredAs } from './lock.ts';
import { type Combination, combinationLabel, expandMatrix } from './matrix.ts';
import { type Frame, instanceScope, jobScope, rememberAncestors, runScope } from './scope.ts';
import { at, entries, type Source, type Tree } from './source.ts';

/** GitHub's limit of workflows that call each other. */
const MOST_LEVELS = 10;

export interface CompileOptions {
  readonly files: SourceFiles;
  readonly event: EventFacts;
  readonly vars: JsonObject;
}

/** One workflow file being compiled. */
export interface Unit extends CompileOptions {
  readonly definition: WorkflowDefinition;
  readonly frame: Frame;
  /** How many workflows called each other to come here. */
  readonly level: number;
  /** The inputs by their types, where it declares some. */
  /** Others of the run may run at the same time. */
  readonly beside: boolean;
  readonly typed: ((given: Readonly<Record<string, string>>) => JsonObject) | undefined;
}

/** Makes the model of a workflow. Everything that an expression decides is left to the run. */
export function compileWorkflow(definition: WorkflowDefinition, options: CompileOptions): Workflow {
  const kind = options.event.name === 'workflow_dispatch' ? 'workflow_dispatch' : undefined;
  const declared = kind === undefined ? [] : inputDeclarations(definition, kind);
  return compileUnit(unitOf(definition, options, declared, { level: 1, beside: false }));
}

/** What a workflow calls is read when it is loaded: a run that is resumed must find the files it began with. */
function readAhead(unit: Unit, { uses }: JobDefinition): void {
  if (uses === undefined || unit.level >= MOST_LEVELS) return;
  try {
    const called = readCalled(unit.files, String(uses.value));
    for (const job of called.jobs) readAhead({ ...unit, level: unit.level + 1 }, job);
  } catch (error) {
    // told when the job is due
    if (!(error instanceof BitError)) throw error;
  }
}

function unitOf(
  definition: WorkflowDefinition,
  options: CompileOptions,
  declared: readonly InputDeclaration[],
  { level, beside }: Pick<Unit, 'level' | 'beside'>,
): Unit {
  const { source, path, name } = definition;
  const contexts = { github: { event: options.event.payload }, vars: options.vars };
  const evaluateDefault = (tree: Tree): Json => evaluateTree(source, tree, { contexts });
  const typed = (given: Readonly<Record<string, string>>): JsonObject =>
    typedInputs({ declared, given, evaluate: evaluateDefault, path });
  const frame: Frame = {
    event: options.event,
    // a called workflow sees its caller's `github`
    workflow: { name, path },
    secrets: secretsOf(source),
    vars: options.vars,
    inputs: (state) => (declared.length === 0 ? {} : typed(state.inputs)),
  };
  return {
    ...options,
    definition,
    frame,
    level,
    beside,
    typed: declared.length === 0 && level === 1 ? undefined : typed,
  };
}

function compileUnit(unit: Unit): Workflow {
  const { definition, frame } = unit;
  const { source } = definition;
  const jobs = definition.jobs.map((job) => compileJob(unit, job));
  if (unit.level === 1) for (const job of definition.jobs) readAhead(unit, job);
  rememberAncestors(jobs);
  const { concurrency } = definition;
  const declared = definition.on.find(({ name }) => name === 'workflow_call')?.filters;
  const outputs = entries(at(declared, 'outputs'));
  return {
    name: definition.name,
    path: definition.path,
    jobs,
    secrets: frame.secrets,
    inputs: unit.typed === undefined ? (given) => given : (given) => stringsOf(unit.typed?.(given) ?? {}),
    ...(concurrency === undefined
      ? {}
      : { concurrency: (state: RunState) => concurrencyOf(source, concurrency, runScope(frame, state)) }),
    ...(outputs.length === 0
      ? {}
      : {
          outputs: (state: RunState): Outputs => {
            const scope = runScope(frame, state);
            const contexts = { ...scope.contexts, jobs: jobsContext(state) };
            return Object.fromEntries(
              outputs.map(({ key, value }) => [
                String(key.value),
                evaluateTextOf(source, at(value, 'value'), { ...scope, contexts }) ?? '',
              ]),
            );
          },
        }),
  };
}

function jobsContext(state: RunState): JsonObject {
  const jobs: Record<string, Json> = {};
  for (const [id, { result, outputs }] of state.jobs) jobs[id] = { result, outputs: { ...outputs } };
  return jobs;
}

/** Names read as `secrets.NAME` or `secrets['NAME']` anywhere in the file. */
function secretsOf(source: Source): readonly string[] {
  const found = source.text.matchAll(
    /\bsecrets\s*(?:\.\s*([A-Za-z_][\w-]*)|\[\s*'([A-Za-z_][\w-]*)'\s*\])/gi,
  );
  return [...new Set([...found].map(([, plain, quoted]) => plain ?? quoted ?? ''))];
}

function compileJob(unit: Unit, definition: JobDefinition): Job {
  const { frame } = unit;
  const { source } = unit.definition;
  return {
    id: definition.id,
    title: titleOf(definition),
    needs: definition.needs,
    decide: (state) => decideBy(source, definition.if, jobScope(frame, state), 'its if is false'),
    ...(definition.matrix === undefined
      ? {}
      : { strategy: (state: JobState) => strategyOf(unit, definition, state) }),
    workspace: (state) => workspaceOf(unit, definition, state),
    plan: (state): JobPlan =>
      definition.uses === undefined ? planSteps(unit, definition, state) : planCall(unit, definition, state),
  };
}

function titleOf({ id, name }: JobDefinition): string {
  return name?.kind === 'scalar' && typeof name.value === 'string' && !name.value.includes('${{')
    ? name.value
    : id;
}

function strategyOf(
  { definition: { source }, frame }: Unit,
  definition: JobDefinition,
  state: JobState,
): Strategy {
  const scope = jobScope(frame, state);
  const { matrix } = definition;
  const place = definition.key;
  const combinations = placed(source, place, 0, () => expandMatrix(evaluateTree(source, matrix, scope)));
  const failFast =
    definition.failFast === undefined || isTruthy(evaluateTree(source, definition.failFast, scope));
  const most =
    definition.maxParallel === undefined
      ? undefined
      : Number(evaluateTree(source, definition.maxParallel, scope));
  if (most !== undefined && !(Number.isInteger(most) && most > 0))
    throw new BitError(
      'usage',
      `${source.path}:${place.at.line}: max-parallel of ${definition.id} must be a number above 0`,
    );
  return {
    instances: uniquely(combinations.map(instanceOf)),
    failFast,
    ...(most === undefined ? {} : { maxParallel: most }),
  };
}

function instanceOf(values: Combination): Instance {
  const title = combinationLabel(values);
  return { key: title.slice(1, -1), title, values: { ...values } };
}

/** Two combinations may look alike. */
function uniquely(instances: readonly Instance[]): readonly Instance[] {
  const seen = new Map<string, number>();
  return instances.map((instance) => {
    const count = (seen.get(instance.key) ?? 0) + 1;
    seen.set(instance.key, count);
    return count === 1 ? instance : { ...instance, key: `${instance.key} #${count}` };
  });
}

/** A job that is a reusable workflow of this repository, or a vendored one. */
function planCall(unit: Unit, definition: JobDefinition, state: Parameters<Job['plan']>[0]): JobPlan {
  const { frame, files } = unit;
  const { source } = unit.definition;
  const scope = instanceScope(frame, state);
  const { uses } = definition;
  const place = uses ?? definition.key;
  return placed(source, place, 0, () => {
    if (unit.level >= MOST_LEVELS)
      throw new BitError('usage', `more than ${MOST_LEVELS} workflows call each other, which is the limit`);
    const called = readCalled(files, String(uses?.value ?? ''));
    const declared = inputDeclarations(called, 'workflow_call');
    const given = stringsOf(evaluateTree(source, definition.with, scope));
    const secrets =
      definition.secrets?.kind === 'scalar'
        ? 'inherit'
        : stringsOf(evaluateTree(source, definition.secrets, scope));
    const contexts = { github: { event: unit.event.payload }, vars: unit.vars };
    // here, so that the caller's line is named
    typedInputs({
      declared,
      given,
      evaluate: (tree) => evaluateTree(called.source, tree, { contexts }),
      path: called.path,
    });
    for (const name of requiredSecrets(called))
      if (secrets !== 'inherit' && !Object.hasOwn(secrets, name))
        throw new BitError('usage', `${called.path} needs the secret ${name}`);
    const beside = mayRunBeside(unit, definition, state);
    const workflow = compileUnit(unitOf(called, unit, declared, { level: unit.level + 1, beside }));
    const concurrency =
      definition.concurrency === undefined ? undefined : concurrencyOf(source, definition.concurrency, scope);
    return {
      kind: 'call',
      workflow,
      inputs: given,
      secrets,
      ...(concurrency === undefined ? {} : { concurrency }),
    };
  });
}

function readCalled(files: SourceFiles, uses: string): WorkflowDefinition {
  const path = calledPath(uses, files);
  const text = files.read(path);
  if (text === undefined) {
    const remote = !uses.startsWith('./');
    throw new BitError('not-found', `the workflow ${uses} is not here`, {
      hint: remote ? `bit workflow vendor ${uses}` : `there is no file ${path}`,
    });
  }
  const called = readWorkflow(path, text);
  if (!called.on.some(({ name }) => name === 'workflow_call'))
    throw new BitError('usage', `${path} can't be called: it does not run on workflow_call`);
  return called;
}

function calledPath(uses: string, files: SourceFiles): string {
  const reference = parseUses(uses);
  if (reference.kind === 'docker') throw new BitError('usage', `${uses} is no workflow`);
  if (reference.kind === 'local') return reference.path;
  const path = `${vendoredFolder(reference)}/${reference.path}`;
  if (files.read(path) !== undefined) return path;
  return `${vendoredFolder(vendoredAs(reference, files.read(LOCK_FILE)))}/${reference.path}`;
}
