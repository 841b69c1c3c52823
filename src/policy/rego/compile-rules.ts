/** Rules of one name to what evaluates them. */
import { RegoError, type Rule, type Span, type Term } from './ast.ts';
import { compileBody } from './compile-body.ts';
import { compileTerm, generate, match } from './compile-terms.ts';
import type { Machine, Slots, Step } from './machine.ts';
import type { ResolvedClause } from './resolve.ts';
import { checkBound } from './safety.ts';
import { Frame, type Linker, Scope } from './scope.ts';
import { Branch, conflict, type Group } from './tree.ts';
import { equal, RegoSet, type Value } from './values.ts';

export interface ResolvedRule {
  readonly rule: Rule;
  readonly clauses: readonly ResolvedClause[];
  /** The head's path after the group's own, for rules that make objects. */
  readonly rest: number;
}

export interface ProgramGroup {
  readonly group: Group;
  readonly packagePath: readonly string[];
  readonly name: string;
  readonly rules: readonly Rule[];
  readonly resolved: readonly ResolvedRule[];
}

export type Evaluate = Pick<Group, 'evaluate' | 'call'>;
/** One clause: its value for these arguments, undefined where it has none. */
type ClauseRun = (args: readonly Value[], machine: Machine) => Value | undefined;

export function compileGroup(
  kind: Group['kind'],
  name: string,
  rules: readonly ResolvedRule[],
  linker: Linker,
): Evaluate {
  if (kind === 'set' || kind === 'object') {
    return addersGroup(
      kind,
      rules.map((rule) => compileAdder(rule, kind, name, linker)),
    );
  }
  const plain = rules.filter(({ rule }) => !rule.isDefault);
  const runs = plain.map((rule) => ({ run: compileChain(rule, name, linker), at: rule.rule.at }));
  const fallback = rules.find(({ rule }) => rule.isDefault);
  const otherwise = fallback === undefined ? undefined : compileChain(fallback, name, linker);
  const early = sameConstant(plain);
  const what =
    kind === 'function'
      ? 'functions must not produce multiple outputs for same inputs'
      : 'complete rules must not produce multiple outputs';
  const call = (args: readonly Value[], machine: Machine): Value | undefined => {
    let result: Value | undefined;
    for (const { run, at } of runs) {
      const value = run(args, machine);
      if (value === undefined) continue;
      if (early) return value;
      if (result !== undefined && !equal(result, value)) throw new RegoError('eval_conflict_error', what, at);
      result = value;
    }
    // Not `??`: null is a value.
    return result === undefined ? otherwise?.(args, machine) : result;
  };
  return { evaluate: (machine) => call([], machine), call };
}

type Adder = (into: RegoSet | Branch, machine: Machine) => void;

export function addersGroup(kind: 'set' | 'object', adders: readonly Adder[]): Evaluate {
  return {
    evaluate(machine) {
      const result = kind === 'set' ? new RegoSet() : new Branch();
      for (const add of adders) add(result, machine);
      return result;
    },
    call: () => undefined,
  };
}

/** Whether all rules give the one constant, so that the first that holds decides. */
function sameConstant(rules: readonly ResolvedRule[]): boolean {
  const values = rules.flatMap(({ clauses }) =>
    clauses.map(({ value }) => (value.kind === 'const' ? value.value : undefined)),
  );
  const [first] = values;
  return first !== undefined && values.every((value) => value !== undefined && equal(value, first));
}

/** A rule with its `else`s: the first clause with a value. */
function compileChain({ rule, clauses }: ResolvedRule, name: string, linker: Linker): ClauseRun {
  const runs = clauses.map((clause, i) =>
    compileClause(clause, rule.clauses[i]?.at ?? rule.at, name, linker),
  );
  const [only] = runs;
  if (runs.length === 1 && only !== undefined) return only;
  return (args, machine) => {
    for (const run of runs) {
      const value = run(args, machine);
      if (value !== undefined) return value;
    }
    return undefined;
  };
}

const RESULT = 0;

function compileClause(clause: ResolvedClause, at: Span, name: string, linker: Linker): ClauseRun {
  const frame = new Frame();
  const argSlots = clause.args.map(() => frame.temporary());
  const scope = new Scope(frame);
  const constant = clause.value.kind === 'const';
  const message =
    clause.args.length > 0
      ? 'functions must not produce multiple outputs for same inputs'
      : 'complete rules must not produce multiple outputs';
  const body = () =>
    compileBody(clause.body, scope, linker, () => {
      checkBound(clause.value, scope.bound);
      return generate(clause.value, scope, linker, (value) => (slots, machine) => {
        const result = value(slots, machine);
        if (result === undefined) return false;
        const present = slots[RESULT] as Value | undefined;
        if (present !== undefined && !equal(present, result))
          throw new RegoError('eval_conflict_error', message, at);
        slots[RESULT] = result;
        return constant;
      });
    });
  const from = (i: number): Step => {
    const arg = clause.args[i];
    const slot = argSlots[i];
    if (arg === undefined || slot === undefined) return body();
    return match(
      arg,
      (slots) => slots[slot] as Value,
      scope,
      linker,
      () => from(i + 1),
    );
  };
  const search = deferTemplates(clause.args) ? searchLate(clause, scope, linker, argSlots, body) : from(0);
  return traced(linker, name, at, (args, machine) => {
    const slots: Slots = new Array(frame.size);
    for (let i = 0; i < argSlots.length; i++) slots[argSlots[i] as number] = args[i];
    search(slots, machine);
    return slots[RESULT] as Value | undefined;
  });
}

/** Arguments that aren't patterns (`f(g(x)) if x := 1`) are compared after the body has bound what they need. */
function deferTemplates(args: readonly Term[]): boolean {
  return args.some((arg) => arg.kind === 'template' || arg.kind === 'call');
}

function searchLate(
  clause: ResolvedClause,
  scope: Scope,
  linker: Linker,
  argSlots: readonly number[],
  value: () => Step,
): Step {
  const { frame } = scope;
  const from = (i: number): Step => {
    const arg = clause.args[i];
    const slot = argSlots[i];
    if (arg === undefined || slot === undefined) return body();
    if (arg.kind === 'template' || arg.kind === 'call') return from(i + 1);
    return match(
      arg,
      (slots) => slots[slot] as Value,
      scope,
      linker,
      () => from(i + 1),
    );
  };
  const body = () => compileBody(clause.body, scope, linker, () => checks(0));
  const checks = (i: number): Step => {
    const arg = clause.args[i];
    const slot = argSlots[i];
    if (arg === undefined || slot === undefined) return valueOnly();
    if (arg.kind !== 'template' && arg.kind !== 'call') return checks(i + 1);
    return match(
      arg,
      (slots) => slots[slot] as Value,
      scope,
      linker,
      () => checks(i + 1),
    );
  };
  const valueOnly = (): Step => {
    const rest = new Scope(frame, scope.bound, scope.visible);
    const result = compileTerm(clause.value, rest, linker);
    return (slots, machine) => {
      slots[RESULT] = result(slots, machine);
      return slots[RESULT] !== undefined;
    };
  };
  return clause.args.length === 0 ? value() : from(0);
}

function traced(linker: Linker, name: string, at: Span, run: ClauseRun): ClauseRun {
  if (!linker.traced) return run;
  return (args, machine) => {
    const { tracer } = machine;
    if (tracer === undefined) return run(args, machine);
    const line = tracer.enterClause(name, at);
    const value = run(args, machine);
    tracer.leaveClause(line, value !== undefined && value !== false);
    return value;
  };
}

/** A rule that adds to a set, or to an object at the keys its head names. */
export function compileAdder(
  { rule, clauses, rest }: ResolvedRule,
  kind: 'set' | 'object',
  name: string,
  linker: Linker,
): Adder {
  const frame = new Frame();
  const scope = new Scope(frame);
  const [clause] = clauses;
  if (clause === undefined) throw new Error('a rule has a clause');
  const { at } = rule;
  const keys = kind === 'object' ? clause.path.slice(clause.path.length - rest) : [];
  const leaf = clause.key ?? clause.value;
  const search = compileBody(clause.body, scope, linker, () => {
    const exprs: ((slots: Slots, machine: Machine) => Value | undefined)[] = [];
    for (const term of [...keys, leaf]) checkBound(term, scope.bound);
    const from = (i: number): Step => {
      const key = keys[i];
      if (key !== undefined) {
        return generate(key, scope, linker, (value) => {
          exprs.push(value);
          return from(i + 1);
        });
      }
      return generate(leaf, scope, linker, (value) => (slots, machine) => {
        const item = value(slots, machine);
        if (item === undefined) return false;
        machine.tick(at);
        if (kind === 'set') {
          (slots[RESULT] as RegoSet).add(item);
          machine.tracer?.produce(name, at, item);
          return false;
        }
        const path: Value[] = [];
        for (const expr of exprs) {
          const part = expr(slots, machine);
          if (part === undefined) return false;
          path.push(part);
        }
        place(slots[RESULT] as Branch, path, item, clause.key !== undefined, at);
        return false;
      });
    };
    return from(0);
  });
  return (into, machine) => {
    const slots: Slots = new Array(frame.size);
    slots[RESULT] = into;
    const line = machine.tracer?.enterClause(name, at);
    search(slots, machine);
    if (line !== undefined) machine.tracer?.leaveClause(line, into.size > 0);
  };
}

/** A set that rules are still adding to, as no other value in an object may be. */
class OpenSet extends RegoSet {}

function place(into: Branch, path: readonly Value[], item: Value, isMember: boolean, at: Span): void {
  let level = into;
  for (const key of path.slice(0, -1)) {
    let next = level.get(key);
    if (next === undefined) {
      next = new Branch();
      level.set(key, next);
    }
    if (!(next instanceof Branch)) throw conflict(at);
    level = next;
  }
  const last = path.at(-1) as Value;
  const present = level.get(last);
  if (isMember) {
    if (present === undefined) level.set(last, new OpenSet([item]));
    else if (present instanceof OpenSet) present.add(item);
    else throw conflict(at);
  } else if (present === undefined) level.set(last, item);
  else if (present instanceof Branch || !equal(present, item)) throw conflict(at);
}
