/** Terms to closures: one value where all variables are bound, a search where some are not. */
import type { Term } from './ast.ts';
import { compileCall } from './compile-calls.ts';
import {
  accessAll,
  accessExpr,
  type CursorExpr,
  enumerate,
  isDataRoot,
  namesFrom,
  startOfData,
} from './compile-paths.ts';
import { arrayOf, objectOf, put, setOf, templateOf } from './composites.ts';
import type { Expr, Slots, Step } from './machine.ts';
import { isRoot } from './resolve.ts';
import { checkBound, Flow } from './safety.ts';
import type { Linker, Scope } from './scope.ts';
import { type Cursor, enter, settle } from './tree.ts';
import {
  constantPath,
  equal,
  isArray,
  isObject,
  lookUp,
  objectGet,
  objectSize,
  RegoObject,
  RegoSet,
  type Value,
} from './values.ts';

/** Whether evaluating `term` has to search: it has a reference with an unbound variable, or a relation. */
export function searches(term: Term, scope: Scope, linker: Linker): boolean {
  switch (term.kind) {
    case 'ref':
      return (
        searches(term.head, scope, linker) ||
        term.path.some((p) => isFree(p, scope) || searches(p, scope, linker))
      );
    case 'call':
      return linker.relation(term.name) || term.args.some((arg) => searches(arg, scope, linker));
    case 'array':
    case 'set':
      return term.items.some((item) => searches(item, scope, linker));
    case 'object':
      return term.entries.some((pair) => pair.some((part) => searches(part, scope, linker)));
    default:
      return false;
  }
}

/** Whether `term` as a pattern has a variable to bind. */
export function isFree(term: Term, scope: Scope): boolean {
  if (term.kind === 'var') return !isRoot(term) && !scope.bound.has(term.name);
  if (term.kind === 'array') return term.items.some((item) => isFree(item, scope));
  if (term.kind === 'object') return term.entries.some(([, value]) => isFree(value, scope));
  return false;
}

/** `k` is given the term's value for every way to reach it. */
export function generate(term: Term, scope: Scope, linker: Linker, k: (value: Expr) => Step): Step {
  if (!searches(term, scope, linker)) return k(compileTerm(term, scope, linker));
  switch (term.kind) {
    case 'ref':
      return generateRef(term, scope, linker, k);
    case 'call': {
      const { name, args, at } = term;
      if (!linker.relation(name)) {
        return generateAll(args, scope, linker, (values) => k(compileCall(name, values, linker, at)));
      }
      return generateAll(args, scope, linker, (values) => {
        const all = compileCall(name, values, linker, at);
        const slot = scope.frame.temporary();
        const next = k((slots) => slots[slot] as Value);
        return (slots, machine) => {
          const results = all(slots, machine);
          if (!isArray(results)) return false;
          for (const result of results) {
            machine.tick(at);
            slots[slot] = result;
            if (next(slots, machine)) return true;
          }
          return false;
        };
      });
    }
    case 'array':
      return generateAll(term.items, scope, linker, (items) => k(arrayOf(items)));
    case 'set':
      return generateAll(term.items, scope, linker, (items) => k(setOf(items)));
    case 'object': {
      const { at } = term;
      return generateAll(term.entries.flat(), scope, linker, (parts) => k(objectOf(parts, at)));
    }
    default:
      return k(compileTerm(term, scope, linker));
  }
}

function generateAll(
  terms: readonly Term[],
  scope: Scope,
  linker: Linker,
  k: (values: Expr[]) => Step,
): Step {
  const values: Expr[] = new Array(terms.length);
  const from = (waiting: readonly number[]): Step => {
    const at = waiting.find((i) => isKnown(terms[i] as Term, scope)) ?? waiting[0];
    const term = at === undefined ? undefined : terms[at];
    if (at === undefined || term === undefined) return k(values);
    return generate(term, scope, linker, (value) => {
      values[at] = value;
      return from(waiting.filter((other) => other !== at));
    });
  };
  return from([...terms.keys()]);
}

/** Whether nothing `term` needs is still to be bound; what its references bind doesn't count. */
export function isKnown(term: Term, scope: Scope): boolean {
  const flow = new Flow(scope.bound, new Set());
  flow.value(term);
  return flow.missing === undefined;
}

function generateRef(
  term: Term & { kind: 'ref' },
  scope: Scope,
  linker: Linker,
  k: (value: Expr) => Step,
): Step {
  const finish = (cursor: CursorExpr): Step => {
    const slot = scope.frame.temporary();
    const next = k((slots) => slots[slot] as Value);
    return (slots, machine) => {
      const reached = cursor(slots, machine);
      const value = reached === undefined ? undefined : settle(reached, machine);
      if (value === undefined) return false;
      slots[slot] = value;
      return next(slots, machine);
    };
  };
  const from = (cursor: CursorExpr, at: number): Step => {
    const part = term.path[at];
    if (part === undefined) return finish(cursor);
    const run = namesFrom(term.path, at);
    if (run.length > 1 && !isDataRoot(term.head)) {
      const walk = constantPath(run);
      return from((slots, machine) => walk(cursor(slots, machine) as Value | undefined), at + run.length);
    }
    if (!isFree(part, scope)) {
      return generate(part, scope, linker, (key) => from(accessExpr(cursor, key), at + 1));
    }
    const keySlot = part.kind === 'var' ? scope.frame.slot(part.name) : scope.frame.temporary();
    const slot = scope.frame.temporary();
    const rest = () => from((slots) => slots[slot] as Cursor, at + 1);
    let next: Step;
    if (part.kind === 'var') {
      scope.bound.add(part.name);
      next = rest();
    } else next = match(part, (slots) => slots[keySlot] as Value, scope, linker, rest);
    return enumerate(cursor, keySlot, slot, next, term);
  };
  if (isDataRoot(term.head)) {
    const { start, used } = startOfData(term.path, linker);
    return from(start, used);
  }
  return generate(term.head, scope, linker, (head) => from(head, 0));
}

/** Takes `source` apart by `pattern`, binding its free variables. */
export function match(pattern: Term, source: Expr, scope: Scope, linker: Linker, k: () => Step): Step {
  if (pattern.kind === 'var' && isFree(pattern, scope)) {
    const slot = scope.frame.slot(pattern.name);
    scope.bound.add(pattern.name);
    const next = k();
    return (slots, machine) => {
      const value = source(slots, machine);
      if (value === undefined) return false;
      slots[slot] = value;
      return next(slots, machine);
    };
  }
  if (!isFree(pattern, scope)) {
    return generate(pattern, scope, linker, (other) => {
      const next = k();
      return (slots, machine) => {
        const a = source(slots, machine);
        if (a === undefined) return false;
        const b = other(slots, machine);
        return b !== undefined && equal(a, b) && next(slots, machine);
      };
    });
  }
  const slot = scope.frame.temporary();
  const whole = (slots: Slots) => slots[slot];
  if (pattern.kind === 'array') {
    const { items } = pattern;
    const from = (at: number): Step => {
      const item = items[at];
      if (item === undefined) return k();
      return match(
        item,
        (slots) => (whole(slots) as readonly Value[])[at],
        scope,
        linker,
        () => from(at + 1),
      );
    };
    const inner = from(0);
    return (slots, machine) => {
      const value = source(slots, machine);
      if (!isArray(value) || value.length !== items.length) return false;
      slots[slot] = value;
      return inner(slots, machine);
    };
  }
  const entries = pattern.kind === 'object' ? pattern.entries : [];
  const from = (at: number): Step => {
    const entry = entries[at];
    if (entry === undefined) return k();
    return generate(entry[0], scope, linker, (key) =>
      match(
        entry[1],
        (slots, machine) => {
          const name = key(slots, machine);
          return name === undefined ? undefined : objectGet(whole(slots) as RegoObject, name);
        },
        scope,
        linker,
        () => from(at + 1),
      ),
    );
  };
  const inner = from(0);
  return (slots, machine) => {
    const value = source(slots, machine);
    if (value === undefined || !isObject(value) || objectSize(value) !== entries.length) return false;
    slots[slot] = value;
    return inner(slots, machine);
  };
}

/** The one value of a term that doesn't search. */
export function compileTerm(term: Term, scope: Scope, linker: Linker): Expr {
  switch (term.kind) {
    case 'const': {
      const { value } = term;
      return () => value;
    }
    case 'var':
      return compileVariable(term.name, scope, linker);
    case 'ref':
      return compileRef(term, scope, linker);
    case 'call':
      return compileCall(
        term.name,
        term.args.map((arg) => compileTerm(arg, scope, linker)),
        linker,
        term.at,
        term.args,
      );
    case 'array':
      return arrayOf(term.items.map((item) => compileTerm(item, scope, linker)));
    case 'set':
      return setOf(term.items.map((item) => compileTerm(item, scope, linker)));
    case 'object':
      return objectOf(
        term.entries.flat().map((part) => compileTerm(part, scope, linker)),
        term.at,
      );
    case 'template':
      return templateOf(term.parts.map((p) => (typeof p === 'string' ? p : compileTerm(p, scope, linker))));
    default:
      return compileComprehension(term, scope, linker);
  }
}

function compileVariable(name: string, scope: Scope, linker: Linker): Expr {
  if (name === 'input') return (_, machine) => machine.input;
  if (name === 'data') {
    const { root } = linker;
    return (_, machine) => {
      const cursor = enter(root, machine);
      return cursor === undefined ? undefined : settle(cursor, machine);
    };
  }
  const slot = scope.frame.slot(name);
  return (slots) => slots[slot] as Value | undefined;
}

function compileRef(term: Term & { kind: 'ref' }, scope: Scope, linker: Linker): Expr {
  if (isDataRoot(term.head)) {
    const { start, used } = startOfData(term.path, linker);
    const cursor = accessAll(
      start,
      term.path.slice(used).map((part) => compileTerm(part, scope, linker)),
    );
    return (slots, machine) => {
      const reached = cursor(slots, machine);
      return reached === undefined ? undefined : settle(reached, machine);
    };
  }
  let value = compileTerm(term.head, scope, linker);
  const names = term.path.flatMap((part) =>
    part.kind === 'const' && typeof part.value === 'string' ? [part.value] : [],
  );
  if (names.length === term.path.length) {
    const walk = constantPath(names);
    if (term.head.kind === 'var' && term.head.name === 'input') return (_, machine) => walk(machine.input);
    const head = value;
    return (slots, machine) => walk(head(slots, machine));
  }
  for (const part of term.path) {
    const from = value;
    if (part.kind === 'const') {
      const key = part.value;
      value = (slots, machine) => {
        const object = from(slots, machine);
        return object === undefined ? undefined : lookUp(object, key);
      };
    } else {
      const key = compileTerm(part, scope, linker);
      value = (slots, machine) => {
        const object = from(slots, machine);
        const name = object === undefined ? undefined : key(slots, machine);
        return object === undefined || name === undefined ? undefined : lookUp(object, name);
      };
    }
  }
  return value;
}

function compileComprehension(term: Term, scope: Scope, linker: Linker): Expr {
  if (term.kind !== 'array-of' && term.kind !== 'set-of' && term.kind !== 'object-of')
    throw new Error('no comprehension');
  const slot = scope.frame.temporary();
  const { at } = term;
  const inner = scope.inner();
  const search = linker.body(term.body, inner, linker, () => {
    for (const part of term.kind === 'object-of' ? [term.key, term.head] : [term.head])
      checkBound(part, inner.bound);
    if (term.kind === 'object-of') {
      return generate(term.key, inner, linker, (key) =>
        generate(term.head, inner, linker, (head) => (slots, machine) => {
          const name = key(slots, machine);
          const value = head(slots, machine);
          if (name === undefined || value === undefined) return false;
          machine.tick(at);
          put(slots[slot] as RegoObject, name, value, at);
          return false;
        }),
      );
    }
    const isSet = term.kind === 'set-of';
    return generate(term.head, inner, linker, (head) => (slots, machine) => {
      const value = head(slots, machine);
      if (value === undefined) return false;
      machine.tick(at);
      if (isSet) (slots[slot] as RegoSet).add(value);
      else (slots[slot] as Value[]).push(value);
      return false;
    });
  });
  const empty = { 'array-of': () => [], 'set-of': () => new RegoSet(), 'object-of': () => new RegoObject() }[
    term.kind
  ];
  return (slots, machine) => {
    const outer = slots[slot];
    const result: Value = empty();
    slots[slot] = result;
    search(slots, machine);
    slots[slot] = outer;
    return result;
  };
}
