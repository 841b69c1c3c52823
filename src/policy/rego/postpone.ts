/**
 * Rules of a program that was found without fault before: each is resolved and compiled when it is first asked. An
 * action asks few of them, and most of those say in their first line that they are about another.
 */
import type { Module, Rule } from './ast.ts';
import {
  addersGroup,
  compileAdder,
  compileGroup,
  type Evaluate,
  type ResolvedRule,
} from './compile-rules.ts';
import type { Machine } from './machine.ts';
import type { Linker } from './scope.ts';
import type { Group } from './tree.ts';
import { isObject, objectGet } from './values.ts';

export interface PostponedRule {
  readonly rule: Rule;
  readonly module: Module;
  readonly resolved: () => ResolvedRule;
}

export function postponed(
  { kind, name }: Pick<Group, 'kind' | 'name'>,
  rules: readonly PostponedRule[],
  linker: Linker,
): Evaluate {
  if (kind === 'set')
    return addersGroup(
      kind,
      rules.map((rule) => lateAdder(rule, name, linker)),
    );
  let made: Evaluate | undefined;
  const get = (): Evaluate => {
    made ??= compileGroup(
      kind,
      name,
      rules.map((rule) => rule.resolved()),
      linker,
    );
    return made;
  };
  return {
    evaluate: (machine) => get().evaluate(machine),
    call: (args, machine, at) => get().call(args, machine, at),
  };
}

function lateAdder(rule: PostponedRule, name: string, linker: Linker): ReturnType<typeof compileAdder> {
  const only = actionOf(rule);
  let add: ReturnType<typeof compileAdder> | undefined;
  return (into, machine) => {
    if (only !== undefined && inputAction(machine) !== only) return;
    add ??= compileAdder(rule.resolved(), 'set', name, linker);
    add(into, machine);
  };
}

function inputAction({ input }: Machine): unknown {
  return input !== undefined && isObject(input) ? objectGet(input, 'action') : undefined;
}

/** The action a rule's first line says it is about, `input.action == "repo.push"`: nothing is asked before it. */
function actionOf({ rule, module }: PostponedRule): string | undefined {
  // only in v1 can `input` be nothing else
  if (module.version !== 'v1' || module.imports.some(({ alias }) => alias === 'input')) return undefined;
  const [clause, otherwise] = rule.clauses;
  const [first] = clause.body;
  if (otherwise !== undefined || first?.kind !== 'expr' || first.with.length > 0) return undefined;
  const { term } = first;
  if (term.kind !== 'call' || term.name !== 'equal') return undefined;
  const [left, right] = term.args;
  if (left?.kind !== 'ref' || left.head.kind !== 'var' || left.head.name !== 'input') return undefined;
  const [part, ...more] = left.path;
  if (part?.kind !== 'const' || part.value !== 'action' || more.length > 0) return undefined;
  return right?.kind === 'const' && typeof right.value === 'string' ? right.value : undefined;
}
