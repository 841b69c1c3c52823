/** Which path of `input` a term is, through the names a clause gives to parts of it. */
import { ITEM } from './input-shape.ts';
import type { Term } from './rego/ast.ts';
import { clauseLiterals } from './rego/references.ts';
import type { ResolvedClause } from './rego/resolve.ts';

export type Path = readonly string[];

/** `r := input.repo`, `some f in input.freeze`: what local names stand for. */
export type Aliases = ReadonlyMap<string, Path>;

export function aliasesOf(clause: ResolvedClause): Aliases {
  const aliases = new Map<string, Path>();
  const name = (local: Term, from: Term, item: Path): void => {
    const path = local.kind === 'var' ? pathOf(from, aliases) : undefined;
    if (local.kind === 'var' && path !== undefined) aliases.set(local.name, [...path, ...item]);
  };
  for (const literal of clauseLiterals(clause)) {
    if (literal.with.length > 0) continue;
    if (literal.kind === 'assign') name(literal.left, literal.right, []);
    if (literal.kind === 'some-in' || literal.kind === 'every') name(literal.value, literal.domain, [ITEM]);
  }
  return aliases;
}

/** The whole of it; undefined where a part isn't known or it leads elsewhere. */
export function pathOf(term: Term, aliases: Aliases): Path | undefined {
  if (term.kind === 'var') return term.name === 'input' ? [] : aliases.get(term.name);
  if (term.kind !== 'ref') return undefined;
  const base = pathOf(term.head, aliases);
  if (base === undefined) return undefined;
  const path = [...base];
  for (const part of term.path) {
    if (part.kind === 'const' && typeof part.value === 'string') path.push(part.value);
    else path.push(ITEM);
  }
  return path;
}
