import type { Json } from '../../kernel/json.ts';
import { type Literal, RegoError, sourceText, type Term } from './ast.ts';
import { compileTerm, isKnown, searches } from './compile-terms.ts';
import type { Expr, Machine, Slots, Step } from './machine.ts';
import { Flow } from './safety.ts';
import type { Linker, Scope } from './scope.ts';
import { toJson } from './text.ts';
import type { Compared, LiteralRun } from './tracer.ts';
import { isArray, type Value } from './values.ts';

const MOST_OPERANDS = 6;
const MOST_TEXT = 200;

/** Compiles a literal so that its runs are recorded: whether it let anything through, and its operands if not. */
export function traceLiteral(
  literal: Literal,
  index: number,
  scope: Scope,
  linker: Linker,
  compile: (next: () => Step) => Step,
  k: () => Step,
): Step {
  const { at } = literal;
  const text = sourceText(at);
  const operands = operandsOf(literal, scope, linker);
  const sides = sidesOf(literal, scope, linker);
  const slot = scope.frame.temporary();
  const inner = compile(() => {
    const next = k();
    return (slots, machine) => {
      const run = slots[slot] as LiteralRun | undefined;
      if (run !== undefined) run.passed = true;
      return next(slots, machine);
    };
  });
  return (slots, machine) => {
    const { tracer } = machine;
    const outer = slots[slot];
    if (tracer === undefined) {
      // Within an operand that is only looked at: nothing is recorded, least of all under the run around it.
      slots[slot] = undefined;
      const stop = inner(slots, machine);
      slots[slot] = outer;
      return stop;
    }
    const run = tracer.enterLiteral(text, at);
    slots[slot] = run;
    const stop = inner(slots, machine);
    slots[slot] = outer;
    tracer.leaveLiteral(
      run,
      index,
      at,
      () => valuesOf(operands, slots, machine),
      () => comparedOf(sides, slots, machine),
    );
    return stop;
  };
}

const COMPARISONS = new Set(['equal', 'neq', 'lt', 'lte', 'gt', 'gte']);
type Sides = { readonly actual: Expr; readonly expected: Expr };

/** The sides of a comparison, where both have one value: what is constant is what was expected. */
function sidesOf(literal: Literal, scope: Scope, linker: Linker): Sides | undefined {
  let pair: readonly [Term, Term] | undefined;
  if (literal.kind === 'unify') pair = [literal.left, literal.right];
  else if (literal.kind === 'expr' && literal.term.kind === 'call' && COMPARISONS.has(literal.term.name)) {
    const [left, right] = literal.term.args;
    if (left !== undefined && right !== undefined) pair = [left, right];
  }
  if (pair === undefined || pair.some((term) => !isKnown(term, scope) || searches(term, scope, linker)))
    return undefined;
  const [actual, expected] = pair[0].kind === 'const' ? [pair[1], pair[0]] : pair;
  return {
    actual: sideOf(actual, literal, scope, linker),
    expected: sideOf(expected, literal, scope, linker),
  };
}

/** One side as the literal sees it: under `with` it is asked by a body of its own that has the same. */
function sideOf(side: Term, literal: Literal, scope: Scope, linker: Linker): Expr {
  if (literal.with.length === 0 || side.kind === 'const') return compileTerm(side, scope, linker);
  const { at } = side;
  const found: Term = { kind: 'var', name: 'side@', at };
  const body: Literal = { kind: 'assign', left: found, right: side, with: literal.with, at };
  const list = compileTerm({ kind: 'array-of', head: found, body: [body], at }, scope, linker);
  return (slots, machine) => {
    const values = list(slots, machine);
    return isArray(values) ? values[0] : undefined;
  };
}

function comparedOf(sides: Sides | undefined, slots: Slots, machine: Machine): Compared | undefined {
  if (sides === undefined) return undefined;
  const view = machineView(machine);
  return { actual: shown(sides.actual, slots, view), expected: shown(sides.expected, slots, view) };
}

type Operand = readonly [string, Expr];

/** Parts of a literal worth showing: what isn't constant and has one value before the literal runs. */
function operandsOf(literal: Literal, scope: Scope, linker: Linker): Operand[] {
  const terms: Term[] = [];
  const collect = (term: Term): void => {
    if (term.kind === 'call') for (const arg of term.args) collect(arg);
    else if (term.kind === 'ref' || term.kind === 'var') terms.push(term);
  };
  const inner = literal.kind === 'not' ? literal.body : literal;
  if (inner.kind === 'expr') collect(inner.term);
  else if (inner.kind === 'unify' || inner.kind === 'assign') {
    collect(inner.left);
    collect(inner.right);
  } else if (inner.kind === 'some-in' || inner.kind === 'every') collect(inner.domain);
  if (literal.with.length > 0 || inner.with.length > 0) return [];
  const operands: Operand[] = [];
  for (const whole of terms) {
    const term = knownPart(whole, scope, linker);
    if (term !== undefined && operands.length < MOST_OPERANDS) {
      operands.push([sourceText(term.at, 80), compileTerm(term, scope, linker)]);
    }
  }
  return operands;
}

/** The longest start of `term` that needs no search: of `input.list[_].name` it is `input.list`. */
function knownPart(term: Term, scope: Scope, linker: Linker): Term | undefined {
  const flow = new Flow(scope.bound, new Set());
  flow.value(term);
  if (flow.missing !== undefined) return undefined;
  if (!searches(term, scope, linker)) return term;
  if (term.kind !== 'ref') return undefined;
  const path = term.path.slice(0, -1);
  const last = path.at(-1);
  if (last === undefined) return undefined;
  const end = term.at.file.text[last.at.end] === ']' ? last.at.end + 1 : last.at.end;
  return knownPart({ ...term, path, at: { ...term.at, end } }, scope, linker);
}

function valuesOf(operands: readonly Operand[], slots: Slots, machine: Machine): Record<string, Json> {
  const values: Record<string, Json> = {};
  const view = machineView(machine);
  for (const [text, expr] of operands) {
    values[text] = shown(expr, slots, view);
  }
  return values;
}

/** An operand that can't be evaluated says so; it is no reason for another verdict. */
function shown(expr: Expr, slots: Slots, machine: Machine): Json {
  try {
    const value = expr(slots, machine);
    return value === undefined ? null : brief(value);
  } catch (error) {
    if (error instanceof RegoError) return `(${error.message})`;
    throw error;
  }
}

/** Looking at operands must not be recorded itself. */
function machineView(machine: Machine): Machine {
  return Object.create(machine, { tracer: { value: undefined } }) as Machine;
}

/** Values quoted in explanations are cut: an input may hold anything of any length. */
function brief(value: Value): Json {
  const json = toJson(value);
  const text = typeof json === 'string' ? json : JSON.stringify(json);
  if (text.length <= MOST_TEXT) return json;
  return `${text.slice(0, MOST_TEXT - 1)}…`;
}
