import { createHash } from 'node:crypto';
import { writeFileAtomic } from '../kernel/files.ts';
import type { Json } from '../kernel/json.ts';
import { maskJson, maskSecrets } from '../kernel/secrets.ts';
import { printable } from '../kernel/text.ts';
import type { Job, StepsState, StepTools } from '../workflow/index.ts';
import { collectFiles, placeInside } from './collect.ts';
import type { CompiledStep, CompileOptions } from './compile.ts';
import { notifySteps } from './notify.ts';
import type { StepPlan } from './plan.ts';

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

const DEFAULT_PATH = 'orchestration_audit/run_${{ timestamp }}.json';

/** Written whatever happened, then told to the channels. */
export function auditJob(
  options: CompileOptions,
  steps: readonly CompiledStep[],
): { readonly job: Job; readonly secrets: readonly string[] } {
  const needs = steps.flatMap(({ jobs }) => jobs.map(({ id }) => id));
  const notify = notifySteps(options, steps);
  const job: Job = {
    id: 'audit',
    title: 'audit',
    needs,
    decide: () => ({ run: true }),
    plan: () => ({
      kind: 'steps',
      env: {},
      steps: [
        {
          id: 'write',
          title: 'write the audit',
          decide: () => ({ run: true }),
          prepare: () => ({ kind: 'native', run: (tools) => writeAudit(tools, options, steps) }),
        },
        ...notify.steps,
      ],
      outputs: (state) => state.steps.get('write')?.outputs ?? {},
    }),
  };
  return { job, secrets: notify.secrets };
}

async function writeAudit(
  tools: StepTools,
  options: CompileOptions,
  steps: readonly CompiledStep[],
): Promise<void> {
  const { workspace } = tools.state;
  const audit = auditOf(tools.state, options, steps);
  const path = (options.specification.artifacts?.manifestPath ?? DEFAULT_PATH).replace(
    /\$\{\{\s*([a-zA-Z]{1,20})\s*\}\}/g,
    (_, name: string) =>
      name === 'timestamp' ? audit.meta.ts : name === 'flow' ? audit.meta.flow : audit.meta.run,
  );
  const json = placeInside(workspace, path);
  const log = placeInside(workspace, path.replace(/\.json$/, '.log'));
  const text = `${JSON.stringify(maskJson(audit as unknown as Json), null, 2)}\n`;
  writeFileAtomic(json, text);
  writeFileAtomic(log, logOf(audit, tools.state.run.startedAt));
  const digest = createHash('sha256').update(text).digest('hex');
  const days =
    options.specification.artifacts?.bundles?.find(({ name }) => name === 'audit')?.retentionDays ?? 30;
  const files = [path, path.replace(/\.json$/, '.log')];
  await tools.artifacts.put('orchestration-audit', collectFiles(workspace, files.map(escaped)), {
    replace: true,
    retentionDays: days,
  });
  tools.log(`${path}, sha256 ${digest}`);
  tools.output('audit', path);
  tools.output('audit_sha256', digest);
  tools.output('conclusion', audit.meta.conclusion);
}

function escaped(path: string): string {
  return path.replace(/[*?[{\\]/g, '?');
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

const MARKS: Readonly<Record<Conclusion, string>> = {
  success: '✅',
  failure: '❌',
  cancelled: '⏹',
  skipped: '⏭',
};

function logOf({ workflows, images, meta }: MasterAudit, startedAt: string): string {
  const lines = [
    `Orchestration Run - ${startedAt}`,
    `flow ${meta.flow} on ${meta.event}${meta.branch === '' ? '' : ` to ${meta.branch}`}, run ${meta.run}`,
    ...meta.directives.map((text) => `directive ${text}`),
    ...meta.steps.flatMap((step) => [
      `${MARKS[step.conclusion]} step ${step.number}: ${step.kind} ${step.name} → ${step.conclusion}${step.conclusion === 'skipped' ? ` (${step.because})` : ''}`,
    ]),
    ...workflows.map(({ name, run_id, conclusion }) => `▶ ${name} → ${conclusion} (run: ${run_id})`),
    ...images.map((image) => `image ${image}`),
    ...meta.tried.map((text) => `stopped at ${text}`),
    `conclusion: ${meta.conclusion}`,
  ];
  return `${lines.map((line) => printable(maskSecrets(line))).join('\n')}\n`;
}
