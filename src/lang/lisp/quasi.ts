import { Call, Constant } from './code.ts';
import type { Compiler } from './compile.ts';
import { fail, list, members, Name, NIL, Pair, type Value } from './data.ts';
import { type Form, isForm, parts } from './form.ts';
import type { Code } from './machine.ts';
import { plain } from './names.ts';
import { Primitive } from './procedures.ts';
import type { Scope } from './scope.ts';

export const quasiquote: Form = (compiler, given, scope) => {
  const [template = NIL] = parts(given, 1, 1);
  return quasi(compiler, template, 1, scope);
};

const CONS = new Primitive('cons', [2, 2], ([car = NIL, cdr = NIL]) => new Pair(car, cdr));
const APPEND = new Primitive('append', [2, 2], ([first = NIL, second = NIL]) => {
  const found = members(first);
  return found === undefined ? fail('unquote-splicing: not a list', first) : list(found, second);
});
const TO_VECTOR = new Primitive(
  'list->vector',
  [1, 1],
  ([value = NIL]) => members(value) ?? fail('not a list', value),
);

function quasi(compiler: Compiler, template: Value, depth: number, scope: Scope): Code {
  if (Array.isArray(template)) {
    const made = quasi(compiler, list(template), depth, scope);
    return made instanceof Constant
      ? new Constant(plain(template))
      : new Call([new Constant(TO_VECTOR), made]);
  }
  if (!(template instanceof Pair)) return new Constant(plain(template));
  const { car, cdr } = template;
  const [only] = members(cdr) ?? [];
  if (only !== undefined && isForm(car, 'unquote', scope)) {
    if (depth === 1) return compiler.compile(only, scope);
    return pairOf(new Constant(Name.of('unquote')), quasi(compiler, cdr, depth - 1, scope));
  }
  if (only !== undefined && isForm(car, 'quasiquote', scope))
    return pairOf(new Constant(Name.of('quasiquote')), quasi(compiler, cdr, depth + 1, scope));
  if (car instanceof Pair && isForm(car.car, 'unquote-splicing', scope)) {
    const after = quasi(compiler, cdr, depth, scope);
    if (depth === 1) {
      const [spliced = NIL] = members(car.cdr) ?? [];
      const code = compiler.compile(spliced, scope);
      // The last one is not copied: it may be no list.
      if (after instanceof Constant && after.value === NIL) return code;
      return new Call([new Constant(APPEND), code, after]);
    }
    return pairOf(
      pairOf(new Constant(Name.of('unquote-splicing')), quasi(compiler, car.cdr, depth - 1, scope)),
      after,
    );
  }
  return pairOf(quasi(compiler, car, depth, scope), quasi(compiler, cdr, depth, scope));
}

function pairOf(car: Code, cdr: Code): Code {
  if (car instanceof Constant && cdr instanceof Constant) return new Constant(new Pair(car.value, cdr.value));
  return new Call([new Constant(CONS), car, cdr]);
}
