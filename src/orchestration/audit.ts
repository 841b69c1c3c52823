import { createHash } from 'node:crypto';
import { writeFileAtomic } from '../kernel/files.ts';
import type { Json } from '../kernel/json.ts';
import { maskJson, maskSecrets } from '../kernel/secrets.ts';
import { printable } from '../kernel/text.ts';
import type { Job, StepTools } from '../workflow/index.ts';
import { collectFiles, placeInside } from './collect.ts';
import { auditOf, type Conclusion, type MasterAudit } from './master-audit.ts';
import { notifySteps } from './notify.ts';
import { type CompiledStep, type CompileOptions, HERE } from './options.ts';

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
      ...HERE,
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
