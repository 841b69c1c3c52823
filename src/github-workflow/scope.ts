import { join } from 'node:path';
import type { Scope, Status } from '../expression/index.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import type { InstanceState, JobState, RunState, StepsState } from '../workflow/index.ts';
import { standing } from './containers.ts';
import { type EventFacts, githubContext, runnerFacts } from './event.ts';
import { hashFiles } from './hash-files.ts';

/** What every scope of one workflow file shares. */
export interface Frame {
  readonly event: EventFacts;
  readonly workflow: { readonly name: string; readonly path: string };
  /** Names of the secrets the file reads. */
  readonly secrets: readonly string[];
  readonly vars: JsonObject;
  /** The inputs by their declared types. */
  readonly inputs: (state: RunState) => JsonObject;
}

type Contexts = Record<string, Json>;

/** `concurrency`, `run-name`, `env` of the workflow. */
export function runScope(frame: Frame, state: RunState): Scope {
  const contexts = base(frame, state);
  return { contexts, functions: functionsOf(state) };
}

/** `if` and `strategy` of a job. */
export function jobScope(frame: Frame, state: JobState): Scope {
  const contexts = withSecrets(frame, state, { ...base(frame, state), needs: needsContext(state) });
  return { contexts, status: jobStatus(state), functions: functionsOf(state) };
}

/** Everything of a job but its steps. */
export function instanceScope(frame: Frame, state: InstanceState, env: JsonObject = {}): Scope {
  const contexts = withSecrets(frame, state, { ...ofInstance(frame, state), env });
  return { contexts, status: jobStatus(state), functions: functionsOf(state) };
}

/** What a step adds to the `github` context, and the inputs of the action it is in. */
export interface StepFrame {
  readonly env?: Readonly<Record<string, string>>;
  readonly inputs?: JsonObject;
  readonly github?: JsonObject;
}

export function stepScope(frame: Frame, state: StepsState, step: StepFrame = {}): Scope {
  const instance = ofInstance(frame, state);
  const temporary = state.temporary;
  const contexts = withSecrets(frame, state, {
    ...instance,
    github: {
      ...(instance['github'] as JsonObject),
      event_path: join(temporary, 'event.json'),
      ...step.github,
    },
    env: { ...visible(state.env), ...step.env },
    inputs: step.inputs ?? instance['inputs'] ?? {},
    job: jobContext(state),
    steps: stepsContext(state),
    runner: runnerContext(state),
  });
  return { contexts, status: statusOf(state.status), functions: functionsOf(state) };
}

function jobContext(state: StepsState): JsonObject {
  const containers = standing(state);
  if (containers === undefined) return { status: state.jobStatus };
  const { container, services } = containers;
  return {
    status: state.jobStatus,
    services,
    ...(container === null ? {} : { container: { id: container } }),
  };
}

export function statusOf(status: 'success' | 'failure' | 'cancelled'): Status {
  return { success: status === 'success', failure: status === 'failure', cancelled: status === 'cancelled' };
}

function base(frame: Frame, state: RunState): Contexts {
  const { run } = state;
  const github = githubContext(frame.event, frame.workflow, {
    run_id: String(run.number),
    run_number: String(run.number),
    run_attempt: String(run.attempt),
    workspace: state.workspace,
  });
  return { github, vars: frame.vars, inputs: frame.inputs(state) };
}

function ofInstance(frame: Frame, state: InstanceState): Contexts {
  const { strategy, instance } = state;
  const shared = base(frame, state);
  return {
    ...shared,
    github: { ...(shared['github'] as JsonObject), job: state.job.id },
    needs: needsContext(state),
    matrix: instance.values,
    strategy: {
      'fail-fast': strategy.failFast,
      'job-index': strategy.index,
      'job-total': strategy.total,
      'max-parallel': strategy.maxParallel ?? strategy.total,
    },
    runner: runnerFacts(),
  };
}

/** Read from the store only where an expression asks for them. */
function withSecrets(frame: Frame, state: RunState, contexts: Contexts): Contexts {
  let known: JsonObject | undefined;
  return Object.defineProperty(contexts, 'secrets', {
    enumerable: true,
    get() {
      known ??= Object.fromEntries(
        frame.secrets.flatMap((name) => {
          const value = state.secret(name);
          return value === undefined ? [] : [[name, value]];
        }),
      );
      return known;
    },
  });
}

function needsContext(state: JobState): JsonObject {
  const needs: Record<string, Json> = {};
  for (const [id, { result, outputs }] of state.needs) needs[id] = { result, outputs: { ...outputs } };
  return needs;
}

function stepsContext(state: StepsState): JsonObject {
  const steps: Record<string, Json> = {};
  for (const [id, { outputs, outcome, conclusion }] of state.steps)
    if (!id.startsWith('_')) steps[id] = { outputs: { ...outputs }, outcome, conclusion };
  return steps;
}

/** Of all a job needs, and what those needed: a failure or a skip goes down the chain. */
function jobStatus(state: JobState): Status {
  const results = [...ancestors(state)].map((id) => state.jobs.get(id)?.result);
  return {
    success: !state.cancelled && results.every((result) => result === 'success'),
    failure: results.includes('failure'),
    cancelled: state.cancelled,
  };
}

function ancestors(state: JobState): Set<string> {
  const needsOf = ancestry.get(state.job) ?? (() => new Set(state.job.needs));
  return needsOf();
}

const ancestry = new WeakMap<JobState['job'], () => Set<string>>();

/** Tells the scopes of a workflow's jobs who their ancestors are. */
export function rememberAncestors(jobs: readonly JobState['job'][]): void {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  for (const job of jobs)
    ancestry.set(job, () => {
      const found = new Set<string>();
      const open = [...job.needs];
      for (let id = open.pop(); id !== undefined; id = open.pop()) {
        if (found.has(id)) continue;
        found.add(id);
        open.push(...(byId.get(id)?.needs ?? []));
      }
      return found;
    });
}

function runnerContext(state: StepsState): JsonObject {
  return {
    ...runnerFacts(),
    name: 'bit',
    environment: 'self-hosted',
    temp: state.temporary,
    tool_cache: join(state.temporary, 'tools'),
    workspace: state.workspace,
    debug: '',
  };
}

/** The `env` context is what the workflow set, not what the runner did. */
function visible(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isRunnersOwn(name)));
}

export function isRunnersOwn(name: string): boolean {
  return /^(GITHUB|RUNNER)_/.test(name) || name === 'CI';
}

function functionsOf(state: RunState): NonNullable<Scope['functions']> {
  return { hashfiles: (patterns) => hashFiles(state.workspace, patterns.map(String)) };
}
