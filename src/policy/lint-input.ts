/** What a clause asks of `input` that can't be: comparisons with what it never is, arguments its command doesn't have. */
import { nearest } from '../kernel/text.ts';
import { type Aliases, aliasesOf, pathOf } from './input-paths.ts';
import { canBe, ITEM, impossible, kindsAt, shown, worded } from './input-shape.ts';
import { callFaults, type TakesOf } from './lint-calls.ts';
import { impossibleTarget, missingTarget, type TargetSchemas, targetsOf } from './lint-target.ts';
import { type Literal, locate, type Span, type Term } from './rego/ast.ts';
import type { ProgramGroup } from './rego/compile-rules.ts';
import { clauseLiterals, clauseTerms } from './rego/references.ts';
import type { ResolvedClause } from './rego/resolve.ts';
import { termText } from './rego/text.ts';
import { isArray, RegoSet, type Value } from './rego/values.ts';
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

const COMPARISONS = new Set(['equal', 'neq', 'lt', 'lte', 'gt', 'gte']);
/** `x in {…}` */
const MEMBER = 'internal.member_2';

interface Comparison {
  readonly path: readonly string[];
  readonly value: Value;
  readonly at: Span;
  /** The clause holds only where the two are the same. */
  readonly same: boolean;
}

/** A path of input beside a constant. */
function comparisonOf(literal: Literal, aliases: Aliases): Comparison | undefined {
  let sides: readonly Term[] = [];
  let same = true;
  if (literal.kind === 'unify') sides = [literal.left, literal.right];
  else if (literal.kind === 'expr' && literal.term.kind === 'call' && COMPARISONS.has(literal.term.name)) {
    sides = literal.term.args;
    same = literal.term.name === 'equal';
  }
  const constant = sides.find((term) => term.kind === 'const');
  const other = sides.find((term) => term.kind === 'ref' || term.kind === 'var');
  if (constant?.kind !== 'const' || other === undefined || literal.with.length > 0) return undefined;
  const path = pathOf(other, aliases);
  if (path === undefined) return undefined;
  return { path, value: constant.value, at: literal.at, same };
}

export function lintInput(
  group: ProgramGroup,
  commands: readonly CommandShape[],
  targets: TargetSchemas,
  more?: TakesOf,
): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const add = (severity: PolicyProblem['severity'], code: string, message: string, at: Span) => {
    problems.push({ severity, code, message, at: locate(at) });
  };
  for (const { clauses } of group.resolved) {
    for (const clause of clauses) {
      const aliases = aliasesOf(clause);
      const found = (literals: Iterable<Literal>): Comparison[] =>
        [...literals].flatMap((literal) => comparisonOf(literal, aliases) ?? []);
      const comparisons = found(clause.body);
      for (const { path, value, at } of found(clauseLiterals(clause))) {
        const kinds = kindsAt(path);
        if (kinds === undefined || canBe(kinds, value)) continue;
        const message = `${shown(path)} is ${worded(kinds)}, never ${termText(value).slice(0, 80)}`;
        add('error', 'rego_type_error', message, at);
      }
      checkTerms(clause, { aliases, more }, add);
      checkNames([...comparisons, ...membersOf(clause, aliases)], commands, add);
      checkArguments(clause, comparisons, commands, add);
      checkTarget(
        clause,
        { comparisons, members: membersOf(clause, aliases), aliases, commands, targets },
        add,
      );
    }
  }
  return problems;
}

type Add = (severity: PolicyProblem['severity'], code: string, message: string, at: Span) => void;

/** Paths that can't be there, said by way of a local name, and operands that calls don't take. */
function checkTerms(
  clause: ResolvedClause,
  { aliases, more }: { readonly aliases: Aliases; readonly more: TakesOf | undefined },
  add: Add,
): void {
  const seen = new Set<number>();
  for (const term of clauseTerms(clause)) {
    if (term.kind === 'call')
      for (const { message, term: at } of callFaults(term, aliases, more))
        add('error', 'rego_type_error', message, at.at);
    const path =
      term.kind === 'ref' && inputPath(term)?.length !== term.path.length ? pathOf(term, aliases) : undefined;
    const fault = path === undefined ? undefined : impossible(path);
    if (fault === undefined || seen.has(term.at.start)) continue;
    seen.add(term.at.start);
    add('error', 'rego_type_error', fault, term.at);
  }
}

/** `input.action in {"repo.push", "repo.tag"}`, each name by itself. */
function membersOf(clause: ResolvedClause, aliases: Aliases): Comparison[] {
  return clause.body.flatMap((literal): Comparison[] => {
    if (literal.kind !== 'expr' || literal.term.kind !== 'call' || literal.term.name !== MEMBER) return [];
    const [member, list] = literal.term.args;
    const path = member === undefined ? undefined : pathOf(member, aliases);
    if (path === undefined || list?.kind !== 'const') return [];
    const values =
      list.value instanceof RegoSet ? list.value.sorted() : isArray(list.value) ? list.value : [];
    return values.map((value) => ({ path, value, at: literal.at, same: false }));
  });
}

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
    const asked = name === 'action' ? actionsOfCommand(value, commands) : [];
    if (asked.length > 0) {
      add('warning', 'unknown_name', `${value} is no action: that asks as ${asked.join(', ')}`, at);
      continue;
    }
    const [near] = nearest(value, known[name], 1);
    // Without a near one it is likely somebody else's: a plugin's, or one a command narrows to.
    if (near !== undefined)
      add('warning', 'unknown_name', `no command asks as the ${name} ${value}; did you mean ${near}?`, at);
  }
}

/** What a command asks as, or the commands of its topic where no action begins as that does. */
function actionsOfCommand(name: string, commands: readonly CommandShape[]): string[] {
  const same = commands.filter(({ command }) => command === name);
  const [topic] = name.split('.');
  const own = commands.some((shape) => actionOf(shape).startsWith(`${topic}.`));
  const meant =
    same.length > 0 || own ? same : commands.filter(({ command }) => command.startsWith(`${topic}.`));
  return [...new Set(meant.map(actionOf))].slice(0, 4);
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

interface About {
  readonly comparisons: readonly Comparison[];
  /** Of sets and lists. */
  readonly members: readonly Comparison[];
  readonly aliases: Aliases;
  readonly commands: readonly CommandShape[];
  readonly targets: TargetSchemas;
}

/** Members of the target that none of the actions a clause is about gives, or that are never what they are compared to. */
function checkTarget(clause: ResolvedClause, about: About, add: Add): void {
  if (Object.keys(about.targets).length === 0) return;
  const actions = actionsMeant(about);
  const targets = targetsOf(about.targets, actions);
  if (targets === undefined) return;
  const seen = new Set<number>();
  for (const term of clauseTerms(clause)) {
    const [root, ...path] = (term.kind === 'ref' ? pathOf(term, about.aliases) : undefined) ?? [];
    if (root !== 'target' || path.length === 0 || path[0] === ITEM || seen.has(term.at.start)) continue;
    seen.add(term.at.start);
    const fault = missingTarget(targets, path, actions === undefined);
    if (fault !== undefined) add('error', 'rego_type_error', fault, term.at);
  }
  for (const { path, value, at } of about.comparisons) {
    const [root, ...rest] = path;
    const fault = root === 'target' && rest.length > 0 ? impossibleTarget(targets, rest, value) : undefined;
    if (fault !== undefined)
      add('error', 'rego_type_error', `${fault}, never ${termText(value).slice(0, 80)}`, at);
  }
}

/** The actions a clause says it is about; undefined where it says nothing. */
function actionsMeant({ comparisons, members, commands }: About): readonly string[] | undefined {
  const texts = (of: readonly Comparison[], name: string): string[] =>
    of.flatMap(({ path, value }) =>
      path.length === 1 && path[0] === name && typeof value === 'string' ? [value] : [],
    );
  const same = comparisons.filter((comparison) => comparison.same);
  const [action] = texts(same, 'action');
  if (action !== undefined) return [action];
  const listed = texts(members, 'action');
  if (listed.length > 0) return listed;
  const [command] = texts(same, 'command');
  const meant = command === undefined ? [] : commands.filter((shape) => shape.command === command);
  return meant.length === 0 ? undefined : meant.map(actionOf);
}

/** Why a reference can never be there, for the walk over all terms when a set is loaded. */
export function impossibleInput(term: Term): string | undefined {
  const path = inputPath(term);
  return path === undefined ? undefined : impossible(path);
}
