import { BitError } from '../kernel/errors.ts';
import type {
  Decision,
  Job,
  JobPlan,
  JobState,
  Step,
  StepsPlan,
  StepsState,
  Workflow,
} from '../workflow/index.ts';
import { actionSteps } from './actions.ts';
import { auditJob } from './audit.ts';
import { gateSteps, occasionWords } from './gates.ts';
import { type CompiledStep, type CompileOptions, HERE, retryOf } from './options.ts';
import { passStep } from './pass.ts';
import type { FlowPlan, StepPlan, WorkflowPlan } from './plan-model.ts';
import { secretNames } from './send.ts';

/**
 * A planned flow as the model of a run. Each step waits for all of the one before; a step whose condition doesn't hold
 * is skipped and what follows goes on; one that failed stops what follows unless it says `continueOnFailure`; the audit
 * is written whatever happened.
 */
export async function compileFlow(options: CompileOptions): Promise<Workflow> {
  const { plan } = options;
  const jobs: Job[] = [];
  const compiled: CompiledStep[] = [];
  const secrets = new Set<string>();
  let before: readonly string[] = [];
  for (const step of plan.steps) {
    const made = await compileStep(step, before, options);
    for (const name of made.secrets) secrets.add(name);
    compiled.push(made);
    jobs.push(...made.jobs);
    before = made.tail;
  }
  const audit = auditJob(options, compiled);
  for (const name of audit.secrets) secrets.add(name);
  const group = plan.profile?.concurrencyGroup ?? null;
  return {
    name: plan.flow,
    path: '.bithub.yml',
    jobs: [...jobs, audit.job],
    secrets: [...secrets],
    ...(group === null
      ? {}
      : { concurrency: () => ({ group, cancelInProgress: plan.profile?.cancelInProgress ?? false }) }),
    outputs: (state) => state.jobs.get(audit.job.id)?.outputs ?? {},
  };
}

async function compileStep(
  step: StepPlan,
  before: readonly string[],
  options: CompileOptions,
): Promise<CompiledStep> {
  const id = `step-${step.number}`;
  if (step.kind !== 'workflows') {
    const job: Job = {
      id,
      title: titleOf(step),
      needs: before,
      decide: (state) => decided(step, state, before, options.plan),
      plan: () => ({
        ...HERE,
        env: stepsEnv(options),
        ...concurrencyOf(step),
        continueOnError: step.continueOnFailure,
        ...(step.timeoutMinutes === null ? {} : { timeoutMs: step.timeoutMinutes * 60_000 }),
        steps: [...stepsOf(step, options), ...passStep(step)],
        outputs: (state) => ({ ...lastOutputs(state), conclusion: state.status }),
      }),
    };
    const secrets =
      step.kind === 'action' ? secretNames([...options.tokenSources, ...referencesOf(step, options)]) : [];
    return { step, jobs: [job], tail: [id], parts: [{ name: step.name, job: id }], secrets };
  }
  return compileWorkflows(step, before, options);
}

function referencesOf(step: StepPlan, { plan, specification }: CompileOptions): (string | undefined)[] {
  const flow = specification.orchestration?.flows?.find(({ name }) => name === plan.flow);
  return [flow?.sequence[step.number - 1]?.with?.tokenRef];
}

async function compileWorkflows(
  step: StepPlan,
  before: readonly string[],
  options: CompileOptions,
): Promise<CompiledStep> {
  const jobs: Job[] = [];
  const parts: { name: string; job: string }[] = [];
  const secrets: string[] = [];
  let waits = before;
  const series = step.workflows.filter(({ mode }) => mode === 'series');
  const parallel = step.workflows.filter(({ mode }) => mode === 'parallel');
  const add = async (workflow: WorkflowPlan, needs: readonly string[]): Promise<string> => {
    const id = `step-${step.number}-${parts.length + 1}`;
    const loaded = workflow.path === null || !workflow.runs ? undefined : await options.load(workflow);
    secrets.push(...(loaded?.secrets ?? []));
    jobs.push(workflowJob(step, workflow, loaded, { id, needs, plan: options.plan, env: stepsEnv(options) }));
    parts.push({ name: workflow.name, job: id });
    return id;
  };
  for (const workflow of series) waits = [await add(workflow, waits)];
  const together: string[] = [];
  for (const workflow of parallel) together.push(await add(workflow, waits));
  const ends = together.length > 0 ? together : waits;
  const passed = passStep(step);
  if (passed.length === 0) return { step, jobs, tail: ends, parts, secrets };
  const id = `step-${step.number}-pass`;
  jobs.push({
    id,
    title: 'files passed on',
    needs: ends,
    decide: (state) => decided(step, state, ends, options.plan),
    plan: () => ({ ...HERE, env: {}, continueOnError: step.continueOnFailure, steps: passed }),
  });
  return { step, jobs, tail: [id], parts, secrets };
}

function workflowJob(
  step: StepPlan,
  workflow: WorkflowPlan,
  loaded: Workflow | undefined,
  at: {
    readonly id: string;
    readonly needs: readonly string[];
    readonly plan: FlowPlan;
    readonly env: Readonly<Record<string, string>>;
  },
): Job {
  return {
    id: at.id,
    title: workflow.name,
    needs: at.needs,
    decide(state) {
      if (!workflow.runs) return { run: false, why: workflow.because };
      return decided(step, state, at.needs, at.plan);
    },
    plan(): JobPlan {
      if (loaded === undefined)
        return {
          ...HERE,
          env: {},
          continueOnError: step.continueOnFailure,
          steps: [missing(workflow)],
          outputs: ({ status }) => ({ conclusion: status }),
        };
      return {
        kind: 'call',
        workflow: within(concluding(loaded), step, at.env),
        ...concurrencyOf(step),
        inputs: {},
        secrets: 'inherit',
        continueOnError: step.continueOnFailure,
      };
    },
  };
}

/** A workflow that isn't there fails its step; it is never passed over in silence. */
function missing({ name, tried, near }: WorkflowPlan): Step {
  return {
    id: '_find',
    title: `find ${name}`,
    prepare: () => ({
      kind: 'native',
      run: async () => {
        const where = tried.length === 0 ? 'the path leaves the repository' : `tried ${tried.join(', ')}`;
        throw new BitError(
          'not-found',
          `there is no workflow ${name}: ${where}${near.length === 0 ? '' : `; did you mean: ${near.join(', ')}`}`,
        );
      },
    }),
  };
}

/** How it ended stays known where the flow goes on as if it had succeeded. */
function concluding(workflow: Workflow): Workflow {
  return {
    ...workflow,
    outputs: (state) => ({
      ...workflow.outputs?.(state),
      conclusion: [...state.jobs.values()].some(
        ({ result }) => result === 'failure' || result === 'cancelled',
      )
        ? 'failure'
        : 'success',
    }),
  };
}

/** With the flow's environment, and its retries and time for steps that have none of their own. */
function within(workflow: Workflow, step: StepPlan, env: Readonly<Record<string, string>>): Workflow {
  const retry = retryOf(step);
  const limit = step.timeoutMinutes === null ? Number.POSITIVE_INFINITY : step.timeoutMinutes * 60_000;
  const jobs = workflow.jobs.map(
    (job): Job => ({
      ...job,
      plan(state) {
        const plan = job.plan(state);
        if (plan.kind === 'call') return { ...plan, workflow: within(plan.workflow, step, env) };
        const steps = plan.steps.map((one) => ({ ...retry, ...one }));
        const timeoutMs = Math.min(plan.timeoutMs ?? Number.POSITIVE_INFINITY, limit);
        return {
          ...plan,
          env: { ...env, ...plan.env },
          steps,
          ...(Number.isFinite(timeoutMs) ? { timeoutMs } : {}),
        };
      },
    }),
  );
  return { ...workflow, jobs };
}

/** Of a step in a profile of its own: at most one of its group at a time. */
function concurrencyOf({ own }: StepPlan): Pick<StepsPlan, 'concurrency'> {
  const group = own?.concurrencyGroup ?? null;
  return group === null ? {} : { concurrency: { group, cancelInProgress: own?.cancelInProgress ?? false } };
}

/** Whether a step's turn has come, by what the ones before it came to. */
function decided(step: StepPlan, state: JobState, before: readonly string[], plan: FlowPlan): Decision {
  if (state.cancelled) return { run: false, why: 'the run was cancelled' };
  for (const id of before) {
    const result = state.jobs.get(id)?.result;
    if (result === 'failure' || result === 'cancelled') return { run: false, why: `${id} did not succeed` };
    if (result === 'skipped' && !skippedByPlan(id, plan))
      return { run: false, why: `what ${id} waits for did not succeed` };
  }
  return step.runs ? { run: true } : { run: false, why: step.because };
}

/** A step or workflow that the plan leaves out, and not one that waited for what failed. */
function skippedByPlan(id: string, plan: FlowPlan): boolean {
  const [, number, part] = /^step-(\d+)(?:-(\d+))?/.exec(id) ?? [];
  const step = plan.steps[Number(number) - 1];
  if (step === undefined || !step.runs) return true;
  if (part === undefined) return false;
  const ordered = [
    ...step.workflows.filter(({ mode }) => mode === 'series'),
    ...step.workflows.filter(({ mode }) => mode === 'parallel'),
  ];
  return ordered[Number(part) - 1]?.runs === false;
}

function stepsOf(step: StepPlan, options: CompileOptions): readonly Step[] {
  switch (step.kind) {
    case 'gate':
      return gateSteps({
        kind: step.name === 'approval' ? 'approval' : 'policy',
        of: options.plan.flow,
        words: occasionWords(options.plan),
      });
    case 'action':
      return actionSteps(step, options);
    default:
      return [
        {
          id: 'barrier',
          title: `barrier ${step.name}`,
          prepare: () => ({
            kind: 'native',
            run: async (tools) => tools.log('everything before it has ended'),
          }),
        },
      ];
  }
}

function titleOf({ kind, name }: StepPlan): string {
  return `${kind} ${name}`;
}

function lastOutputs(state: StepsState): Readonly<Record<string, string>> {
  return Object.assign({}, ...[...state.steps.values()].map(({ outputs }) => outputs)) as Record<
    string,
    string
  >;
}

/** What processes of a flow's steps see: the occasion, the language people read, and what the flow's `env` says. */
function stepsEnv({ plan, specification }: CompileOptions): Readonly<Record<string, string>> {
  const flow = specification.orchestration?.flows?.find(({ name }) => name === plan.flow);
  const { defaultLocale, fallbackLocale } = specification.support?.ux?.localization ?? {};
  const languages = [defaultLocale, fallbackLocale].filter((locale) => locale !== undefined);
  return {
    ...factsEnv(plan),
    ...(languages.length === 0 ? {} : { LANGUAGE: languages.join(':').replaceAll('-', '_') }),
    ...flow?.env,
  };
}

/** What a flow's steps may read of the occasion. */
function factsEnv({ flow, occasion }: FlowPlan): Readonly<Record<string, string>> {
  const { event, branch, tag, ref, sha, isFork } = occasion;
  return {
    BITHUB_FLOW: flow,
    BITHUB_EVENT: event,
    BITHUB_BRANCH: branch ?? '',
    BITHUB_TAG: tag ?? '',
    BITHUB_REF: ref ?? '',
    BITHUB_SHA: sha ?? '',
    BITHUB_FORK: String(isFork),
  };
}
