/** What programs are compiled to. */

import { Continuing } from './continuing.ts';
import { fail, UNSPECIFIED, type Value } from './data.ts';
import { Code, type Environment, type Machine, unassigned } from './machine.ts';
import { type Clause, Closure } from './procedures.ts';
import type { Cell } from './scope.ts';

/** Has its value at once: no call, no step of its own. */
export abstract class Simple extends Code {
  abstract evaluate(environment: Environment): Value;

  run(machine: Machine, environment: Environment): void {
    machine.value = this.evaluate(environment);
  }
}

export class Constant extends Simple {
  readonly value: Value;

  constructor(value: Value) {
    super();
    this.value = value;
  }

  evaluate(): Value {
    return this.value;
  }
}

export class Local extends Simple {
  readonly depth: number;
  readonly index: number;
  readonly title: string;

  constructor(depth: number, index: number, title: string) {
    super();
    this.depth = depth;
    this.index = index;
    this.title = title;
  }

  evaluate(environment: Environment): Value {
    const value = up(environment, this.depth).values[this.index];
    if (value === undefined || unassigned(value)) return fail(`${this.title} is used before it is defined`);
    return value;
  }
}

export class Global extends Simple {
  readonly cell: Cell;

  constructor(cell: Cell) {
    super();
    this.cell = cell;
  }

  evaluate(): Value {
    const { value } = this.cell;
    if (unassigned(value)) return fail(`${this.cell.name} is not defined`);
    return value;
  }
}

export class Lambda extends Simple {
  readonly title: string;
  readonly clauses: readonly Clause[];

  constructor(title: string, clauses: readonly Clause[]) {
    super();
    this.title = title;
    this.clauses = clauses;
  }

  evaluate(environment: Environment): Value {
    return new Closure(this.title, this.clauses, environment);
  }
}

/** Code that waits for the value of other code; what it keeps meanwhile is its state. */
export abstract class Waiting<State> extends Code {
  abstract resumed(value: Value, machine: Machine, environment: Environment, state: State): void;

  protected wait(code: Code | undefined, machine: Machine, environment: Environment, state: State): void {
    machine.push(new Then(this, environment, state));
    machine.next = code;
    machine.environment = environment;
  }
}

class Then<State> extends Continuing {
  readonly code: Waiting<State>;
  readonly environment: Environment;
  readonly state: State;

  constructor(code: Waiting<State>, environment: Environment, state: State) {
    super();
    this.code = code;
    this.environment = environment;
    this.state = state;
  }

  resume(machine: Machine): void {
    this.code.resumed(machine.value, machine, this.environment, this.state);
  }
}

export class If extends Waiting<undefined> {
  readonly test: Code;
  readonly yes: Code;
  readonly no: Code;

  constructor(test: Code, yes: Code, no: Code) {
    super();
    this.test = test;
    this.yes = yes;
    this.no = no;
  }

  run(machine: Machine, environment: Environment): void {
    if (this.test instanceof Simple) this.resumed(this.test.evaluate(environment), machine, environment);
    else this.wait(this.test, machine, environment, undefined);
  }

  resumed(value: Value, machine: Machine, environment: Environment): void {
    machine.next = value === false ? this.no : this.yes;
    machine.environment = environment;
  }
}

export class Sequence extends Waiting<number> {
  readonly parts: readonly Code[];

  constructor(parts: readonly Code[]) {
    super();
    this.parts = parts;
  }

  run(machine: Machine, environment: Environment): void {
    this.resumed(UNSPECIFIED, machine, environment, 0);
  }

  resumed(_value: Value, machine: Machine, environment: Environment, index: number): void {
    if (index < this.parts.length - 1) this.wait(this.parts[index], machine, environment, index + 1);
    else {
      machine.next = this.parts[index];
      machine.environment = environment;
    }
  }
}

export function sequence(parts: readonly Code[]): Code {
  const [only] = parts;
  if (only === undefined) return new Constant(UNSPECIFIED);
  return parts.length === 1 ? only : new Sequence(parts);
}

export class Call extends Waiting<readonly Value[]> {
  /** The procedure, then its arguments. */
  readonly parts: readonly Code[];

  constructor(parts: readonly Code[]) {
    super();
    this.parts = parts;
  }

  run(machine: Machine, environment: Environment): void {
    this.collect([], machine, environment);
  }

  /** Evaluates what is left; `values` belongs to whoever called. */
  collect(values: readonly Value[], machine: Machine, environment: Environment): void {
    const made = [...values];
    for (let index = made.length; index < this.parts.length; index++) {
      const part = this.parts[index];
      if (part instanceof Simple) made.push(part.evaluate(environment));
      else {
        this.wait(part, machine, environment, made);
        return;
      }
    }
    const [procedure = UNSPECIFIED, ...args] = made;
    machine.apply(procedure, args);
  }

  /** What was made before is not changed: a continuation may come back to it. */
  resumed(value: Value, machine: Machine, environment: Environment, made: readonly Value[]): void {
    this.collect([...made, value], machine, environment);
  }
}

/** `set!` and `define`: what becomes of a value that was just made. */
export class Assign extends Waiting<undefined> {
  readonly value: Code;
  readonly put: (value: Value, environment: Environment) => void;

  constructor(value: Code, put: (value: Value, environment: Environment) => void) {
    super();
    this.value = value;
    this.put = put;
  }

  run(machine: Machine, environment: Environment): void {
    if (this.value instanceof Simple) {
      this.resumed(this.value.evaluate(environment), machine, environment);
      return;
    }
    this.wait(this.value, machine, environment, undefined);
  }

  resumed(value: Value, machine: Machine, environment: Environment): void {
    this.put(value, environment);
    machine.value = UNSPECIFIED;
  }
}

export function up(environment: Environment, depth: number): Environment {
  let here = environment;
  for (let at = 0; at < depth; at++) {
    if (here.outer === undefined) return here;
    here = here.outer;
  }
  return here;
}
