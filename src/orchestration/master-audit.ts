import type { StepsState } from '../workflow/index.ts';
import type { CompiledStep, CompileOptions } from './options.ts';
import type { StepPlan } from './plan-model.ts';

export type Conclusion = 'success' | 'failure' | 'cancelled' | 'skipped';

/** The master audit, in the shape of the first orchestrator: `workflows`, `images`, `meta`. */
export interface MasterAudit {
  readonly workflows: readonly {
    readonly name: string;
    readonly run_id: string;
    readonly conclusion: Conclusion;
  }[];
  /** References of the images that are good. */
  readonly images: readonly string[];
  readonly meta: {
    /** `20261121_183000`, UTC. */
    readonly ts: string;
    readonly repo: string;
    readonly sha: string;
    readonly run: string;
    readonly flow: string;
    readonly event: string;
    readonly branch: string;
    readonly conclusion: Conclusion;
    readonly profile: string | null;
    readonly steps: readonly StepAudit[];
    readonly directives: readonly string[];
    /** Where it stopped: what was tried before. */
    readonly tried: readonly string[];
  };
}

export interface StepAudit {
  readonly number: number;
  readonly kind: string;
  readonly name: string;
  readonly conclusion: Conclusion;
  readonly because: string;
}

export function auditOf(
  state: StepsState,
  { plan, repository }: CompileOptions,
  steps: readonly CompiledStep[],
): MasterAudit {
  const conclusionOf = (id: string): Conclusion => {
    const record = state.jobs.get(id);
    const said = record?.outputs['conclusion'];
    if (said === 'failure' || said === 'cancelled') return said;
    return record?.result ?? 'cancelled';
  };
  const stepAudits = steps.map(({ step, parts }): StepAudit => {
    const all = parts.map(({ job }) => conclusionOf(job));
    const conclusion = worst(all);
    return { number: step.number, kind: step.kind, name: step.name, conclusion, because: step.because };
  });
  const stopped = steps.filter(
    ({ step }, at) => stepAudits[at]?.conclusion === 'failure' && !step.continueOnFailure,
  );
  return {
    workflows: steps.flatMap(({ step, parts }) =>
      step.kind === 'workflows'
        ? parts.map(({ name, job }) => ({
            name,
            run_id: `${state.run.id}/${job}`,
            conclusion: conclusionOf(job),
          }))
        : [],
    ),
    images: steps.flatMap(({ jobs }) =>
      jobs.flatMap(({ id }) => imagesOf(state.jobs.get(id)?.outputs['images'])),
    ),
    meta: {
      ts: timestamp(state.run.startedAt),
      repo: repository ?? 'local',
      sha: plan.occasion.sha ?? '',
      run: state.run.id,
      flow: plan.flow,
      event: plan.occasion.event,
      branch: plan.occasion.branch ?? '',
      conclusion: stopped.length > 0 ? 'failure' : state.cancelled ? 'cancelled' : 'success',
      profile: plan.profile?.name ?? null,
      steps: stepAudits,
      directives: plan.directives
        .filter(({ applies }) => applies)
        .map(({ key, effect }) => `${key}: ${effect}`),
      tried: stopped.map(({ step }) => triedOf(step, plan.profile?.because)),
    },
  };
}

function triedOf(step: StepPlan, profile: string | undefined): string {
  const again = step.kind === 'gate' ? 'once: a gate is not tried again' : triesOf(step);
  const rerouted =
    profile?.includes('rerouted') === true ? `; ${profile}` : '; no profile to reroute to was needed';
  return `step ${step.number}, ${step.kind} ${step.name}: tried ${again}${step.kind === 'gate' ? '' : rerouted}`;
}

function triesOf({ retries, backoffSeconds }: StepPlan): string {
  if (retries === 0) return 'once, retries are 0';
  return `up to ${retries + 1} times, ${backoffSeconds} s apart and doubling`;
}

function worst(all: readonly Conclusion[]): Conclusion {
  return (
    (['failure', 'cancelled', 'success', 'skipped'] as const).find((one) => all.includes(one)) ?? 'skipped'
  );
}

function imagesOf(output: string | undefined): string[] {
  if (output === undefined) return [];
  try {
    const value: unknown = JSON.parse(output);
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

export function timestamp(startedAt: string): string {
  const digits = startedAt.replace(/\D/g, '');
  return `${digits.slice(0, 8)}_${digits.slice(8, 14)}`;
}
