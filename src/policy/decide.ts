/** One decision: which entry points an input has to pass, and what they say. */
import { createHash } from 'node:crypto';
import { ulid } from '../kernel/ids.ts';
import { canonicalJson, type Json, type JsonObject } from '../kernel/json.ts';
import { type BuiltinOrigin, type BuiltinSource, moreBuiltins } from './brought.ts';
import { Decision } from './decision.ts';
import { type Entry, entriesOf, isJobOffer } from './entry-points.ts';
import { explainDenial, type Failed } from './explain.ts';
import { type HttpAllowance, httpSender } from './http.ts';
import { locate, type Module, RegoError } from './rego/ast.ts';
import { refused } from './rego/builtins/outside.ts';
import { type Budget, type HttpSender, Machine } from './rego/machine.ts';
import { Program } from './rego/program.ts';
import { Tracer } from './rego/tracer.ts';
import { Branch, evaluateGroup } from './rego/tree.ts';
import { isArray, isObject, objectGet, RegoSet, type Value } from './rego/values.ts';
import type { ApprovalNeed, PolicyInput, PolicyProblem, Reason, TraceLine } from './types.ts';

interface Settings {
  readonly digest: () => string;
  readonly problems: readonly PolicyProblem[];
  readonly data: JsonObject;
  readonly budget: Budget;
  readonly http: () => HttpAllowance | undefined;
  readonly builtins: BuiltinSource | undefined;
  readonly origins: readonly BuiltinOrigin[];
}

/** What evaluation found, before anyone asks why. */
export interface Verdict {
  readonly allowed: boolean;
  readonly lifted: boolean;
  /** Where lifted: by what. */
  readonly needs?: readonly ApprovalNeed[];
  readonly error: RegoError | RangeError | undefined;
}

export class Decider {
  private readonly modules: readonly Module[];
  private readonly entries: readonly Entry[];
  private readonly settings: Settings;
  private readonly broken: readonly Reason[];
  private tracing: readonly Entry[] | undefined;

  constructor(modules: readonly Module[], program: Program, settings: Settings) {
    this.modules = modules;
    this.settings = settings;
    this.entries = entriesOf(program);
    this.broken = settings.problems
      .filter(({ severity }) => severity === 'error')
      .map(({ at, code, message }) => ({ verdict: 'error', rule: code, at, message }));
  }

  get gatesReads(): boolean {
    return this.entries.some((entry) => entry.readsToo);
  }

  decide(input: PolicyInput): Decision {
    if (this.broken.length > 0)
      return this.decision(input, { allowed: false, lifted: false, error: undefined });
    if (input.action.startsWith('read.') && !this.gatesReads) return this.decision(input, ALLOWED);
    const sender = this.sender();
    return this.decision(input, this.evaluate(this.entries, input, sender), sender);
  }

  explain(input: PolicyInput): { decision: Decision; trace: readonly TraceLine[] } {
    if (this.broken.length > 0) return { decision: this.decide(input), trace: [] };
    const tracer = new Tracer();
    const sender = this.sender();
    const verdict = this.evaluate(this.traced(), input, sender, tracer);
    return { decision: this.decision(input, verdict, sender), trace: tracer.lines };
  }

  private traced(): readonly Entry[] {
    this.tracing ??= entriesOf(
      new Program(this.modules, { traced: true, more: moreBuiltins(this.settings.builtins) }),
    );
    return this.tracing;
  }

  /** With the `sender` of the evaluation: what was answered once is not asked again for the reasons. */
  private decision(input: PolicyInput, verdict: Verdict, sender = this.sender()): Decision {
    return new Decision(verdict, () => ({
      id: ulid(timeOf(input)),
      allowed: verdict.allowed,
      reasons: this.reasons(input, verdict, sender),
      policy: this.settings.digest(),
      ...(this.settings.origins.length === 0 ? {} : { builtins: this.settings.origins }),
      input: digestOf(input),
      liftedByApproval: verdict.lifted,
      ...(verdict.lifted && verdict.needs !== undefined ? { approvals: verdict.needs } : {}),
    }));
  }

  private reasons(input: PolicyInput, verdict: Verdict, sender: HttpSender): readonly Reason[] {
    if (this.broken.length > 0) return this.broken;
    if (verdict.allowed) return this.allowing(input);
    const tracer = new Tracer();
    const failed = this.lookAgain(input, sender, tracer);
    const applicable = this.entries.filter((entry) => applies(entry, input));
    return explainDenial(applicable, tracer, failed, verdict.error);
  }

  /** Every entry by itself: what one can't answer hides no other's denial. Which could not. */
  private lookAgain(input: PolicyInput, sender: HttpSender, tracer: Tracer): Failed {
    const failed = new Map<string, RegoError | RangeError>();
    let machine = this.machine(input, sender, tracer);
    for (const entry of this.traced()) {
      if (!applies(entry, input)) continue;
      try {
        evaluateGroup(entry.group, machine);
      } catch (error) {
        if (!(error instanceof RegoError || error instanceof RangeError)) throw error;
        failed.set(entry.group.name, error);
        // it may have used up what all of them have
        machine = this.machine(input, sender, tracer);
      }
    }
    return failed;
  }

  private machine(input: PolicyInput, sender: HttpSender, tracer: Tracer | undefined): Machine {
    const { data, budget: once } = this.settings;
    // Looking again for the reasons costs more than deciding did; it must not fail where that did not.
    const budget =
      tracer === undefined ? once : { ...once, steps: once.steps * 4, milliseconds: once.milliseconds * 4 };
    // The interface's fields are JSON: evaluation reads them where they are.
    const machine = new Machine(input as unknown as Value, data, { strict: true, budget, tracer });
    machine.clock = input.now;
    machine.http = sender;
    return machine;
  }

  private allowing(input: PolicyInput): Reason[] {
    const read = input.action.startsWith('read.');
    return this.entries
      .filter((entry) => entry.kind === 'allow' && applies(entry, input) && (!read || entry.readsToo))
      .map(({ group }) => ({ verdict: 'allow', rule: group.name, at: locate(group.at), message: 'holds' }));
  }

  /** Made when a policy first sends something: most never do. */
  private sender(): HttpSender {
    let sender: HttpSender | undefined;
    return (request, machine) => {
      const allowance = this.settings.http();
      if (allowance === undefined) throw refused();
      sender ??= httpSender(allowance);
      return sender(request, machine);
    };
  }

  private evaluate(
    entries: readonly Entry[],
    input: PolicyInput,
    sender: HttpSender,
    tracer?: Tracer,
  ): Verdict {
    const machine = this.machine(input, sender, tracer);
    let allowed = true;
    let lifted = true;
    const needs: ApprovalNeed[] = [];
    try {
      for (const entry of entries) {
        if (!applies(entry, input)) continue;
        const value = evaluateGroup(entry.group, machine);
        if (entry.kind === 'allow') {
          if (value === true) continue;
          allowed = lifted = false;
        } else {
          const messages = denials(value);
          if (messages.length === 0) continue;
          allowed = false;
          for (const message of messages) {
            const need = needOf(message);
            if (need === undefined) lifted = false;
            else needs.push(need);
          }
        }
      }
      return allowed ? ALLOWED : { allowed, lifted, needs, error: undefined };
    } catch (error) {
      if (error instanceof RegoError || error instanceof RangeError)
        return { allowed: false, lifted: false, error };
      throw error;
    }
  }
}

const ALLOWED: Verdict = { allowed: true, lifted: false, error: undefined };

function applies(entry: Entry, input: PolicyInput): boolean {
  if (input.action.startsWith('read.') && !entry.readsToo) return false;
  switch (entry.scope) {
    case 'all':
      return true;
    case 'workflow':
      return input.action.startsWith('workflow.');
    case 'offer':
      return isJobOffer(input);
  }
}

/** What a `deny` says: the members of a set or array, or true for one denial without a message. */
export function denials(value: Value | undefined): readonly Value[] {
  if (value === undefined || value === false || value === null) return [];
  if (value instanceof RegoSet) return value.sorted();
  if (isArray(value)) return value;
  // `deny[msg] := …`: an object by message.
  if (value instanceof Branch) return value.sorted().map(([key]) => key);
  return [value];
}

/** When it is asked, by the input; what `now` isn't a time is the machine's. */
function timeOf({ now }: PolicyInput): number {
  const time = Date.parse(now);
  return Number.isNaN(time) || time < 0 ? Date.now() : time;
}

/** What lifts a denial of that message; undefined where nothing does, or where it says so in a way nobody can meet. */
function needOf(message: Value): ApprovalNeed | undefined {
  if (!isObject(message) || objectGet(message, 'approval') !== true) return undefined;
  const needs = objectGet(message, 'needs') ?? 1;
  const of = objectGet(message, 'of') ?? [];
  const own = objectGet(message, 'own') ?? false;
  const names = of instanceof RegoSet ? of.sorted() : of;
  if (typeof needs !== 'number' || !Number.isInteger(needs) || needs < 1) return undefined;
  if (!isArray(names) || !names.every((name) => typeof name === 'string')) return undefined;
  return typeof own === 'boolean' ? { needs, of: names, own } : undefined;
}

function digestOf(input: PolicyInput): string {
  const hash = createHash('sha256');
  const json = input as unknown as Json;
  try {
    hash.update(canonicalJson(json));
  } catch {
    // A lone surrogate, in a file name perhaps, has no canonical form; it counts as U+FFFD.
    const text = JSON.stringify(json).replace(/\\\\|\\ud[89a-f][0-9a-f]{2}/g, (found) =>
      found.length === 2 ? found : '\\ufffd',
    );
    hash.update(canonicalJson(JSON.parse(text) as Json));
  }
  return `sha256:${hash.digest('hex')}`;
}
