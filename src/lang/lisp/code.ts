/** What programs are compiled to. */
import { fail, UNSPECIFIED, type Value } from './data.ts';
import {
  type Clause,
  Closure,
  Code,
  Continuing,
  type Environment,
  type Machine,
  unassigned,
} from './machine.ts';
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

export class If extends Code {
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
    if (this.test instanceof Simple) this.choose(this.test.evaluate(environment), machine, environment);
    else {
      machine.push(new Chosen(this, environment));
      machine.next = this.test;
      machine.environment = environment;
    }
  }

  choose(value: Value, machine: Machine, environment: Environment): void {
    machine.next = value === false ? this.no : this.yes;
    machine.environment = environment;
  }
}

class Chosen extends Continuing {
  readonly code: If;
  readonly environment: Environment;

  constructor(code: If, environment: Environment) {
    super();
    this.code = code;
    this.environment = environment;
  }

  resume(machine: Machine): void {
    this.code.choose(machine.value, machine, this.environment);
  }
}

export class Sequence extends Code {
  readonly parts: readonly Code[];

  constructor(parts: readonly Code[]) {
    super();
    this.parts = parts;
  }

  run(machine: Machine, environment: Environment): void {
    this.from(0, machine, environment);
  }

  from(index: number, machine: Machine, environment: Environment): void {
    if (index < this.parts.length - 1) machine.push(new InSequence(this, index + 1, environment));
    machine.next = this.parts[index];
    machine.environment = environment;
  }
}

class InSequence extends Continuing {
  readonly code: Sequence;
  readonly index: number;
  readonly environment: Environment;

  constructor(code: Sequence, index: number, environment: Environment) {
    super();
    this.code = code;
    this.index = index;
    this.environment = environment;
  }

  resume(machine: Machine): void {
    this.code.from(this.index, machine, this.environment);
  }
}

export function sequence(parts: readonly Code[]): Code {
  const [only] = parts;
  if (only === undefined) return new Constant(UNSPECIFIED);
  return parts.length === 1 ? only : new Sequence(parts);
}

export class Call extends Code {
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
        machine.push(new Collecting(this, made, environment));
        machine.next = part;
        machine.environment = environment;
        return;
      }
    }
    const [procedure = UNSPECIFIED, ...args] = made;
    machine.apply(procedure, args);
  }
}

class Collecting extends Continuing {
  readonly code: Call;
  readonly values: readonly Value[];
  readonly environment: Environment;

  constructor(code: Call, values: readonly Value[], environment: Environment) {
    super();
    this.code = code;
    this.values = values;
    this.environment = environment;
  }

  resume(machine: Machine): void {
    this.code.collect([...this.values, machine.value], machine, this.environment);
  }
}

/** `set!` and `define`: what becomes of a value that was just made. */
export class Assign extends Code {
  readonly value: Code;
  readonly put: (value: Value, environment: Environment) => void;

  constructor(value: Code, put: (value: Value, environment: Environment) => void) {
    super();
    this.value = value;
    this.put = put;
  }

  run(machine: Machine, environment: Environment): void {
    if (this.value instanceof Simple) {
      this.put(this.value.evaluate(environment), environment);
      machine.value = UNSPECIFIED;
      return;
    }
    machine.push(new Assigning(this, environment));
    machine.next = this.value;
    machine.environment = environment;
  }
}

class Assigning extends Continuing {
  readonly code: Assign;
  readonly environment: Environment;

  constructor(code: Assign, environment: Environment) {
    super();
    this.code = code;
    this.environment = environment;
  }

  resume(machine: Machine): void {
    this.code.put(machine.value, this.environment);
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
