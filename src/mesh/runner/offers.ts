import { availableParallelism } from 'node:os';
import { isBitError } from '../../kernel/errors.ts';
import { shorten } from '../../kernel/text.ts';
import type { JobOffer, MessageOf, PayloadOf } from '../protocol/types.ts';
import type { RunnerManifest } from '../settings/index.ts';
import { takesRepository } from './checkout.ts';
import type { Estimates, Terms } from './estimate.ts';
import type { Gate } from './gate.ts';
import { loadOf } from './load.ts';

interface Standing {
  readonly manifest: RunnerManifest;
  readonly capabilities: Readonly<Record<string, readonly string[]>>;
  readonly gate: Gate;
  /** Root of the repository it serves. */
  readonly own: string | undefined;
  readonly gpus: number;
  readonly active: number;
  readonly draining: boolean;
  /** Why no job can be done at all; undefined where they can. */
  readonly unable: string | undefined;
}

type Decline = Pick<PayloadOf<'JOB_DECLINE'>, 'code' | 'reason'>;

/** What an offer is answered with: why not, or on which terms. */
export function answerOffer(
  offer: MessageOf<'JOB_OFFER'>,
  standing: Standing & { readonly estimates: Pick<Estimates, 'terms'> },
):
  | { readonly kind: 'declined'; readonly decline: Decline }
  | { readonly kind: 'bid'; readonly terms: Terms } {
  const { manifest, active, estimates } = standing;
  const decline = declines(offer, standing);
  if (decline !== undefined)
    return { kind: 'declined', decline: { ...decline, reason: shorten(decline.reason, 2000) } };
  const terms = estimates.terms(offer.payload, {
    load: loadOf(active, manifest.maxConcurrentJobs),
    bias: manifest.priorityBias,
  });
  return { kind: 'bid', terms };
}

/** Why an offer is not bid on; undefined where it is. */
function declines(offer: MessageOf<'JOB_OFFER'>, standing: Standing): Decline | undefined {
  const { manifest, active, draining, gate } = standing;
  const job = offer.payload;
  if (draining) return { code: 'draining', reason: 'takes no more jobs' };
  const lacking = lacks(job, standing);
  if (lacking !== undefined) return { code: 'capability', reason: lacking };
  if (active >= manifest.maxConcurrentJobs) return { code: 'busy', reason: `works on ${active} jobs` };
  try {
    if (!takesRepository(job.repo, manifest.repositories, standing.own))
      return { code: 'policy', reason: `takes no jobs of ${job.repo}` };
    const denied = gate.refusal(offer);
    return denied === undefined ? undefined : { code: 'policy', reason: denied.slice(0, 2000) };
  } catch (error) {
    if (!isBitError(error)) throw error;
    return { code: 'policy', reason: error.message };
  }
}

function lacks(job: JobOffer, { manifest, capabilities, gate, gpus, unable }: Standing): string | undefined {
  if (unable !== undefined) return unable;
  if (job.task === undefined) return 'the job has no task';
  const { required } = job;
  const missing = required.capabilities.filter((name) => !holds(capabilities, name));
  if (missing.length > 0) return `lacks ${missing.join(', ')}`;
  if (required.persona !== undefined && required.persona !== manifest.persona)
    return `is of persona ${manifest.persona}, not ${required.persona}`;
  const unheld = (required.policies ?? []).filter((name) => !gate.packages.includes(name));
  if (unheld.length > 0) return `holds no policy ${unheld.join(', ')}`;
  const { cpu = 0, memory_bytes: memory = 0, gpu = 0 } = required.resources ?? {};
  const cores = manifest.limits.cpu ?? availableParallelism();
  if (cpu > cores) return `has ${cores} cores for a job, not ${cpu}`;
  if (memory > manifest.limits.memoryBytes)
    return `has ${manifest.limits.memoryBytes} bytes of memory for a job, not ${memory}`;
  if (gpu > gpus) return `has ${gpus} GPUs, not ${gpu}`;
  return undefined;
}

/** `build`: that kind of work; `build/node24`: with that for it. */
function holds(capabilities: Readonly<Record<string, readonly string[]>>, name: string): boolean {
  const slash = name.indexOf('/');
  const kind = slash < 0 ? name : name.slice(0, slash);
  const things = Object.hasOwn(capabilities, kind) ? capabilities[kind] : undefined;
  if (things === undefined) return false;
  return slash < 0 || things.includes(name.slice(slash + 1));
}
