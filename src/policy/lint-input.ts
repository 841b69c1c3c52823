/** What a clause asks of `input` that can't be: comparisons with what it never is, arguments its command doesn't have. */
import { nearest } from '../kernel/text.ts';
import { canBe, impossible, kindsAt, worded } from './input-shape.ts';
import { type Literal, locate, type Span, type Term } from './rego/ast.ts';
import type { ProgramGroup } from './rego/compile-rules.ts';
import { clauseTerms } from './rego/references.ts';
import type { ResolvedClause } from './rego/resolve.ts';
import { termText } from './rego/text.ts';
import type { Value } from './rego/values.ts';
import type { PolicyProblem } from './types.ts';

/** A command as policies see it. */
export interface CommandShape {
  /** Dotted: `branch.new`. */
  readonly command: string;
  /** Policy action; undefined for a query, which asks as `read.<command>`. */
  readonly action: string | undefined;
  /** Arguments and flags by name. `text` may be a number too, where the flag takes one. */
  readonly args: Readonly<Record<string, 'boolean' | 'text' | 'list'>>;
}

/** `input.a.b` as names, as far as they are constant; undefined where the reference isn't one from input. */
export function inputPath(term: Term): string[] | undefined {
  if (term.kind !== 'ref' || term.head.kind !== 'var' || term.head.name !== 'input') return undefined;
  const path: string[] = [];
  for (const part of term.path) {
    if (part.kind !== 'const' || typeof part.value !== 'string') break;
    path.push(part.value);
  }
  return path;
}

const EQUALITY = new Set(['equal', 'neq']);

interface Comparison {
  readonly path: readonly string[];
  readonly value: Value;
  readonly at: Span;
  /** The clause holds only where the two are the same. */
  readonly same: boolean;
}

/** A path of input beside a constant. */
function comparisonOf(literal: Literal): Comparison | undefined {
  let sides: readonly Term[] = [];
  let same = true;
  if (literal.kind === 'unify') sides = [literal.left, literal.right];
  else if (literal.kind === 'expr' && literal.term.kind === 'call' && EQUALITY.has(literal.term.name)) {
    sides = literal.term.args;
    same = literal.term.name === 'equal';
  }
  const constant = sides.find((term) => term.kind === 'const');
  const other = sides.find((term) => term.kind === 'ref');
  if (constant?.kind !== 'const' || other?.kind !== 'ref' || literal.with.length > 0) return undefined;
  const path = inputPath(other);
  if (path === undefined || path.length !== other.path.length) return undefined;
  return { path, value: constant.value, at: literal.at, same };
}

export function lintInput(group: ProgramGroup, commands: readonly CommandShape[]): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const add = (severity: PolicyProblem['severity'], code: string, message: string, at: Span) => {
    problems.push({ severity, code, message, at: locate(at) });
  };
  for (const { clauses } of group.resolved) {
    for (const clause of clauses) {
      const comparisons = clause.body.map(comparisonOf).filter((found) => found !== undefined);
      for (const { path, value, at } of comparisons) {
        const kinds = kindsAt(path);
        if (kinds === undefined || canBe(kinds, value)) continue;
        const message = `input.${path.join('.')} is ${worded(kinds)}, never ${termText(value).slice(0, 80)}`;
        add('error', 'rego_type_error', message, at);
      }
      checkNames(comparisons, commands, add);
      checkArguments(clause, comparisons, commands, add);
    }
  }
  return problems;
}

type Add = (severity: PolicyProblem['severity'], code: string, message: string, at: Span) => void;

/** An action or command that nothing here asks as: a plugin's, or misspelt. */
function checkNames(comparisons: readonly Comparison[], commands: readonly CommandShape[], add: Add): void {
  if (commands.length === 0) return;
  const known = {
    action: new Set(commands.map(actionOf)),
    command: new Set(commands.map(({ command }) => command)),
  };
  for (const { path, value, at } of comparisons) {
    const [name] = path;
    if (path.length !== 1 || (name !== 'action' && name !== 'command') || typeof value !== 'string') continue;
    if (known[name].has(value)) continue;
    const [near] = nearest(value, known[name], 1);
    // Without a near one it is likely somebody else's: a plugin's, or one a command narrows to.
    if (near !== undefined)
      add('warning', 'unknown_name', `no command asks as the ${name} ${value}; did you mean ${near}?`, at);
  }
}

function actionOf({ action, command }: CommandShape): string {
  return action ?? `read.${command}`;
}

/** Arguments of the commands a clause is about, which it says by comparing action or command. */
function checkArguments(
  clause: ResolvedClause,
  comparisons: readonly Comparison[],
  commands: readonly CommandShape[],
  add: Add,
): void {
  let about = commands;
  for (const { path, value, same } of comparisons) {
    if (!same || path.length !== 1) continue;
    if (path[0] === 'command') about = about.filter(({ command }) => command === value);
    if (path[0] === 'action') about = about.filter((shape) => actionOf(shape) === value);
  }
  if (about.length === commands.length || about.length === 0) return;
  const [first] = about as [CommandShape];
  const what = about.length === 1 ? first.command.replaceAll('.', ' ') : actionOf(first);
  const names = new Set(about.flatMap(({ args }) => Object.keys(args)));
  for (const term of clauseTerms(clause)) {
    const [root, name] = inputPath(term) ?? [];
    if (root !== 'args' || name === undefined || name === 'rest' || names.has(name)) continue;
    const [near] = nearest(name, names, 1);
    const hint = near === undefined ? '' : `; did you mean input.args.${near}?`;
    add('error', 'rego_type_error', `${what} has no argument or flag ${name}${hint}`, term.at);
  }
  for (const { path, value, at } of comparisons) {
    const [root, name] = path;
    if (root !== 'args' || name === undefined || path.length !== 2 || typeof value === 'boolean') continue;
    const kinds = about.map(({ args }) => (Object.hasOwn(args, name) ? args[name] : undefined));
    if (kinds.every((kind) => kind === 'boolean'))
      add(
        'error',
        'rego_type_error',
        `--${name} of ${what} is true or false, never ${termText(value).slice(0, 80)}`,
        at,
      );
  }
}

/** Why a reference can never be there, for the walk over all terms when a set is loaded. */
export function impossibleInput(term: Term): string | undefined {
  const path = inputPath(term);
  return path === undefined ? undefined : impossible(path);
}
