/**
 * What policies say of offers and of what clients ask. Facts of the moment are gathered again every second; a fault in
 * doing so refuses everything until it is over (fail closed).
 */
import type { JsonObject } from '../../kernel/json.ts';
import type { Gate as PolicyGate } from '../../operation/index.ts';
import type { Decision } from '../../policy/index.ts';
import type { RunnerFacts } from '../lifecycle/index.ts';
import type { JobOffer } from '../protocol/index.ts';
import type { OpenGate } from './index.ts';

/** Why something was refused, as the ledger and `bit why` tell it. */
export interface Refused {
  readonly reason: string;
  readonly decision: JsonObject;
}

const RENEW_MS = 1000;
const MOST_KNOWN = 10_000;

export class Judge {
  readonly #open: OpenGate;
  readonly #controller: string;
  readonly #refused: (job: JobOffer, runner: RunnerFacts, refused: Refused) => void;
  readonly #changed: () => void;
  #gate: PolicyGate | undefined;
  #why = 'the policies are not read yet';
  #timer: NodeJS.Timeout | undefined;
  #digest = '';
  /** Refusals told already, so that an offer considered again is not told again. */
  readonly #told = new Set<string>();

  constructor(options: {
    readonly open: OpenGate;
    readonly controller: string;
    readonly refused: (job: JobOffer, runner: RunnerFacts, refused: Refused) => void;
    /** What is permitted may be different now. */
    readonly changed: () => void;
  }) {
    this.#open = options.open;
    this.#controller = options.controller;
    this.#refused = options.refused;
    this.#changed = options.changed;
  }

  async start(): Promise<void> {
    await this.#renew();
    this.#timer = setInterval(() => void this.#renew(), RENEW_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Whether a runner may be offered a job; why not, or nothing. */
  permits(job: JobOffer, runner: RunnerFacts): string | undefined {
    const judged = this.#judge(
      { repo: job.repo, job_id: job.job_id, runner: runner.runner_id, profile: job.profile ?? null },
      { type: 'JOB_OFFER', sender: this.#controller, payload: job as unknown as JsonObject },
      peerOf(runner),
      'mesh.offer',
    );
    if (judged === undefined) return undefined;
    const key = `${job.job_id} ${runner.runner_id} ${judged.reason}`;
    if (!this.#told.has(key)) {
      if (this.#told.size >= MOST_KNOWN) this.#told.clear();
      this.#told.add(key);
      this.#refused(job, runner, judged);
    }
    return judged.reason;
  }

  /** Whether a client may do what it asks, `job.submit`; why not, or nothing. */
  asks(
    action: string,
    message: { readonly type: string; readonly payload: object },
    client: { readonly id: string; readonly public_key: string },
  ): Refused | undefined {
    const payload = message.payload as JsonObject;
    const peer = { id: client.id, role: 'client', public_key: client.public_key };
    const msg = { type: message.type, sender: client.id, payload };
    return this.#judge({ ...payload, client: client.id }, msg, peer, action);
  }

  #judge(target: JsonObject, msg: JsonObject, peer: JsonObject, action: string): Refused | undefined {
    const gate = this.#gate;
    if (gate === undefined) return { reason: this.#why, decision: { allowed: false, error: this.#why } };
    const decision = gate({ action, target, msg, peer });
    return decision.allowed ? undefined : explained(decision);
  }

  async #renew(): Promise<void> {
    try {
      const { gate, digest } = await this.#open();
      this.#gate = gate;
      if (digest === this.#digest) return;
      this.#digest = digest;
      this.#told.clear();
      this.#changed();
    } catch (error) {
      this.#gate = undefined;
      this.#why = `the policies can't be read: ${error instanceof Error ? error.message : String(error)}`;
      if (this.#digest !== '') this.#changed();
      this.#digest = '';
    }
  }
}

function peerOf(runner: RunnerFacts): JsonObject {
  const { runner_id, persona, capabilities, policies, public_key, profile } = runner;
  return {
    id: runner_id,
    role: 'runner',
    ...{ persona, public_key, profile: profile ?? null },
    capabilities: capabilities as unknown as JsonObject,
    policies,
  };
}

function explained(decision: Decision): Refused {
  const { id, reasons, policy, input } = decision.explain();
  const told = reasons.map(({ rule, at, message }) => `${message} [${rule} ${at.path}:${at.line}]`);
  return {
    reason: told.join('; ').slice(0, 2000) || 'a policy refuses it',
    decision: {
      id,
      allowed: false,
      policy,
      input,
      rules: reasons.map(({ rule, at }) => `${rule} ${at.path}:${at.line}`),
      messages: reasons.map(({ message }) => message),
    },
  };
}
