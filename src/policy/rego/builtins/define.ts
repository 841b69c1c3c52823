import { RegoError, type Span } from '../ast.ts';
import type { Callable, Machine } from '../machine.ts';
import { type AnyObject, isArray, isNumber, isObject, RegoSet, typeName, type Value } from '../values.ts';

export interface Builtin {
  readonly arity: number;
  readonly call: Callable;
  /** Gives an array of results a body goes through, as `walk` does. */
  readonly relation?: boolean;
}

/** What a builtin is called with, checked on access: a wrong type is an error that names the operand. */
export class Operands {
  readonly values: readonly Value[];
  readonly machine: Machine;
  readonly at: Span;
  readonly name: string;

  constructor(name: string, values: readonly Value[], machine: Machine, at: Span) {
    this.name = name;
    this.values = values;
    this.machine = machine;
    this.at = at;
  }

  value(i: number): Value {
    return this.values[i] as Value;
  }

  wrong(i: number, wanted: string): BuiltinError {
    const message = `operand ${i + 1} must be ${wanted} but got ${typeName(this.value(i))}`;
    return new BuiltinError(message, 'eval_type_error');
  }

  string(i: number): string {
    const value = this.value(i);
    if (typeof value !== 'string') throw this.wrong(i, 'string');
    return value;
  }

  number(i: number): number | bigint {
    const value = this.value(i);
    if (!isNumber(value)) throw this.wrong(i, 'number');
    return value;
  }

  /** An integer small enough to count with. */
  integer(i: number): number {
    const value = this.number(i);
    if (typeof value === 'number' && !Number.isInteger(value)) {
      throw new BuiltinError(
        `operand ${i + 1} must be integer number but got floating-point number`,
        'eval_type_error',
      );
    }
    return Number(value);
  }

  bigint(i: number): bigint {
    const value = this.number(i);
    if (typeof value === 'bigint') return value;
    return BigInt(this.integer(i));
  }

  boolean(i: number): boolean {
    const value = this.value(i);
    if (typeof value !== 'boolean') throw this.wrong(i, 'boolean');
    return value;
  }

  array(i: number): readonly Value[] {
    const value = this.value(i);
    if (!isArray(value)) throw this.wrong(i, 'array');
    return value;
  }

  set(i: number): RegoSet {
    const value = this.value(i);
    if (!(value instanceof RegoSet)) throw this.wrong(i, 'set');
    return value;
  }

  object(i: number): AnyObject {
    const value = this.value(i);
    if (!isObject(value)) throw this.wrong(i, 'object');
    return value;
  }

  /** Members of an array or a set. */
  list(i: number): readonly Value[] {
    const value = this.value(i);
    if (isArray(value)) return value;
    if (value instanceof RegoSet) return value.sorted();
    throw this.wrong(i, 'one of {array, set}');
  }

  strings(i: number): readonly string[] {
    return this.list(i).map((item) => {
      if (typeof item !== 'string') {
        throw new BuiltinError(
          `operand ${i + 1} must be array of strings but got array containing ${typeName(item)}`,
          'eval_type_error',
        );
      }
      return item;
    });
  }

  /** Pays for a result of `size` before it is made. */
  output(size: number): void {
    this.machine.output(size, this.at);
  }

  tick(cost = 1): void {
    this.machine.tick(this.at, cost);
  }
}

/** A builtin refused its operands. Undefined by OPA's default, an error where evaluation is strict. */
export class BuiltinError extends Error {
  readonly code: string;
  constructor(message: string, code = 'eval_builtin_error') {
    super(message);
    this.code = code;
  }
}

export function builtin(
  name: string,
  arity: number,
  run: (operands: Operands) => Value | undefined,
): Builtin {
  return {
    arity,
    call: (values, machine, at) => {
      try {
        return run(new Operands(name, values, machine, at));
      } catch (error) {
        if (!(error instanceof BuiltinError)) throw error;
        if (!machine.strict) return undefined;
        throw new RegoError(error.code, `${name}: ${error.message}`, at);
      }
    },
  };
}

export type Table = Readonly<
  Record<string, readonly [arity: number, run: (operands: Operands) => Value | undefined]>
>;

export function builtins(table: Table): Record<string, Builtin> {
  return Object.fromEntries(
    Object.entries(table).map(([name, [arity, run]]) => [name, builtin(name, arity, run)]),
  );
}
