/** What special forms are made with. */

import { Simple, Waiting } from './code.ts';
import type { Compiler } from './compile.ts';
import { Alias, fail, members, Name, NIL, Pair, type Value } from './data.ts';
import type { Code, Environment, Machine } from './machine.ts';
import { plain } from './names.ts';
import { baseName, type Identifier, isIdentifier, Scope } from './scope.ts';

export type Form = (compiler: Compiler, form: Pair, scope: Scope) => Code;

export function parts(form: Pair, least: number, most = Number.POSITIVE_INFINITY): Value[] {
  const found = members(form);
  if (found === undefined || found.length - 1 < least || found.length - 1 > most) {
    const name = isIdentifier(form.car) ? baseName(form.car).text : 'form';
    return fail(`${name}: a malformed form`, plain(form));
  }
  return found.slice(1);
}

/** Runs one piece of code, then goes on with its value. */
export class Bind extends Waiting<undefined> {
  readonly code: Code;
  readonly go: (value: Value, machine: Machine, environment: Environment) => void;

  constructor(code: Code, go: (value: Value, machine: Machine, environment: Environment) => void) {
    super();
    this.code = code;
    this.go = go;
  }

  run(machine: Machine, environment: Environment): void {
    if (this.code instanceof Simple) {
      this.go(this.code.evaluate(environment), machine, environment);
      return;
    }
    this.wait(this.code, machine, environment, undefined);
  }

  resumed(value: Value, machine: Machine, environment: Environment): void {
    this.go(value, machine, environment);
  }
}

export function then(machine: Machine, code: Code, environment: Environment): void {
  machine.next = code;
  machine.environment = environment;
}

export interface Binding {
  readonly name: Identifier;
  readonly value: Value;
}

export function bindings(form: Value, who: string): Binding[] {
  const found = members(form);
  if (found === undefined) return fail(`${who}: bindings are a list`, plain(form));
  return found.map((binding) => {
    const [name, value, ...rest] = members(binding) ?? [];
    if (!isIdentifier(name) || value === undefined || rest.length > 0)
      return fail(`${who}: a binding is a name and a value`, plain(binding));
    return { name, value };
  });
}

export function rest(form: Value): Value {
  return form instanceof Pair ? form.cdr : NIL;
}

export function isForm(value: Value | undefined, name: string, scope: Scope): boolean {
  if (!isIdentifier(value)) return false;
  const meaning = scope.look(value);
  return meaning.kind === 'form' && meaning.form === name;
}

/** A special form's name that means it wherever it is put. */
export function form(name: string, compiler: Compiler): Alias {
  return new Alias(Name.of(name), new Scope(compiler.globals));
}
