import type { JobOffer } from '../protocol/types.ts';
import type { RunnerFacts } from './input.ts';
import type { JobClass } from './mesh.ts';
import type { ProfileNeeds } from './options.ts';

export interface Terms {
  readonly eta_s: number;
  readonly cost_units: number;
  readonly confidence: number;
}

/**
 * How well a runner suits a job, 0 to 1, as 000 hints: 0.6 Jaccard of the kinds of work, 0.3 of what load leaves,
 * 0.1 for the persona asked for.
 */
export function score(job: JobOffer, runner: RunnerFacts, load: number): number {
  const asked = new Set(job.required.capabilities.map((capability) => kindOf(capability)));
  let kinds = 0;
  let both = 0;
  for (const kind in runner.capabilities) {
    kinds++;
    if (asked.has(kind)) both++;
  }
  const either = asked.size + kinds - both;
  const capable = either === 0 ? 1 : both / either;
  const idle = 1 - Math.min(1, load);
  const persona = job.required.persona === runner.persona ? 1 : 0.5;
  return 0.6 * capable + 0.3 * idle + 0.1 * persona;
}

/** Whether the first of two suits better; what they score alike on, their terms decide: sooner, cheaper, surer. */
export function better(
  a: { readonly score: number; readonly terms?: Terms },
  b: { readonly score: number; readonly terms?: Terms },
): boolean {
  if (Math.abs(a.score - b.score) > 1e-9) return a.score > b.score;
  if (a.terms === undefined || b.terms === undefined) return false;
  if (a.terms.eta_s !== b.terms.eta_s) return a.terms.eta_s < b.terms.eta_s;
  if (a.terms.cost_units !== b.terms.cost_units) return a.terms.cost_units < b.terms.cost_units;
  return a.terms.confidence > b.terms.confidence;
}

export function kindOf(capability: string): string {
  const slash = capability.indexOf('/');
  return slash < 0 ? capability : capability.slice(0, slash);
}

/** Why a runner can't ever run such a job, or nothing: what it is, not what it does at the moment. */
export function unfit(
  { required, profile, needs }: Pick<JobClass, 'required' | 'profile' | 'needs'>,
  runner: RunnerFacts,
): string | undefined {
  if (required.runner !== undefined && required.runner !== runner.runner_id)
    return `it is not ${required.runner}`;
  for (const capability of required.capabilities) {
    const kind = kindOf(capability);
    const there = Object.hasOwn(runner.capabilities, kind) ? runner.capabilities[kind] : undefined;
    if (there === undefined) return `it has no ${kind}`;
    if (kind.length < capability.length && !there.includes(capability.slice(kind.length + 1)))
      return `it has no ${capability}`;
  }
  if (required.persona !== undefined && required.persona !== runner.persona)
    return `its persona is ${runner.persona}, not ${required.persona}`;
  if (profile !== undefined && profile !== runner.profile) return `it is not of the profile ${profile}`;
  for (const name of required.policies ?? [])
    if (!runner.policies.includes(name)) return `it does not hold the policy ${name}`;
  const { cpu = 0, memory_bytes = 0, gpu = 0 } = required.resources ?? {};
  const has = runner.resources ?? {};
  // HELLO need not tell amounts: such a runner is asked, for GPUs only where it names any, and declines what it can't.
  const any = Object.entries(runner.capabilities).some(
    ([kind, what]) => kind === 'gpu' || what.includes('gpu'),
  );
  if (cpu > (has.cpu ?? Number.POSITIVE_INFINITY)) return `it has no ${cpu} cores`;
  if (memory_bytes > (has.memory_bytes ?? Number.POSITIVE_INFINITY))
    return `it has no ${memory_bytes} bytes of memory`;
  if (gpu > (has.gpu ?? (any ? Number.POSITIVE_INFINITY : 0))) return `it has no ${gpu} GPUs`;
  return lacking(needs, runner);
}

/** What its profile asks of a runner and this one has not; amounts that HELLO did not tell are not there. */
function lacking({ cpu = 0, memory_bytes = 0, gpus }: ProfileNeeds, runner: RunnerFacts): string | undefined {
  const has = runner.resources ?? {};
  if (cpu > (has.cpu ?? 0)) return `its profile takes ${cpu} cores`;
  if (memory_bytes > (has.memory_bytes ?? 0)) return `its profile takes ${memory_bytes} bytes of memory`;
  if (gpus === undefined) return undefined;
  const wanted = gpus.kind.toLowerCase();
  const there = Object.entries(has.gpus ?? {}).find(([kind]) => kind.toLowerCase() === wanted)?.[1] ?? 0;
  return there < gpus.count ? `its profile takes ${gpus.count} GPUs ${gpus.kind}` : undefined;
}
