import {
  CONDITION,
  condition,
  fail,
  Instance,
  list,
  type OutputText,
  Procedure,
  Raised,
  UNASSIGNED,
  UNSPECIFIED,
  type Value,
  Values,
} from './data.ts';
import { describe, print } from './print.ts';

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

/** What goes on with a value. Never changed once it was pushed, so that a continuation may come back to it. */
export abstract class Continuing {
  abstract resume(machine: Machine): void;
}

export class Primitive extends Procedure {
  readonly title: string;
  readonly least: number;
  readonly most: number;
  readonly call: (args: Value[], machine: Machine) => Value;

  constructor(
    title: string,
    arity: readonly [least: number, most: number],
    call: (args: Value[], machine: Machine) => Value,
  ) {
    super();
    this.title = title;
    [this.least, this.most] = arity;
    this.call = call;
  }
}

/** A primitive that sets what runs next itself: `apply`, `call/cc`, `dynamic-wind`. */
export class Control extends Procedure {
  readonly title: string;
  readonly least: number;
  readonly most: number;
  readonly call: (args: Value[], machine: Machine) => void;

  constructor(
    title: string,
    arity: readonly [least: number, most: number],
    call: (args: Value[], machine: Machine) => void,
  ) {
    super();
    this.title = title;
    [this.least, this.most] = arity;
    this.call = call;
  }
}

export interface Clause {
  readonly required: number;
  readonly rest: boolean;
  readonly body: Code;
}

export class Closure extends Procedure {
  title: string;
  readonly clauses: readonly Clause[];
  readonly environment: Environment;

  constructor(title: string, clauses: readonly Clause[], environment: Environment) {
    super();
    this.title = title;
    this.clauses = clauses;
    this.environment = environment;
  }
}

export class Parameter extends Procedure {
  readonly title = 'parameter';
  value: Value;
  readonly converter: Value | undefined;

  constructor(value: Value, converter: Value | undefined) {
    super();
    this.value = value;
    this.converter = converter;
  }
}

/** One `dynamic-wind` that is in force. */
export interface Wind {
  readonly before: Value;
  readonly after: Value;
  readonly outer: Wind | undefined;
  readonly depth: number;
}

/** Handlers and parameters in force. */
export interface Dynamic {
  readonly handlers: Handler | undefined;
  readonly parameters: Bound | undefined;
}
export interface Handler {
  readonly call: Value;
  readonly outer: Handler | undefined;
}
export interface Bound {
  readonly parameter: Parameter;
  value: Value;
  readonly outer: Bound | undefined;
}

export class Continuation extends Procedure {
  readonly title = 'continuation';
  readonly stack: readonly Continuing[];
  readonly wind: Wind | undefined;
  readonly dynamic: Dynamic;

  constructor(stack: readonly Continuing[], wind: Wind | undefined, dynamic: Dynamic) {
    super();
    this.stack = stack;
    this.wind = wind;
    this.dynamic = dynamic;
  }
}

export interface Host {
  /** What `display` and `write` print. */
  write(text: string): void;
  /** What `(bit 'status)` does. */
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

class Travelling extends Continuing {
  readonly go: () => void;

  constructor(go: () => void) {
    super();
    this.go = go;
  }

  resume(): void {
    this.go();
  }
}

class AfterHandler extends Continuing {
  readonly dynamic: Dynamic;
  readonly continuable: boolean;
  readonly payload: Value;

  constructor(dynamic: Dynamic, continuable: boolean, payload: Value) {
    super();
    this.dynamic = dynamic;
    this.continuable = continuable;
    this.payload = payload;
  }

  resume(machine: Machine): void {
    if (this.continuable) {
      machine.dynamic = this.dynamic;
      return;
    }
    // It returned from what nothing returns from: an error in the handler's own outside.
    fail('a handler returned from what was raised', this.payload);
  }
}

/** Puts handlers and parameters back when what ran under others is done. */
export class Restore extends Continuing {
  readonly dynamic: Dynamic;

  constructor(dynamic: Dynamic) {
    super();
    this.dynamic = dynamic;
  }

  resume(machine: Machine): void {
    machine.dynamic = this.dynamic;
  }
}

/** Goes on with the value by a function; it must not change anything of its own. */
export class Then extends Continuing {
  readonly go: (value: Value, machine: Machine) => void;

  constructor(go: (value: Value, machine: Machine) => void) {
    super();
    this.go = go;
  }

  resume(machine: Machine): void {
    this.go(machine.value, machine);
  }
}

/** A program that ran out of what it was given, or was told to end. It can't be caught by the program. */
export class Stopped extends Error {}

/** `exit`: the program ends here, by its own wish. */
export class Exited extends Error {
  readonly status: number;

  constructor(status: number) {
    super('exit');
    this.status = status;
  }
}

/** What the program raised and did not catch. */
export class Uncaught extends Error {
  readonly payload: Value;

  constructor(payload: Value) {
    super(
      payload instanceof Instance && payload.type === CONDITION
        ? describe(payload)
        : `raised ${print(payload, true).slice(0, 500)}`,
    );
    this.payload = payload;
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
