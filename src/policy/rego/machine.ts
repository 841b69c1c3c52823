/** State of one evaluation: what rules read, what they have already answered, and what is left of the budget. */
import { RegoError, type Span } from './ast.ts';
import type { Tracer } from './tracer.ts';
import { type AnyObject, isObject, lookUp, objectEntries, type Value } from './values.ts';

/** Variables of one rule's evaluation, by slot; slots also hold what a step must find again. */
export type Slots = unknown[];
/** The one value of a term whose variables are all bound. */
export type Expr = (slots: Slots, machine: Machine) => Value | undefined;
/** Goes on for every solution; true ends the search. */
export type Step = (slots: Slots, machine: Machine) => boolean;
export type Callable = (args: readonly Value[], machine: Machine, at: Span) => Value | undefined;

/** Answers as `http.send` does, and tells the machine how long that took. */
export type HttpSender = (request: AnyObject, machine: Machine) => Value;

export interface Budget {
  /** Evaluation steps: elements visited, rules and functions entered, elements built. */
  readonly steps: number;
  readonly milliseconds: number;
  /** Characters or elements one builtin may produce. */
  readonly output: number;
}
export const DEFAULT_BUDGET: Budget = { steps: 5_000_000, milliseconds: 250, output: 4 << 20 };

/** What `with` may change. */
export interface World {
  readonly input: Value | undefined;
  readonly base: Value | undefined;
  /** Paths of `data` that `with` replaced: no rule at or below them speaks. */
  readonly masks: readonly (readonly string[])[] | null;
  readonly mocks: ReadonlyMap<string, Callable> | null;
  /** Values of rules by id; a change of the world starts it afresh. */
  readonly cache: (Value | undefined | typeof UNDEFINED)[];
}
export const UNDEFINED = Symbol('undefined');

const STEPS_BETWEEN_CLOCK_READS = 2048;

export class Machine {
  input: Value | undefined;
  base: Value | undefined;
  masks: World['masks'] = null;
  mocks: World['mocks'] = null;
  cache: (Value | undefined | typeof UNDEFINED)[] = [];
  /** A fault inside a builtin ends the evaluation; else it makes the call undefined, as OPA has it by default. */
  readonly strict: boolean;
  readonly budget: Budget;
  readonly tracer: Tracer | undefined;
  /** Sends a request of `http.send`; undefined where policies may not. */
  http: HttpSender | undefined;
  /** The time evaluation is to see, RFC 3339; without it the machine's own. */
  clock: string | undefined;
  private nanoseconds: bigint | undefined;
  private steps: number;
  private untilClock = STEPS_BETWEEN_CLOCK_READS;
  private deadline = 0;

  constructor(
    input: Value | undefined,
    base: Value | undefined,
    options: { strict?: boolean; budget?: Budget; tracer?: Tracer | undefined } = {},
  ) {
    this.input = input;
    this.base = base;
    this.strict = options.strict ?? false;
    this.budget = options.budget ?? DEFAULT_BUDGET;
    this.tracer = options.tracer;
    this.steps = this.budget.steps;
  }

  /** Nanoseconds since 1970; one decision sees one time. */
  get now(): bigint {
    if (this.nanoseconds === undefined) {
      const millis = this.clock === undefined ? Number.NaN : Date.parse(this.clock);
      this.nanoseconds = BigInt(Number.isNaN(millis) ? Date.now() : millis) * 1_000_000n;
    }
    return this.nanoseconds;
  }

  tick(at: Span, cost = 1): void {
    this.steps -= cost;
    this.untilClock -= cost;
    if (this.steps < 0) throw this.exhausted(at, `${this.budget.steps} steps`);
    if (this.untilClock <= 0) this.readClock(at);
  }

  /** For builtins: refuses a result larger than the budget allows before it is built. */
  output(size: number, at: Span): void {
    if (size > this.budget.output) throw this.exhausted(at, `a result of ${this.budget.output} characters`);
    this.tick(at, Math.ceil(size / 64));
  }

  /** Time spent waiting for somebody else, which has a limit of its own. */
  waited(milliseconds: number): void {
    if (this.deadline !== 0) this.deadline += milliseconds;
  }

  private readClock(at: Span): void {
    this.untilClock = STEPS_BETWEEN_CLOCK_READS;
    const now = performance.now();
    if (this.deadline === 0) this.deadline = now + this.budget.milliseconds;
    else if (now > this.deadline) throw this.exhausted(at, `${this.budget.milliseconds} ms`);
  }

  private exhausted(at: Span, what: string): RegoError {
    return new RegoError('eval_budget_error', `evaluation exceeded its budget of ${what}`, at);
  }

  get world(): World {
    const { input, base, masks, mocks, cache } = this;
    return { input, base, masks, mocks, cache };
  }

  set world(world: World) {
    this.input = world.input;
    this.base = world.base;
    this.masks = world.masks;
    this.mocks = world.mocks;
    this.cache = world.cache;
  }

  baseAt(path: readonly string[]): Value | undefined {
    let value = this.base;
    for (let i = 0; i < path.length && value !== undefined; i++) value = lookUp(value, path[i] as string);
    return value;
  }

  isMasked(path: readonly string[]): boolean {
    return (this.masks ?? []).some(
      (mask) => mask.length <= path.length && mask.every((part, i) => part === path[i]),
    );
  }
}

/** `document` with `value` at `path`; objects on the way are copied, whatever else stands there is replaced. */
export function withPath(document: Value | undefined, path: readonly string[], value: Value): Value {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  const copy: Record<string, Value> = Object.create(null);
  if (document !== undefined && isObject(document)) {
    for (const [key, item] of objectEntries(document)) if (typeof key === 'string') copy[key] = item;
  }
  copy[first] = withPath(copy[first], rest, value);
  return copy;
}
