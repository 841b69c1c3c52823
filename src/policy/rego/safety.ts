/** Which variables a literal needs and which it binds; an order of literals in which every need is met. */
import { type Body, type Literal, RegoError, type Term } from './ast.ts';
import { isRoot, writtenName } from './resolve.ts';

/** Orders `body` so that each literal's variables are bound before it, keeping the author's order where it works. */
export function order(body: Body, bound: ReadonlySet<string>, outer: ReadonlySet<string>): Literal[] {
  const known = new Set(bound);
  const visible = new Set(outer);
  for (const literal of body) openVariables(literal, visible);
  const ordered: Literal[] = [];
  let waiting: readonly Literal[] = body;
  while (waiting.length > 0) {
    const stuck: Literal[] = [];
    let missing: Missing | undefined;
    for (const literal of waiting) {
      const flow = new Flow(known, visible);
      flow.literal(literal);
      if (flow.missing === undefined) {
        ordered.push(literal);
        for (const name of flow.outs) known.add(name);
      } else {
        stuck.push(literal);
        missing ??= flow.missing;
      }
    }
    if (missing !== undefined && stuck.length === waiting.length) throw unsafe(missing);
    waiting = stuck;
  }
  return ordered;
}

interface Missing {
  readonly name: string;
  readonly term: Term;
}

function unsafe({ name, term }: Missing): RegoError {
  return new RegoError(
    'rego_unsafe_var_error',
    `var ${writtenName(name)} is unsafe`,
    term.at,
    writtenName(name),
  );
}

/** @throws RegoError where `term`, a rule's head, needs what the body didn't bind. */
export function checkBound(term: Term, bound: ReadonlySet<string>): void {
  const flow = new Flow(bound, bound);
  flow.value(term);
  if (flow.missing !== undefined) throw unsafe(flow.missing);
}

/** An order of the parts of a rule is found within this, or the rule is refused: a policy is no puzzle. */
const MOST_EFFORT = 300_000;

type Known = Pick<ReadonlySet<string>, 'has'>;

export class Flow {
  /** Terms looked at for the rule being compiled. */
  static effort = 0;
  readonly outs = new Set<string>();
  missing: Missing | undefined;
  private readonly bound: Known;
  private readonly visible: ReadonlySet<string>;

  constructor(bound: Known, visible: ReadonlySet<string>) {
    this.bound = bound;
    this.visible = visible;
  }

  private has(name: string): boolean {
    return this.bound.has(name) || this.outs.has(name);
  }

  literal(literal: Literal): void {
    for (const item of literal.with) this.withValue(item.value);
    switch (literal.kind) {
      case 'expr':
        this.value(literal.term);
        return;
      case 'unify':
      case 'assign':
        this.unify([[literal.left, literal.right]]);
        return;
      case 'not':
        this.closed([literal.body], new Set(), true);
        return;
      case 'some-in':
        this.value(literal.domain);
        if (literal.key !== undefined) this.pattern(literal.key);
        this.pattern(literal.value);
        return;
      case 'every': {
        this.value(literal.domain);
        const own = new Set<string>();
        for (const term of [literal.key, literal.value]) if (term?.kind === 'var') own.add(term.name);
        this.closed(literal.body, own, false);
        return;
      }
    }
  }

  private withValue(term: Term): void {
    if (term.kind !== 'var' || term.name.includes('@') || term.name.startsWith('$')) this.value(term);
  }

  /** Greedily, as bodies are ordered: whichever side can be known first binds the other. */
  private unify(pairs: [Term, Term][]): void {
    let waiting = pairs;
    while (waiting.length > 0) {
      const stuck: [Term, Term][] = [];
      let missing: Missing | undefined;
      for (const [left, right] of waiting.flatMap(([a, b]) => split(a, b))) {
        const found = this.tryPair(left, right) ?? undefined;
        if (found === undefined) continue;
        missing ??= found;
        stuck.push([left, right]);
      }
      if (missing !== undefined && stuck.length >= waiting.flatMap(([a, b]) => split(a, b)).length) {
        this.missing ??= missing;
        return;
      }
      waiting = stuck;
    }
  }

  private tryPair(left: Term, right: Term): Missing | undefined {
    let missing: Missing | undefined;
    for (const [source, target] of [
      [right, left],
      [left, right],
    ] as const) {
      const flow = new Flow({ has: (name) => this.has(name) }, this.visible);
      flow.value(source);
      if (flow.missing === undefined) flow.pattern(target);
      if (flow.missing === undefined) {
        for (const name of flow.outs) this.outs.add(name);
        return undefined;
      }
      missing ??= flow.missing;
    }
    return missing;
  }

  value(term: Term): void {
    if (++Flow.effort > MOST_EFFORT) throw new RegoError('rego_compile_error', 'too intricate', term.at);
    switch (term.kind) {
      case 'var':
        if (!this.has(term.name) && !isRoot(term)) this.missing ??= { name: term.name, term };
        return;
      case 'ref':
        this.value(term.head);
        for (const part of term.path) this.pattern(part);
        return;
      case 'call':
        this.all(term.args);
        return;
      case 'array':
      case 'set':
        this.all(term.items);
        return;
      case 'object':
        this.all(term.entries.flat());
        return;
      case 'template':
        for (const part of term.parts) if (typeof part !== 'string') this.value(part);
        return;
      case 'array-of':
      case 'set-of':
      case 'object-of':
        this.closedTerm(term);
        return;
    }
  }

  /** Terms all of which have to be known, in any order: of `x == input.a[x]` the second binds what the first needs. */
  private all(terms: readonly Term[]): void {
    let waiting: { readonly term: Term; readonly missing: Missing | undefined }[] = terms.map((term) => ({
      term,
      missing: undefined,
    }));
    while (waiting.length > 0) {
      const stuck: typeof waiting = [];
      for (const { term, missing } of waiting) {
        // Only where what was missing has been bound since is it worth another look.
        if (missing !== undefined && !this.has(missing.name)) {
          stuck.push({ term, missing });
          continue;
        }
        const flow = new Flow({ has: (name) => this.has(name) }, this.visible);
        flow.value(term);
        if (flow.missing === undefined) for (const name of flow.outs) this.outs.add(name);
        else stuck.push({ term, missing: flow.missing });
      }
      if (!stuck.some(({ missing }) => missing !== undefined && this.has(missing.name))) {
        this.missing ??= stuck[0]?.missing;
        return;
      }
      waiting = stuck;
    }
  }

  /** A term met by a known value: free variables in it become bound. */
  pattern(term: Term): void {
    if (term.kind === 'var' && !isRoot(term)) this.outs.add(term.name);
    else if (term.kind === 'array') for (const item of term.items) this.pattern(item);
    else if (term.kind === 'object') {
      for (const [key, value] of term.entries) {
        this.value(key);
        this.pattern(value);
      }
    } else this.value(term);
  }

  private closedTerm(term: Term): void {
    const names = new Map<string, Term>();
    allVariables(term, names);
    this.requireVisible(names, new Set());
  }

  private closed(body: Body, own: ReadonlySet<string>, named: boolean): void {
    const names = new Map<string, Term>();
    for (const literal of body) literalVariables(literal, names, true);
    if (named) {
      // A named variable inside `not` has to come from outside; `_` means that nothing at all fits.
      const open = new Set<string>();
      for (const literal of body) openVariables(literal, open);
      for (const name of open) {
        const term = names.get(name);
        const declared = body[0]?.kind === 'some-in' || body[0]?.kind === 'assign';
        if (term !== undefined && !declared && !name.startsWith('$') && !this.has(name)) {
          this.missing ??= { name, term };
        }
      }
    }
    this.requireVisible(names, own);
  }

  private requireVisible(names: ReadonlyMap<string, Term>, own: ReadonlySet<string>): void {
    for (const [name, term] of names) {
      if (own.has(name) || this.has(name) || !this.visible.has(name) || name.startsWith('$')) continue;
      this.missing ??= { name, term };
    }
  }
}

/** Unifying two composites of one kind is unifying what is in them. */
export function split(left: Term, right: Term): [Term, Term][] {
  if (left.kind === 'array' && right.kind === 'array' && left.items.length === right.items.length) {
    return left.items.flatMap((item, i) => split(item, right.items[i] as Term));
  }
  if (left.kind === 'object' && right.kind === 'object' && left.entries.length === right.entries.length) {
    const byKey = new Map(
      right.entries.map(([key, value]) => [key.kind === 'const' ? key.value : key, value]),
    );
    const pairs = left.entries.map(
      ([key, value]) => [value, byKey.get(key.kind === 'const' ? key.value : key)] as const,
    );
    if (pairs.every(([, other]) => other !== undefined))
      return pairs.flatMap(([a, b]) => split(a, b as Term));
  }
  return [[left, right]];
}

/** Variables of a literal outside comprehensions and other closures. */
export function openVariables(literal: Literal, into: Set<string>): void {
  const names = new Map<string, Term>();
  literalVariables(literal, names, false);
  for (const name of names.keys()) into.add(name);
}

function literalVariables(literal: Literal, into: Map<string, Term>, closures: boolean): void {
  const visit = (term: Term | undefined) => term !== undefined && variables(term, into, closures);
  for (const item of literal.with) visit(item.value);
  if (literal.kind === 'expr') visit(literal.term);
  else if (literal.kind === 'unify' || literal.kind === 'assign') {
    visit(literal.left);
    visit(literal.right);
  } else if (literal.kind === 'not') literalVariables(literal.body, into, closures);
  else if (literal.kind === 'some-in' || literal.kind === 'every') {
    visit(literal.domain);
    if (literal.kind === 'some-in' || closures) {
      visit(literal.key);
      visit(literal.value);
    }
    if (literal.kind === 'every' && closures)
      for (const inner of literal.body) literalVariables(inner, into, true);
  }
}

function allVariables(term: Term, into: Map<string, Term>): void {
  variables(term, into, true);
}

function variables(term: Term, into: Map<string, Term>, closures: boolean): void {
  switch (term.kind) {
    case 'var':
      if (!isRoot(term) && !into.has(term.name)) into.set(term.name, term);
      return;
    case 'ref':
      for (const part of [term.head, ...term.path]) variables(part, into, closures);
      return;
    case 'call':
      for (const arg of term.args) variables(arg, into, closures);
      return;
    case 'array':
    case 'set':
      for (const item of term.items) variables(item, into, closures);
      return;
    case 'object':
      for (const pair of term.entries) for (const part of pair) variables(part, into, closures);
      return;
    case 'template':
      for (const part of term.parts) if (typeof part !== 'string') variables(part, into, closures);
      return;
    case 'array-of':
    case 'set-of':
    case 'object-of':
      if (!closures) return;
      for (const literal of term.body) literalVariables(literal, into, true);
      variables(term.head, into, true);
      if (term.kind === 'object-of') variables(term.key, into, true);
  }
}
