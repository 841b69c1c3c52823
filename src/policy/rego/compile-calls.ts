import type { Span, Term } from './ast.ts';
import type { Callable, Expr } from './machine.ts';
import type { Linker } from './scope.ts';
import type { TreeNode } from './tree.ts';
import { compare, equal, type Value } from './values.ts';

type Comparison = (a: Value, b: Value) => boolean;
/** Operators every literal uses: no argument list, no replacement by `with`. */
const COMPARISONS: Readonly<Record<string, Comparison>> = {
  equal,
  neq: (a, b) => !equal(a, b),
  lt: (a, b) => (typeof a === 'number' && typeof b === 'number' ? a < b : compare(a, b) < 0),
  lte: (a, b) => (typeof a === 'number' && typeof b === 'number' ? a <= b : compare(a, b) <= 0),
  gt: (a, b) => (typeof a === 'number' && typeof b === 'number' ? a > b : compare(a, b) > 0),
  gte: (a, b) => (typeof a === 'number' && typeof b === 'number' ? a >= b : compare(a, b) >= 0),
};

export function compileCall(
  name: string,
  args: readonly Expr[],
  linker: Linker,
  at: Span,
  terms: readonly Term[] = [],
): Expr {
  const comparison = Object.hasOwn(COMPARISONS, name) ? COMPARISONS[name] : undefined;
  const [left, right] = args;
  if (comparison !== undefined && left !== undefined && right !== undefined) {
    const constant = terms[1];
    if (name === 'equal' && constant?.kind === 'const' && typeof constant.value !== 'object') {
      const wanted = constant.value;
      return (slots, machine) => {
        const a = left(slots, machine);
        return a === undefined ? undefined : a === wanted || equal(a, wanted);
      };
    }
    return (slots, machine) => {
      const a = left(slots, machine);
      if (a === undefined) return undefined;
      const b = right(slots, machine);
      return b === undefined ? undefined : comparison(a, b);
    };
  }
  const target = callable(name, linker);
  return (slots, machine) => {
    const values: Value[] = [];
    for (const arg of args) {
      const value = arg(slots, machine);
      if (value === undefined) return undefined;
      values.push(value);
    }
    machine.tick(at);
    if (machine.mocks !== null) {
      const mock = machine.mocks.get(name);
      if (mock !== undefined) return mock(values, machine, at);
    }
    return target(values, machine, at);
  };
}

/** A builtin or a function of the set; the latter is found when called, for it may not be compiled yet. */
export function callable(name: string, linker: Linker): Callable {
  const builtin = linker.builtin(name);
  if (builtin !== undefined) return builtin;
  const node = functionNode(name, linker);
  return (args, machine, at) => node?.group?.call(args, machine, at);
}

export function functionNode(name: string, linker: Linker): TreeNode | undefined {
  let node: TreeNode | undefined = linker.root;
  for (const part of name.split('.').slice(1)) node = node?.children.get(part);
  return node?.group?.kind === 'function' ? node : undefined;
}
