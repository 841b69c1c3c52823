/** Names in forms, and forms as the data they are. */
import { Alias, fail, list, members, NIL, Pair, type Value } from './data.ts';
import { baseName, type Identifier, isIdentifier } from './scope.ts';

export function formalNames(formals: Value): Identifier[] {
  const names: Identifier[] = [];
  let rest = formals;
  while (rest instanceof Pair) {
    if (!isIdentifier(rest.car)) return fail('a variable is a name', rest.car);
    names.push(rest.car);
    rest = rest.cdr;
  }
  if (isIdentifier(rest)) names.push(rest);
  else if (rest !== NIL) return fail('a variable is a name', rest);
  return names;
}

/** Everything a `define-record-type` defines. */
export function recordNames(form: Value): Identifier[] {
  const [, type, maker, predicate, ...fields] = members(form) ?? [];
  const names = [
    type instanceof Pair ? type.car : type,
    maker instanceof Pair ? maker.car : maker,
    predicate,
  ];
  for (const field of fields) names.push(...(members(field) ?? []).slice(1));
  return names.filter(isIdentifier);
}

/** Quoted data as the program sees it: the names that macros brought are names. */
export function plain(value: Value): Value {
  if (value instanceof Alias) return baseName(value);
  if (value instanceof Pair) return holdsAlias(value) ? plainPair(value) : value;
  if (Array.isArray(value))
    return value.some((one) => one instanceof Alias || holdsAlias(one)) ? value.map(plain) : value;
  return value;
}

function plainPair(value: Pair): Value {
  const parts: Value[] = [];
  let rest: Value = value;
  while (rest instanceof Pair) {
    parts.push(plain(rest.car));
    rest = rest.cdr;
  }
  return list(parts, plain(rest));
}

function holdsAlias(value: Value): boolean {
  const rest: Value[] = [value];
  for (let steps = 0; rest.length > 0 && steps < 1_000_000; steps++) {
    const next = rest.pop();
    if (next instanceof Alias) return true;
    if (next instanceof Pair) rest.push(next.cdr, next.car);
    else if (Array.isArray(next)) rest.push(...next);
  }
  return false;
}
