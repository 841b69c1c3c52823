/** Bodies to closures, literal after literal; each calls the next for every solution. */
import { type Body, type Literal, RegoError, type Term, type With } from './ast.ts';
import { callable, functionNode } from './compile-calls.ts';
import { compileTerm, generate, isKnown, match } from './compile-terms.ts';
import { type Callable, type Expr, type Machine, type Step, type World, withPath } from './machine.ts';
import { openVariables, order, split } from './safety.ts';
import { type Linker, Scope } from './scope.ts';
import { traceLiteral } from './trace-literal.ts';
import type { Value } from './values.ts';
import { isArray, isObject, objectEntries, RegoSet } from './values.ts';

export function compileBody(body: Body, scope: Scope, linker: Linker, k: () => Step): Step {
  const visible = new Set([...scope.visible, ...scope.bound]);
  for (const literal of body) openVariables(literal, visible);
  const ordered = order(body, scope.bound, visible);
  const within = new Scope(scope.frame, [], visible);
  // The scope given is the one the continuation reads: it must see what this body binds.
  const shared: Scope = Object.assign(within, { bound: scope.bound });
  const from = (at: number): Step => {
    const literal = ordered[at];
    if (literal === undefined) return k();
    const compile = (next: () => Step) => compileModified(literal, shared, linker, next);
    if (!linker.traced) return compile(() => from(at + 1));
    return traceLiteral(literal, at, shared, linker, compile, () => from(at + 1));
  };
  return from(0);
}

function compileModified(literal: Literal, scope: Scope, linker: Linker, k: () => Step): Step {
  if (literal.with.length === 0) return compileLiteral(literal, scope, linker, k);
  const outerSlot = scope.frame.temporary();
  const changes = literal.with.map((item) => compileWith(item, scope, linker));
  const inner = compileLiteral(literal, scope, linker, () => {
    const next = k();
    return (slots, machine) => {
      const changed = machine.world;
      machine.world = slots[outerSlot] as World;
      const stop = next(slots, machine);
      machine.world = changed;
      return stop;
    };
  });
  return (slots, machine) => {
    const outer = machine.world;
    const resolved: ((machine: Machine) => void)[] = [];
    for (const change of changes) {
      const apply = change(slots, machine);
      if (apply === undefined) return false;
      resolved.push(apply);
    }
    slots[outerSlot] = outer;
    machine.cache = [];
    for (const apply of resolved) apply(machine);
    const stop = inner(slots, machine);
    machine.world = outer;
    return stop;
  };
}

type Change = (slots: unknown[], machine: Machine) => ((machine: Machine) => void) | undefined;

function compileWith({ target, value, at }: With, scope: Scope, linker: Linker): Change {
  const path = constantPath(target);
  const root = path[0];
  const name = path.join('.');
  const mocked = root === 'input' ? false : root !== 'data' || functionNode(name, linker) !== undefined;
  if (mocked) {
    const replacement = replacementFor(value, scope, linker);
    return (slots, machine) => {
      const mock = replacement(slots, machine);
      if (mock === undefined) return undefined;
      return (changed) => {
        changed.mocks = new Map([...(changed.mocks ?? []), [name, mock]]);
      };
    };
  }
  const expr = compileTerm(value, scope, linker);
  const below = path.slice(1);
  return (slots, machine) => {
    const replacement = expr(slots, machine);
    if (replacement === undefined) return undefined;
    return (changed) => {
      if (root === 'input') changed.input = withPath(changed.input, below, replacement);
      else {
        changed.base = withPath(changed.base, below, replacement);
        changed.masks = [...(changed.masks ?? []), below];
      }
    };
  };
  function constantPath(term: Term): string[] {
    if (term.kind === 'var') return [term.name];
    if (term.kind !== 'ref') throw new RegoError('rego_type_error', 'with takes a plain reference', at);
    return [
      ...constantPath(term.head),
      ...term.path.map((part) => {
        if (part.kind === 'const' && typeof part.value === 'string') return part.value;
        throw new RegoError('rego_type_error', 'with takes a reference of constant names', part.at);
      }),
    ];
  }
}

/** A function after `as` stands in for the replaced one; a value is what every call gives. */
function replacementFor(
  term: Term,
  scope: Scope,
  linker: Linker,
): (slots: unknown[], machine: Machine) => Callable | undefined {
  const parts = term.kind === 'ref' && term.head.kind === 'var' ? [term.head, ...term.path] : [];
  const name =
    term.kind === 'var'
      ? term.name
      : parts.map((p) => (p.kind === 'var' ? p.name : p.kind === 'const' ? String(p.value) : '?')).join('.');
  if (linker.builtin(name) !== undefined || functionNode(name, linker) !== undefined) {
    const target = callable(name, linker);
    // A replacement calls the originals: inside it nothing is replaced.
    const plain: Callable = (args, machine, at) => {
      const { world } = machine;
      machine.world = { ...world, mocks: null, cache: [] };
      const result = target(args, machine, at);
      machine.world = world;
      return result;
    };
    return () => plain;
  }
  const expr = compileTerm(term, scope, linker);
  return (slots, machine) => {
    const value = expr(slots, machine);
    return value === undefined ? undefined : () => value;
  };
}

function compileLiteral(literal: Literal, scope: Scope, linker: Linker, k: () => Step): Step {
  switch (literal.kind) {
    case 'expr':
      return generate(literal.term, scope, linker, (value) => {
        const next = k();
        return (slots, machine) => {
          const result = value(slots, machine);
          return result !== undefined && result !== false && next(slots, machine);
        };
      });
    case 'unify':
    case 'assign':
      return unifyAll(split(literal.left, literal.right), scope, linker, k);
    case 'not': {
      const inner = compileBody([literal.body], scope.inner(), linker, () => () => true);
      const next = k();
      return (slots, machine) => !inner(slots, machine) && next(slots, machine);
    }
    case 'some-in':
      return compileSomeIn(literal, scope, linker, k);
    case 'every':
      return compileEvery(literal, scope, linker, k);
    case 'some':
      return k();
  }
}

/** Pairs whose one side is known first. Safety has shown that such an order exists. */
function unifyAll(
  pairs: readonly (readonly [Term, Term])[],
  scope: Scope,
  linker: Linker,
  k: () => Step,
): Step {
  const known = (term: Term) => isKnown(term, scope);
  const at = pairs.findIndex(([left, right]) => known(left) || known(right));
  const pair = pairs[at] ?? pairs[0];
  if (pair === undefined) return k();
  const rest = pairs.filter((other) => other !== pair);
  const [left, right] = pair;
  const [source, target] = known(right) ? [right, left] : [left, right];
  return generate(source, scope, linker, (value) =>
    match(target, value, scope, linker, () => unifyAll(rest, scope, linker, k)),
  );
}

function compileSomeIn(
  literal: Literal & { kind: 'some-in' },
  scope: Scope,
  linker: Linker,
  k: () => Step,
): Step {
  const { key, value, domain, at } = literal;
  return generate(domain, scope, linker, (collection) => {
    const keySlot = scope.frame.temporary();
    const slot = scope.frame.temporary();
    const onValue = () => match(value, (slots) => slots[slot] as Value, scope, linker, k);
    const next =
      key === undefined ? onValue() : match(key, (slots) => slots[keySlot] as Value, scope, linker, onValue);
    return eachOf(collection, keySlot, slot, next, at);
  });
}

function eachOf(collection: Expr, keySlot: number, slot: number, next: Step, at: Literal['at']): Step {
  return (slots, machine) => {
    const all = collection(slots, machine);
    if (all === undefined) return false;
    for (const [key, item] of pairsOf(all)) {
      machine.tick(at);
      slots[keySlot] = key;
      slots[slot] = item;
      if (next(slots, machine)) return true;
    }
    return false;
  };
}

function pairsOf(value: Value): Iterable<readonly [Value, Value]> {
  if (isArray(value)) return value.entries();
  if (value instanceof RegoSet) return value.sorted().map((item) => [item, item] as const);
  return isObject(value) ? objectEntries(value) : [];
}

function compileEvery(
  literal: Literal & { kind: 'every' },
  scope: Scope,
  linker: Linker,
  k: () => Step,
): Step {
  const { key, value, domain, body, at } = literal;
  return generate(domain, scope, linker, (collection) => {
    const keySlot = scope.frame.temporary();
    const slot = scope.frame.temporary();
    const inner = scope.inner();
    const rest = () => compileBody(body, inner, linker, () => () => true);
    const onValue = () => match(value, (slots) => slots[slot] as Value, inner, linker, rest);
    const holds =
      key === undefined ? onValue() : match(key, (slots) => slots[keySlot] as Value, inner, linker, onValue);
    const fails = eachOf(collection, keySlot, slot, (slots, machine) => !holds(slots, machine), at);
    const next = k();
    return (slots, machine) => {
      const all = collection(slots, machine);
      if (typeof all !== 'object' || all === null) return false;
      return !fails(slots, machine) && next(slots, machine);
    };
  });
}
