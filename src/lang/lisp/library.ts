/** `import` and `cond-expand`: every library there is, is there from the start. */
import { Constant } from './code.ts';
import { fail, list, members, NIL, Pair, UNSPECIFIED, type Value } from './data.ts';
import { type Form, form, parts } from './form.ts';
import { baseName, isIdentifier } from './scope.ts';

/** Features `cond-expand` knows. */
const FEATURES = new Set(['r7rs', 'bit', 'full-unicode', 'ratios', 'exact-closed', 'else']);
const LIBRARIES =
  /^\((?:scheme (?:base|case-lambda|char|cxr|inexact|lazy|process-context|write|read|time|complex|eval|load|file|repl)|bit)\)$/;

function holds(requirement: Value): boolean {
  if (isIdentifier(requirement)) return FEATURES.has(baseName(requirement).text);
  const [head, ...others] = members(requirement) ?? [];
  switch (isIdentifier(head) ? baseName(head).text : '') {
    case 'and':
      return others.every(holds);
    case 'or':
      return others.some(holds);
    case 'not':
      return !others.some(holds);
    case 'library':
      return LIBRARIES.test(libraryName(others[0] ?? NIL));
    default:
      return false;
  }
}

function libraryName(value: Value): string {
  const names = (members(value) ?? []).map((one) => (isIdentifier(one) ? baseName(one).text : String(one)));
  return `(${names.join(' ')})`;
}

export const condExpand: Form = (compiler, given, scope) => {
  for (const clause of parts(given, 1)) {
    const [requirement, ...body] = members(clause) ?? [];
    if (requirement !== undefined && holds(requirement))
      return compiler.compile(new Pair(form('begin', compiler), list(body)), scope);
  }
  return new Constant(UNSPECIFIED);
};

export const importForm: Form = (_compiler, given) => {
  for (const set of parts(given, 0)) {
    let inner = set;
    for (let depth = 0; depth < 16; depth++) {
      const [head, next] = members(inner) ?? [];
      const word = isIdentifier(head) ? baseName(head).text : '';
      if (!/^(only|except|prefix|rename)$/.test(word) || !(next instanceof Pair)) break;
      inner = next;
    }
    const name = libraryName(inner);
    if (!LIBRARIES.test(name) && !/^\(srfi \d+\)$/.test(name)) return fail(`there is no library ${name}`);
  }
  return new Constant(UNSPECIFIED);
};
