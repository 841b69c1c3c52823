import { createHash } from 'node:crypto';
import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { shorten } from '../../kernel/text.ts';
import {
  type BuiltinSource,
  type Decision,
  loadPolicySet,
  offerConfig,
  type PolicySet,
  type PolicySource,
} from '../../policy/index.ts';
import type { JobOffer, MessageOf, PayloadOf, Persona } from '../protocol/types.ts';
import type { Checkout } from './checkout.ts';
import { SUITES } from './suites.ts';

export interface GateOptions {
  /** What the gate of actions says of an offer, facts of this moment included. */
  readonly decide: (asked: {
    readonly target: JsonObject;
    readonly msg: Json;
    readonly peer: Json;
  }) => Decision;
  /** What is in force here, and its `policy` section of `.bithub.yml`. */
  readonly set: PolicySet;
  readonly config: JsonObject;
  /** What plugins bring to policies. */
  readonly builtins?: BuiltinSource | undefined;
  /** False: a policy that can't be asked is told, and has no say. */
  readonly strict: boolean;
  readonly runner: { readonly id: string; readonly persona: Persona; readonly publicKey: string };
  readonly now: () => Date;
  readonly notice: (line: string) => void;
}

const MOST_REASONS = 8;

export interface Preflight {
  readonly job: JobOffer;
  readonly checkout: Checkout;
  readonly ledgerHolds: boolean;
}

/** The runner's policies: what offers it takes, what a checkout must be for its job to start, what others may ask. */
export class Gate {
  readonly #options: GateOptions;
  /** With the packages that come with bit beside what is in force. */
  readonly #suite: PolicySet;
  readonly #packages: ReadonlySet<string>;

  constructor(options: GateOptions) {
    this.#options = options;
    const sources: readonly PolicySource[] = [...options.set.sources, ...SUITES];
    this.#suite = loadPolicySet(sources, { builtins: options.builtins });
    this.#packages = new Set(
      sources.flatMap(({ path, text }) => (path.endsWith('_test.rego') ? [] : packageOf(text))),
    );
  }

  /** Rego packages a job may require of this runner. */
  get packages(): readonly string[] {
    return [...this.#packages].sort();
  }

  /** `sha256-<hex>` of all of them, for HELLO. */
  get hash(): `sha256-${string}` {
    const digest = createHash('sha256');
    for (const { path, text } of this.#suite.sources) digest.update(JSON.stringify([path, text]));
    return `sha256-${digest.digest('hex')}`;
  }

  /** Why an offer is not taken; undefined where it is. */
  refusal(offer: MessageOf<'JOB_OFFER'>): string | undefined {
    const { payload } = offer;
    const decision = this.#options.decide({
      target: { job_id: payload.job_id, repo: payload.repo },
      msg: offer as unknown as Json,
      peer: this.#peer(),
    });
    if (decision.allowed) return undefined;
    const { reasons } = decision.explain();
    const denials = this.#options.strict ? reasons : reasons.filter(({ verdict }) => verdict !== 'error');
    if (denials.length > 0)
      return denials
        .slice(0, MOST_REASONS)
        .map(({ message, rule, at }) => `${message} (${rule}, ${at.path}:${at.line})`)
        .join('; ');
    for (const { message } of reasons) this.#options.notice(`policy could not be asked: ${message}`);
    return undefined;
  }

  /** Everything that stands in the way of a checked-out job, by the packages it requires and the approved jobs. */
  async preflight({ job, checkout, ledgerHolds }: Preflight): Promise<readonly string[]> {
    const { files, filesWhole, commit, url, branch } = checkout;
    const { task } = job;
    const lines = await approvedJobs(checkout);
    const named = lines !== null && task?.kind === 'workflow' && approves(lines, task.workflow);
    const approved = named && !lines.includes(task.workflow) ? [...lines, task.workflow] : lines;
    const input: JsonObject = {
      msg: {
        type: 'JOB_PREFLIGHT',
        payload: {
          ...(job as unknown as JsonObject),
          checkout: {
            url,
            commit,
            branch: branch ?? null,
            files,
            files_whole: filesWhole,
            approved_jobs: approved,
          },
          ledger: { holds: ledgerHolds },
        },
      },
      peer: this.#peer(),
      config: this.#config(),
      now: this.#options.now().toISOString(),
    };
    const faults =
      approved !== null && task?.kind === 'workflow' && !approved.includes(task.workflow)
        ? [
            `.bithub/workflows/approved_jobs of the repository does not name ${task.workflow}: add a line for it there and commit that`,
          ]
        : [];
    return [...faults, ...(job.required.policies ?? []).flatMap((name) => this.#ask(name, input))];
  }

  /** What POLICY_QUERY is answered with. */
  answer(query: MessageOf<'POLICY_QUERY'>['payload']): {
    readonly result?: Json;
    readonly explanation?: readonly string[];
  } {
    const found = this.#suite.query(`data.${query.package}.${query.rule}`, query.input as Json);
    if ('error' in found) return { explanation: [found.error.message] };
    if (found.defined) return { result: found.value };
    return found.why === undefined ? {} : { explanation: [found.why.message] };
  }

  #ask(name: string, input: JsonObject): readonly string[] {
    if (!this.#packages.has(name)) return [`this runner has no policy package ${name}`];
    const denied = this.#suite.query(`data.${name}.deny`, input);
    const allowed = this.#suite.query(`data.${name}.allow`, input);
    const errors = [denied, allowed].flatMap((one) =>
      'error' in one ? [`${name}: ${one.error.message} (${one.error.at.path}:${one.error.at.line})`] : [],
    );
    if (errors.length > 0) return errors;
    const messages = 'defined' in denied && denied.defined ? messagesOf(denied.value) : [];
    if (messages.length > 0) return messages.slice(0, MOST_REASONS).map((message) => `${name}: ${message}`);
    const said = 'defined' in denied && denied.defined;
    const allows = 'defined' in allowed && allowed.defined;
    if (allows && allowed.value !== true) return [`${name} does not allow it`];
    // a package that neither allows nor denies was never meant to be required
    return allows || said ? [] : [`${name} says neither allow nor deny`];
  }

  #config(): JsonObject {
    return offerConfig(this.#options.config);
  }

  #peer(): JsonObject {
    const { id, persona, publicKey } = this.#options.runner;
    return { id, persona, public_key: publicKey };
  }
}

function packageOf(text: string): string[] {
  const [, name] = /^[ \t]*package[ \t]+([A-Za-z_][A-Za-z0-9_.]*)/m.exec(text) ?? [];
  return name === undefined ? [] : [name];
}

function messagesOf(value: Json): readonly string[] {
  const items: readonly Json[] = Array.isArray(value) ? (value as readonly Json[]) : [];
  return items.map((item) => {
    if (typeof item === 'string') return item;
    return isJsonObject(item) && typeof item['msg'] === 'string' ? item['msg'] : JSON.stringify(item);
  });
}

/**
 * A file of the usual folders, or a flow, is approved by its name; a chain, where each of its links is; `bit build site`
 * by `bit build` too, bots by `bit bot`.
 */
function approves(lines: readonly string[], workflow: string): boolean {
  const usual = /^(?:\.(?:bithub|github)\/workflows\/(.+)\.ya?ml|\.bithub\.yml#(.+))$/;
  return workflow.split(' → ').every((link) => {
    const [, file, flow] = usual.exec(link) ?? [];
    const [, command] = /^(bit (?:build|test|bot)) ./.exec(link) ?? [];
    return [link, file, flow, command].some((name) => name !== undefined && lines.includes(name));
  });
}

/** Workflows the repository lets the mesh run; null where it says nothing, and all of them are meant. */
async function approvedJobs(checkout: Checkout): Promise<readonly string[] | null> {
  const text = await checkout.text('.bithub/workflows/approved_jobs');
  if (text === undefined) return null;
  return text
    .split('\n')
    .map((line) => line.replace(/#.*$/, '').trim())
    .filter((line) => line !== '');
}

/** What a policy of this runner's says, as it is told to who asked. */
export function answerTo(query: PayloadOf<'POLICY_QUERY'>, gate: Gate): PayloadOf<'POLICY_ANSWER'> {
  const { result, explanation } = gate.answer(query);
  return {
    package: query.package,
    rule: query.rule,
    policy_hash: gate.hash,
    ...(result === undefined ? {} : { result }),
    ...(explanation === undefined ? {} : { explanation: explanation.map((line) => shorten(line, 2000)) }),
  };
}
