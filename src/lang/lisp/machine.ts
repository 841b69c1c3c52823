import type { Json } from '../../kernel/json.ts';
import { AfterHandler, type Continuing, type Dynamic, Travelling, type Wind } from './continuing.ts';
import {
  condition,
  fail,
  list,
  type OutputText,
  Raised,
  UNASSIGNED,
  UNSPECIFIED,
  type Value,
  Values,
} from './data.ts';
import { Exited, Stopped, Uncaught } from './endings.ts';
import { Closure, Continuation, Control, Parameter, Primitive } from './procedures.ts';

/** Variables of one call. */
export interface Environment {
  readonly values: Value[];
  readonly outer: Environment | undefined;
}

/** A compiled expression. */
export abstract class Code {
  /** Leaves its value in the machine, or sets what is to run next. */
  abstract run(machine: Machine, environment: Environment): void;
}

/** How a `bit` command ended. */
export interface CommandResult {
  readonly status: number;
  readonly output: string;
  readonly error: string;
  /** What it prints with `--json`, where that was asked for. */
  readonly json?: Json;
}

export interface Host {
  /** What `display` and `write` print. */
  write(text: string): void;
  /** Runs a command for `(bit 'status)`, `bit-output` and, with `json`, for `bit-json`. */
  call?(words: readonly string[], json: boolean): Promise<CommandResult>;
  /** What `(bit 'status)` gives, where that is not the status of `call`. */
  bit?(words: readonly string[]): Promise<Value>;
}

/** Calls within calls. */
const DEEPEST = 1_000_000;

/**
 * Runs compiled code with a stack of its own, so that tail calls take no room, continuations are values and no
 * program can overflow ours. Every step takes fuel.
 */
export class Machine {
  value: Value = UNSPECIFIED;
  next: Code | undefined;
  environment: Environment = { values: [], outer: undefined };
  stack: Continuing[] = [];
  wind: Wind | undefined;
  dynamic: Dynamic = { handlers: undefined, parameters: undefined };
  /** Awaited before it goes on. */
  waiting: Promise<Value> | undefined;
  fuel: number;
  /** Of the last command. */
  commandStatus = 0n;
  readonly host: Host;
  readonly output: OutputText;

  constructor(host: Host, fuel: number, output: OutputText) {
    this.host = host;
    this.fuel = fuel;
    this.output = output;
  }

  /** @throws Raised what the program did not catch; OutOfFuel */
  async execute(code: Code, environment: Environment, signal?: AbortSignal): Promise<Value> {
    const base = this.stack;
    this.stack = [];
    this.next = code;
    this.environment = environment;
    try {
      for (;;) {
        try {
          if (this.#go()) return this.value;
          const waiting = this.waiting;
          this.waiting = undefined;
          if (waiting !== undefined) this.value = await waiting;
          if (signal?.aborted === true) throw new Stopped('stopped');
        } catch (error) {
          this.#caught(error);
        }
      }
    } finally {
      this.stack = base;
    }
  }

  /** Until there is a value (true) or something to wait for (false). */
  #go(): boolean {
    for (;;) {
      this.fuel -= 1;
      if (this.fuel < 0) throw new Stopped('out of fuel');
      const { next } = this;
      if (next !== undefined) {
        this.next = undefined;
        next.run(this, this.environment);
      } else {
        const frame = this.stack.pop();
        if (frame === undefined) return true;
        frame.resume(this);
      }
      if (this.waiting !== undefined) return false;
    }
  }

  #caught(error: unknown): void {
    this.next = undefined;
    this.waiting = undefined;
    if (error instanceof Stopped || error instanceof Exited) throw error;
    if (error instanceof Raised) {
      this.raise(error.payload, error.continuable);
      return;
    }
    if (error instanceof RangeError) {
      this.raise(condition(`too large: ${error.message}`), false);
      return;
    }
    throw error;
  }

  push(frame: Continuing): void {
    if (this.stack.length >= DEEPEST) fail('calls are nested too deep');
    this.stack.push(frame);
  }

  /** Work beyond a step's: for what runs over much data. */
  charge(units: number): void {
    this.fuel -= units;
    if (this.fuel < 0) throw new Stopped('out of fuel');
  }

  apply(procedure: Value, args: Value[]): void {
    if (procedure instanceof Closure) {
      this.#enter(procedure, args);
      return;
    }
    if (procedure instanceof Primitive || procedure instanceof Control) {
      if (args.length < procedure.least || args.length > procedure.most)
        wrongCount(procedure.title, args.length, procedure.least, procedure.most);
      if (procedure instanceof Control) procedure.call(args, this);
      else this.value = procedure.call(args, this);
      return;
    }
    if (procedure instanceof Continuation) {
      const [only = UNSPECIFIED] = args;
      this.goTo(procedure, args.length === 1 ? only : new Values(args));
      return;
    }
    if (procedure instanceof Parameter) {
      if (args.length > 0) wrongCount('parameter', args.length, 0, 0);
      this.value = this.parameter(procedure);
      return;
    }
    fail('not a procedure', procedure);
  }

  #enter(closure: Closure, args: Value[]): void {
    for (const clause of closure.clauses) {
      const { required, rest } = clause;
      if (args.length < required || (!rest && args.length > required)) continue;
      const values = rest ? [...args.slice(0, required), list(args.slice(required))] : args;
      this.environment = { values, outer: closure.environment };
      this.next = clause.body;
      return;
    }
    const [first] = closure.clauses;
    const most = closure.clauses.some(({ rest }) => rest)
      ? Infinity
      : (closure.clauses.at(-1)?.required ?? 0);
    wrongCount(closure.title, args.length, first?.required ?? 0, most);
  }

  parameter(parameter: Parameter): Value {
    for (let bound = this.dynamic.parameters; bound !== undefined; bound = bound.outer) {
      if (bound.parameter === parameter) return bound.value;
    }
    return parameter.value;
  }

  capture(): Continuation {
    this.charge(Math.ceil(this.stack.length / 16));
    return new Continuation([...this.stack], this.wind, this.dynamic);
  }

  /** Leaves and enters what `dynamic-wind` guards on the way there. */
  goTo(continuation: Continuation, value: Value): void {
    this.charge(Math.ceil(continuation.stack.length / 16));
    this.#travel(continuation, value);
  }

  #travel(continuation: Continuation, value: Value): void {
    const from = this.wind;
    const to = continuation.wind;
    if (from === to) {
      this.stack = [...continuation.stack];
      this.dynamic = continuation.dynamic;
      this.value = value;
      return;
    }
    const shared = common(from, to);
    if (from !== shared && from !== undefined) {
      this.wind = from.outer;
      this.stack = [new Travelling(() => this.#travel(continuation, value))];
      this.apply(from.after, []);
      return;
    }
    // The outermost one not yet entered.
    let entering = to;
    while (entering !== undefined && entering.outer !== shared) entering = entering.outer;
    if (entering === undefined) return;
    const entered = entering;
    this.stack = [
      new Travelling(() => {
        this.wind = entered;
        this.#travel(continuation, value);
      }),
    ];
    this.apply(entered.before, []);
  }

  raise(payload: Value, continuable: boolean): void {
    const { handlers } = this.dynamic;
    if (handlers === undefined) throw new Uncaught(payload);
    const within = this.dynamic;
    // The handler runs with the handlers outside of it (R7RS §6.11).
    this.push(new AfterHandler(within, continuable, payload));
    this.dynamic = { ...within, handlers: handlers.outer };
    this.apply(handlers.call, [payload]);
  }
}

function common(a: Wind | undefined, b: Wind | undefined): Wind | undefined {
  let [x, y] = [a, b];
  while (x !== y) {
    if ((x?.depth ?? 0) >= (y?.depth ?? 0)) x = x?.outer;
    else y = y?.outer;
  }
  return x;
}

function wrongCount(title: string, given: number, least: number, most: number): never {
  const wanted =
    least === most ? String(least) : most === Infinity ? `at least ${least}` : `${least} to ${most}`;
  return fail(`${title}: ${given} argument${given === 1 ? '' : 's'} given, wants ${wanted}`);
}

export function unassigned(value: Value | undefined): boolean {
  return value === undefined || value === UNASSIGNED;
}
