import { isTruthy, type Scope } from '../expression/index.ts';
import type { InstanceState, StepsPlan, StepsState } from '../workflow/index.ts';
import { repositoryOf } from './action-place.ts';
import type { Unit } from './compile.ts';
import { type ContainerSpec, containerSpec, type JobContainers, surroundOf } from './containers.ts';
import { concurrencyOf, stringsOf } from './decide.ts';
import type { JobDefinition } from './definition.ts';
import { evaluateTextOf, evaluateTree } from './evaluate-tree.ts';
import { runnerFacts } from './event.ts';
import { foreignSystem, labelsOf } from './labels.ts';
import { runnerEnv } from './runner-env.ts';
import { type Frame, instanceScope, stepScope } from './scope.ts';
import { at, entries } from './source.ts';
import type { StepPlace } from './step-place.ts';
import { makeSteps } from './steps.ts';

/** GitHub ends a job after six hours. */
const DEFAULT_MINUTES = 360;

/** A job that has steps of its own. */
export function planSteps(unit: Unit, definition: JobDefinition, state: InstanceState): StepsPlan {
  const { frame } = unit;
  const { source } = unit.definition;
  const shared = stringsOf(evaluateTree(source, unit.definition.env, instanceScope(frame, state)));
  const own = stringsOf(evaluateTree(source, definition.env, instanceScope(frame, state, shared)));
  const env: Record<string, string> = { ...shared, ...own, ...givenEnv(state) };
  const scope = instanceScope(frame, state, env);
  const title = titleOf(unit, definition, state);
  const labels = labelsOf(evaluateTree(source, definition.runsOn, scope));
  const minutes =
    definition.timeout === undefined
      ? DEFAULT_MINUTES
      : Number(evaluateTree(source, definition.timeout, scope));
  const place: StepPlace = {
    unit,
    source,
    frame,
    shell: (inner) => defaultOf('shell', unit, definition, frame, inner),
    workingDirectory: (inner) => defaultOf('working-directory', unit, definition, frame, inner),
    step: {},
    level: 1,
    action: undefined,
    repository: repositoryOf(unit.definition.path),
    nested: makeSteps,
  };
  const foreign = foreignSystem(labels);
  const steps =
    foreign === undefined ? makeSteps(place, definition.steps, state) : [elsewhere(foreign, labels)];
  const containers = foreign === undefined ? containersOf(unit, definition, scope) : NONE;
  const surround = surroundOf(containers);
  const concurrency =
    definition.concurrency === undefined ? undefined : concurrencyOf(source, definition.concurrency, scope);
  return {
    kind: 'steps',
    title,
    env: { ...env, ...runnerEnv(frame, state) },
    placement: { labels },
    timeoutMs: Math.max(1, Number.isFinite(minutes) ? minutes : DEFAULT_MINUTES) * 60_000,
    continueOnError: isTruthy(evaluateTree(source, definition.continueOnError, scope)),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(surround === undefined ? {} : { surround, resumeFrom: 'job' as const }),
    steps,
    outputs: (after) => {
      const inner = stepScope(frame, after);
      return Object.fromEntries(
        definition.outputs.map(({ key, value }) => [
          String(key.value),
          evaluateTextOf(source, value, inner) ?? '',
        ]),
      );
    },
  };
}

const NONE: JobContainers = { container: undefined, services: new Map() };

function containersOf({ definition: { source } }: Unit, job: JobDefinition, scope: Scope): JobContainers {
  const services = new Map<string, ContainerSpec>();
  for (const { key, value } of entries(job.services)) {
    const id = String(key.value);
    const spec = containerSpec(evaluateTree(source, value, scope), `the service ${id}`);
    if (spec !== undefined) services.set(id, spec);
  }
  const container =
    job.container === undefined
      ? undefined
      : containerSpec(evaluateTree(source, job.container, scope), `the container of ${job.id}`);
  return { container, services };
}

function titleOf(
  { frame, definition: { source } }: Unit,
  { id, name }: JobDefinition,
  state: InstanceState,
): string {
  const { title } = state.instance;
  if (name === undefined) return title === '' ? id : `${id} ${title}`;
  const written = name.kind === 'scalar' ? String(name.value) : id;
  const evaluated = evaluateTextOf(source, name, instanceScope(frame, state)) || id;
  return written.includes('${{') || title === '' ? evaluated : `${evaluated} ${title}`;
}

/** `--env`, over what the workflow sets. */
function givenEnv(state: InstanceState): Record<string, string> {
  return Object.fromEntries(
    Object.entries(state.request.env).map(([name, value]) => [
      name,
      value.startsWith('secret:') ? (state.secret(value.slice('secret:'.length)) ?? '') : value,
    ]),
  );
}

/** Not run, and said so: its steps are another system's. */
function elsewhere(system: string, labels: readonly string[]): StepsPlan['steps'][number] {
  const why = `not run: it asks for ${labels.join(', ')}, which is ${system}, and this machine is ${runnerFacts().os}`;
  return {
    id: '_elsewhere',
    title: why,
    prepare: () => ({
      kind: 'native',
      run: async (tools) => tools.annotate({ level: 'notice', message: why }),
    }),
  };
}

/** `defaults.run` of the job, else of the workflow. */
function defaultOf(
  key: string,
  unit: Unit,
  definition: JobDefinition,
  frame: Frame,
  state: StepsState,
): string | undefined {
  const { source, defaults } = unit.definition;
  const tree = at(at(definition.defaults, 'run'), key) ?? at(at(defaults, 'run'), key);
  return evaluateTextOf(source, tree, stepScope(frame, state));
}
