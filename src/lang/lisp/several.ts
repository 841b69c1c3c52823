/** Forms that bind several values at once. */
import { Call, Lambda, up } from './code.ts';
import type { Compiler } from './compile.ts';
import { Alias, fail, list, members, Name, NIL, UNSPECIFIED, type Value, Values } from './data.ts';
import { Bind, type Form, parts, rest } from './form.ts';
import type { Code, Environment } from './machine.ts';
import { formalNames, plain } from './names.ts';
import { baseName, type Identifier, Scope } from './scope.ts';

/** Each value is computed outside (`let-values`), or where the names before it are bound already. */
export const letValues =
  (sequential: boolean): Form =>
  (compiler, given, scope) => {
    const [first = NIL] = parts(given, 2);
    const specs = (members(first) ?? fail('let-values: bindings are a list')).map((spec) => {
      const [formals, init] = members(spec) ?? [];
      if (formals === undefined || init === undefined)
        return fail('let-values: a binding is names and a value', plain(spec));
      return { formals, init, made: new Alias(Name.of('values'), scope) };
    });
    const step = (index: number, outer: Scope): Code => {
      const spec = specs[index];
      if (spec === undefined) return compiler.body(rest(rest(given)), new Scope(compiler.globals, outer));
      const value = sequential ? compiler.compile(spec.init, outer) : compiler.reference(spec.made, outer);
      const { inner, clause } = compiler.region(outer, formalNames(spec.formals));
      const rested = members(spec.formals) === undefined;
      const receiver = new Lambda('let-values', [clause(step(index + 1, inner), rested)]);
      return new Bind(value, (made, machine, environment) => {
        machine.apply(receiver.evaluate(environment), made instanceof Values ? [...made.all] : [made]);
      });
    };
    if (sequential) return step(0, scope);
    const { inner, clause } = compiler.region(
      scope,
      specs.map(({ made }) => made),
    );
    const values = specs.map(({ init }) => compiler.compile(init, scope));
    return new Call([new Lambda('let-values', [clause(step(0, inner))]), ...values]);
  };

export const defineValues: Form = (compiler, given, scope) => {
  const [formals = NIL, init = NIL] = parts(given, 2, 2);
  const names = formalNames(formals);
  const required = members(formals) === undefined ? names.length - 1 : names.length;
  const rested = required < names.length;
  const puts = names.map((name) => scopePut(compiler, name, scope));
  return new Bind(compiler.compile(init, scope), (made, machine, environment) => {
    const all = made instanceof Values ? made.all : [made];
    if (all.length < required || (!rested && all.length > required))
      fail(`define-values: ${all.length} values for ${names.length} names`);
    for (const [index, put] of puts.entries()) {
      put(index < required ? (all[index] ?? NIL) : list(all.slice(required)), environment);
    }
    machine.value = UNSPECIFIED;
  });
};

/** What puts a value into a name that is being defined here. */
export function scopePut(
  compiler: Compiler,
  name: Identifier,
  scope: Scope,
): (value: Value, environment: Environment) => void {
  if (scope.top) {
    const cell = compiler.globals.cell(baseName(name));
    compiler.globals.syntax.delete(baseName(name));
    return (value) => {
      cell.value = value;
    };
  }
  const meaning = scope.look(name);
  if (meaning.kind !== 'local') return fail(`${baseName(name).text} can't be defined here`);
  const { depth, index } = meaning;
  return (value, environment) => {
    up(environment, depth).values[index] = value;
  };
}
