/** What can be called. */
import type { Continuing, Dynamic, Wind } from './continuing.ts';
import { Procedure, type Value } from './data.ts';
import type { Code, Environment, Machine } from './machine.ts';

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
