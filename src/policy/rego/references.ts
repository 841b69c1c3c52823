/** Walks over resolved rules, for checks that look at every term. */
import { isJsonObject, type JsonObject } from '../../kernel/json.ts';
import { nearest } from '../../kernel/text.ts';
import type { PolicyProblem } from '../types.ts';
import { type Body, type Literal, locate, type Term } from './ast.ts';
import type { ProgramGroup } from './compile-rules.ts';
import type { Program } from './program.ts';
import type { ResolvedClause } from './resolve.ts';
import type { TreeNode } from './tree.ts';

export function* everyTerm({ resolved }: ProgramGroup): Generator<Term> {
  for (const { clauses } of resolved) for (const clause of clauses) yield* clauseTerms(clause);
}

export function* clauseTerms(clause: ResolvedClause): Generator<Term> {
  for (const term of [...clause.path, ...clause.args, clause.value]) yield* within(term);
  if (clause.key !== undefined) yield* within(clause.key);
  yield* inBody(clause.body);
}

/** Every literal of a clause, those of comprehensions and `every` too. */
export function* clauseLiterals(clause: ResolvedClause): Generator<Literal> {
  yield* literalsOf(clause.body);
  for (const term of clauseTerms(clause))
    if (term.kind === 'array-of' || term.kind === 'set-of' || term.kind === 'object-of')
      yield* literalsOf(term.body);
}

function* literalsOf(body: Body): Generator<Literal> {
  for (const literal of body) {
    yield literal;
    if (literal.kind === 'not') yield* literalsOf([literal.body]);
    if (literal.kind === 'every') yield* literalsOf(literal.body);
  }
}

function* inBody(body: Body): Generator<Term> {
  for (const literal of body) yield* inLiteral(literal);
}

function* inLiteral(literal: Literal): Generator<Term> {
  for (const item of literal.with) yield* within(item.value);
  switch (literal.kind) {
    case 'expr':
      yield* within(literal.term);
      break;
    case 'unify':
    case 'assign':
      yield* within(literal.left);
      yield* within(literal.right);
      break;
    case 'not':
      yield* inLiteral(literal.body);
      break;
    case 'some-in':
    case 'every':
      for (const term of [literal.key, literal.value, literal.domain])
        if (term !== undefined) yield* within(term);
      if (literal.kind === 'every') yield* inBody(literal.body);
  }
}

function* within(term: Term): Generator<Term> {
  yield term;
  switch (term.kind) {
    case 'ref':
      for (const part of [term.head, ...term.path]) yield* within(part);
      break;
    case 'call':
      for (const arg of term.args) yield* within(arg);
      break;
    case 'array':
    case 'set':
      for (const item of term.items) yield* within(item);
      break;
    case 'object':
      for (const pair of term.entries) for (const part of pair) yield* within(part);
      break;
    case 'template':
      for (const part of term.parts) if (typeof part !== 'string') yield* within(part);
      break;
    case 'array-of':
    case 'set-of':
    case 'object-of':
      yield* inBody(term.body);
      if (term.kind === 'object-of') yield* within(term.key);
      yield* within(term.head);
  }
}

/**
 * References that lead nowhere whatever is asked: into a package that has rules, to a name it hasn't, and what
 * `impossible` says of one. Each would be undefined, and a denial that waits for it would never come.
 */
export function undefinedReferences(
  program: Program,
  data: JsonObject,
  impossible: (term: Term) => string | undefined,
): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const seen = new Set<number>();
  for (const group of program.groups) {
    for (const term of everyTerm(group)) {
      if (term.kind !== 'ref' || term.head.kind !== 'var') continue;
      const why = term.head.name === 'input' ? impossible(term) : undefined;
      if (why !== undefined && !seen.has(term.at.start)) {
        seen.add(term.at.start);
        problems.push({ severity: 'error', code: 'rego_type_error', message: why, at: locate(term.at) });
      }
      if (term.head.name !== 'data') continue;
      const missing = undefinedName(term, program, data);
      if (missing === undefined || seen.has(term.at.start)) continue;
      seen.add(term.at.start);
      problems.push(missing);
    }
  }
  return problems;
}

/** Of the terms of a query, the first that leads nowhere. */
export function undefinedInQuery(body: Body, program: Program, data: JsonObject): PolicyProblem | undefined {
  for (const term of inBody(body)) {
    if (term.kind !== 'ref' || term.head.kind !== 'var' || term.head.name !== 'data') continue;
    const missing = undefinedName(term, program, data);
    if (missing !== undefined) return missing;
  }
  return undefined;
}

function undefinedName(
  term: Term & { readonly kind: 'ref' },
  program: Program,
  data: JsonObject,
): PolicyProblem | undefined {
  const missing = missingName(term.path, program.root, data);
  if (missing === undefined) return undefined;
  const [near] = nearest(missing.name, missing.node.children.keys(), 1);
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  const message = `data.${[...missing.node.path, missing.name].join('.')} is nowhere defined${hint}`;
  return { severity: 'error', code: 'undefined_reference', message, at: locate(term.at) };
}

function missingName(
  path: readonly Term[],
  root: TreeNode,
  data: JsonObject,
): { name: string; node: TreeNode } | undefined {
  let node = root;
  let base: unknown = data;
  for (const part of path) {
    if (part.kind !== 'const' || typeof part.value !== 'string' || node.group !== undefined) return undefined;
    base = isJsonObject(base) ? base[part.value] : undefined;
    const child = node.children.get(part.value);
    if (child === undefined) {
      return base === undefined && node !== root ? { name: part.value, node } : undefined;
    }
    node = child;
  }
  return undefined;
}
