import { createHash } from 'node:crypto';
import { readTextIfExists, writeFileAtomic } from '../../kernel/files.ts';
import { canonicalJson, isJsonObject, type JsonObject } from '../../kernel/json.ts';
import type { JobOffer } from '../protocol/types.ts';
import type { PriorityBias } from '../settings/index.ts';

export interface Terms {
  readonly eta_s: number;
  readonly cost_units: number;
  readonly confidence: number;
}

/** What is known of jobs like one another: of one repository, with one task. */
interface Known {
  /** Weighted mean of seconds, and of the square of what they were off by. */
  readonly mean: number;
  readonly variance: number;
  readonly count: number;
  /** Share of them that this runner brought to an end, lately. */
  readonly reliability: number;
  readonly at: number;
}

const MOST_KNOWN = 500;
/** Weight of the newest. */
const WEIGHT = 0.3;
/** Seconds, where nothing like it was ever done. */
const FIRST_GUESS = 300;

/** How long jobs took here, so that bids say something. */
export class Estimates {
  readonly #path: string;
  readonly #known: Map<string, Known>;

  constructor(path: string) {
    this.#path = path;
    this.#known = read(path);
  }

  terms(job: JobOffer, facts: { readonly load: number; readonly bias: readonly PriorityBias[] }): Terms {
    const known = this.#known.get(keyOf(job));
    const guess = Math.min(FIRST_GUESS, job.timeout_s / 2);
    const eta = Math.min((known?.mean ?? guess) * (1 + Math.max(0, facts.load - 0.5)), job.timeout_s);
    const spread = known === undefined || known.mean === 0 ? 1 : Math.sqrt(known.variance) / known.mean;
    const sure =
      known === undefined ? 0.3 : (1 - 0.7 / (1 + known.count)) * known.reliability * (1 / (1 + spread));
    const cores = job.required.resources?.cpu ?? 1;
    const cost = (eta / 60) * Math.max(cores, 0.1) * (1 + facts.load) * preference(job, facts.bias);
    return {
      eta_s: round(eta),
      cost_units: round(cost),
      confidence: round(Math.min(1, Math.max(0.01, sure))),
    };
  }

  /** A job came to its end here, well or badly. */
  learn(job: JobOffer, seconds: number, ended: boolean, now: number): void {
    const key = keyOf(job);
    const before = this.#known.get(key);
    const reliability = (before?.reliability ?? 1) * (1 - WEIGHT) + (ended ? WEIGHT : 0);
    if (before === undefined || !ended) {
      const mean = before?.mean ?? seconds;
      this.#known.set(key, {
        ...{ mean, variance: before?.variance ?? 0, count: (before?.count ?? 0) + (ended ? 1 : 0) },
        ...{ reliability: before === undefined ? (ended ? 1 : 0.5) : reliability, at: now },
      });
    } else {
      const off = seconds - before.mean;
      this.#known.set(key, {
        mean: before.mean + WEIGHT * off,
        variance: (1 - WEIGHT) * (before.variance + WEIGHT * off * off),
        count: before.count + 1,
        reliability,
        at: now,
      });
    }
    if (this.#known.size > MOST_KNOWN) {
      const [oldest] = [...this.#known].sort(([, a], [, b]) => a.at - b.at);
      if (oldest !== undefined) this.#known.delete(oldest[0]);
    }
    writeFileAtomic(this.#path, `${JSON.stringify(Object.fromEntries(this.#known))}\n`);
  }
}

/**
 * Cheaper for what it would rather do: by a third for the first of its priority_bias, less for the next ones.
 * `compliance`: jobs that require policies or a compliance; `latency`: short or urgent ones; `fun`: those with
 * entertainment.
 */
function preference(job: JobOffer, bias: readonly PriorityBias[]): number {
  const { required } = job;
  const is: Readonly<Record<PriorityBias, boolean>> = {
    compliance: (required.policies?.length ?? 0) > 0 || required.compliance !== undefined,
    latency: job.timeout_s <= 300 || job.priority >= 8,
    fun: required.capabilities.some((name) => name === 'entertainment' || name.startsWith('entertainment/')),
  };
  return bias.reduce((factor, name, index) => (is[name] ? factor * (1 - 1 / (3 + index)) : factor), 1);
}

/** Without the commit: the next one of the same branch is much like it. */
function keyOf({ repo, task }: JobOffer): string {
  const [address] = repo.split('#');
  const what: JsonObject =
    task?.kind === 'workflow'
      ? { workflow: task.workflow, job: task.job ?? null, instance: task.instance ?? null }
      : { argv: task?.argv ?? [] };
  return createHash('sha256')
    .update(canonicalJson({ address: address ?? '', what }))
    .digest('hex')
    .slice(0, 24);
}

function read(path: string): Map<string, Known> {
  try {
    const value: unknown = JSON.parse(readTextIfExists(path) ?? '{}');
    if (!isJsonObject(value)) return new Map();
    const sound = (known: unknown): known is Known =>
      isJsonObject(known) &&
      ['mean', 'variance', 'count', 'reliability', 'at'].every((key) => Number.isFinite(known[key]));
    return new Map(
      Object.entries(value as Record<string, unknown>).flatMap(([key, known]): [string, Known][] =>
        sound(known) ? [[key, known]] : [],
      ),
    );
  } catch {
    // it only makes bids better
    return new Map();
  }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
