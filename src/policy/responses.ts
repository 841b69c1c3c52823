import { type Clause, locate, type Rule, type Span, type Term } from './rego/ast.ts';
import { isArray, isObject, objectEntries, RegoSet, type Value } from './rego/values.ts';
import { behind } from './set.ts';
import type { PolicyProblem, PolicySet } from './types.ts';

/** What a denial may say beside its text. */
const MEMBERS: ReadonlySet<string> = new Set(['msg', 'approval', 'needs', 'of', 'own']);
const SHAPE =
  'a denial is text, or {"msg": text, "approval": true or false}, with "needs", "of" and "own" where an approval lifts it';

/**
 * Denials whose shape the gate can't tell people: of a number or list it can only print the source form, and a
 * misspelt `approval` lifts nothing. What a variable or call will be is followed as far as the clause says it.
 */
export function lintResponses(set: PolicySet): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  for (const module of behind(set).modules) {
    for (const rule of module.rules) {
      const [name] = rule.path;
      if (name?.kind !== 'const' || name.value !== 'deny' || rule.kind === 'function') continue;
      for (const clause of rule.clauses) checkClause(rule, clause, problems);
    }
  }
  return problems;
}

function checkClause(rule: Rule, clause: Clause, problems: PolicyProblem[]): void {
  if (rule.kind === 'set' && rule.key !== undefined) checkItem(rule.key, clause, problems);
  else if (rule.kind === 'value' && rule.path.length === 1 && !rule.isDefault) checkWhole(clause, problems);
}

/** `deny := {…}` or `deny if …`: the collection itself, or a bare true. */
function checkWhole(clause: Clause, problems: PolicyProblem[]): void {
  const { value } = clause;
  if (value.kind === 'const' && value.value instanceof RegoSet) {
    const bad = (what: string): void => add(problems, 'error', 'deny_shape', `${what}; ${SHAPE}`, value.at);
    for (const item of value.value.sorted()) checkConstant(item, bad);
  } else if (value.kind === 'set') for (const item of value.items) checkItem(item, clause, problems);
  else if (value.kind === 'set-of') checkItem(value.head, { ...clause, body: value.body }, problems);
  else if (value.kind === 'const' && value.value === true) {
    add(problems, 'warning', 'deny_without_message', `this denies and does not say why; ${SHAPE}`, clause.at);
  }
}

function checkItem(item: Term, clause: Clause, problems: PolicyProblem[], depth = 0): void {
  const bad = (what: string, at: Span = item.at): void =>
    add(problems, 'error', 'deny_shape', `${what}; ${SHAPE}`, at);
  if (item.kind === 'const') checkConstant(item.value, bad);
  if (item.kind === 'array' || item.kind === 'array-of') bad('a denial is a list here');
  if (item.kind === 'set' || item.kind === 'set-of') bad('a denial is a set here');
  if (item.kind === 'object') {
    const members = new Map<string, Term>();
    for (const [key, value] of item.entries) {
      if (key.kind === 'const' && typeof key.value === 'string') members.set(key.value, value);
      else return; // which member it is, is known only when it runs
    }
    checkMembers(members, clause, bad, depth);
  }
  const known = item.kind === 'var' && depth < 8 ? assigned(item.name, clause) : undefined;
  if (known !== undefined) checkItem(known, clause, problems, depth + 1);
}

type Bad = (what: string, at?: Span) => void;

function checkMembers(members: ReadonlyMap<string, Term>, clause: Clause, bad: Bad, depth: number): void {
  const msg = members.get('msg');
  if (msg === undefined) bad('a denial has no msg');
  else if (!canBeText(msg, clause, depth)) bad('msg is no text', msg.at);
  for (const [name, value] of members) {
    if (!MEMBERS.has(name)) bad(`nothing reads the member ${name}`, value.at);
    else if (value.kind === 'const') checkMember(name, value.value, (what) => bad(what, value.at));
    else if (name === 'of' && (value.kind === 'array' || value.kind === 'set')) {
      for (const item of value.items)
        if (item.kind === 'const' && typeof item.value !== 'string')
          bad('of names somebody not by text', item.at);
    }
  }
}

/** What an approval can't be measured by would lift nothing, and nobody would be told. */
function checkMember(name: string, value: Value, bad: (what: string) => void): void {
  if (name === 'approval' && typeof value !== 'boolean') bad('approval is neither true nor false');
  if (name === 'own' && typeof value !== 'boolean') bad('own is neither true nor false');
  if (name === 'needs' && !(typeof value === 'number' && Number.isInteger(value) && value >= 1))
    bad('needs is not a number of people, 1 or more');
  if (name === 'of') {
    const names = value instanceof RegoSet ? value.sorted() : value;
    if (!isArray(names) || !names.every((item) => typeof item === 'string'))
      bad('of is no list of principals or keys');
  }
}

function checkConstant(value: Value, bad: Bad): void {
  if (typeof value === 'string') {
    if (value.trim() === '') bad('a denial is empty');
    return;
  }
  if (!isObject(value)) {
    bad('a denial is no text');
    return;
  }
  const members = new Map(objectEntries(value));
  if (typeof members.get('msg') !== 'string') bad('a denial has no msg that is text');
  for (const [name, member] of members) {
    if (typeof name !== 'string' || !MEMBERS.has(name)) bad(`nothing reads the member ${String(name)}`);
    else checkMember(name, member, bad);
  }
}

function canBeText(term: Term, clause: Clause, depth: number): boolean {
  if (term.kind === 'const') return typeof term.value === 'string';
  if (term.kind === 'var' && depth < 8) {
    const known = assigned(term.name, clause);
    return known === undefined || canBeText(known, clause, depth + 1);
  }
  return term.kind === 'ref' || term.kind === 'call' || term.kind === 'template' || term.kind === 'var';
}

function assigned(name: string, clause: Clause): Term | undefined {
  for (const literal of clause.body) {
    if (literal.kind !== 'assign' && literal.kind !== 'unify') continue;
    if (literal.left.kind === 'var' && literal.left.name === name) return literal.right;
    if (literal.kind === 'unify' && literal.right.kind === 'var' && literal.right.name === name)
      return literal.left;
  }
  return undefined;
}

function add(
  problems: PolicyProblem[],
  severity: PolicyProblem['severity'],
  code: string,
  message: string,
  at: Span,
): void {
  problems.push({ severity, code, message, at: locate(at) });
}
