import { Alias, fail, list, members, Name, NIL, Pair, type Value } from './data.ts';
import { equal } from './equal.ts';
import { type Identifier, isIdentifier, type Scope, sameMeaning } from './scope.ts';

/** `syntax-rules` (R7RS §4.3.2). */
export interface Macro {
  readonly scope: Scope;
  readonly ellipsis: Identifier;
  readonly literals: readonly Identifier[];
  readonly rules: readonly { readonly pattern: Value; readonly template: Value }[];
}

/** What a pattern variable stands for: a form, or under an ellipsis several. */
type Match = { readonly form: Value } | { readonly each: readonly Matches[] };
type Matches = Map<Identifier, Match>;

/** Forms one expansion may make, and all of a program's together. */
const MOST_FORMS = 100_000;
const MOST_MADE = 2_000_000;

export function syntaxRules(form: Value, scope: Scope): Macro {
  const parts = members(form);
  if (parts === undefined || parts.length < 2) return fail('syntax-rules: bad form', form);
  let [, second, ...rules] = parts;
  let ellipsis: Identifier = Name.of('...');
  if (isIdentifier(second)) {
    ellipsis = second;
    [second, ...rules] = rules;
  }
  const literals = second === undefined ? undefined : members(second);
  if (literals === undefined || !literals.every(isIdentifier))
    return fail('syntax-rules: literals are names', form);
  return {
    scope,
    ellipsis,
    literals,
    rules: rules.map((rule) => {
      const both = members(rule);
      if (both === undefined || both.length !== 2)
        return fail('syntax-rules: a rule is a pattern and a template', rule);
      const [pattern = NIL, template = NIL] = both;
      if (!(pattern instanceof Pair)) return fail('syntax-rules: a pattern is a list', rule);
      return { pattern: pattern.cdr, template };
    }),
  };
}

export function expand(macro: Macro, form: Value, scope: Scope): Value {
  const given = form instanceof Pair ? form.cdr : NIL;
  for (const { pattern, template } of macro.rules) {
    const matches: Matches = new Map();
    if (!matchForm({ macro, scope }, pattern, given, matches)) continue;
    const made = { count: 0, aliases: new Map<Identifier, Alias>(), macro };
    const filled = fill(made, template, matches);
    scope.globals.made += made.count;
    if (scope.globals.made > MOST_MADE) return fail('macros make too large a program', form);
    return filled;
  }
  return fail('no rule of the macro fits', form);
}

interface Matching {
  readonly macro: Macro;
  readonly scope: Scope;
}

function isEllipsis(macro: Macro, value: Value): boolean {
  // Among the literals it stands for itself.
  if (isIdentifier(value) && macro.literals.includes(value)) return false;
  if (value === macro.ellipsis) return true;
  // The usual ellipsis may reach a macro that a macro defines under another alias.
  return isIdentifier(value) && value instanceof Alias && strip(value) === strip(macro.ellipsis);
}

function strip(identifier: Identifier): Name {
  return identifier instanceof Alias ? strip(identifier.of) : identifier;
}

function matchForm(m: Matching, pattern: Value, form: Value, found: Matches): boolean {
  if (isIdentifier(pattern)) {
    if (m.macro.literals.includes(pattern))
      return isIdentifier(form) && sameMeaning(m.scope.look(form), m.macro.scope.look(pattern));
    if (strip(pattern).text !== '_') found.set(pattern, { form });
    return true;
  }
  if (pattern instanceof Pair) {
    const next = pattern.cdr;
    if (next instanceof Pair && isEllipsis(m.macro, next.car))
      return matchEach(m, pattern.car, next.cdr, form, found);
    return (
      form instanceof Pair &&
      matchForm(m, pattern.car, form.car, found) &&
      matchForm(m, next, form.cdr, found)
    );
  }
  if (pattern === NIL) return form === NIL;
  if (Array.isArray(pattern)) return Array.isArray(form) && matchForm(m, list(pattern), list(form), found);
  return equal(pattern, form);
}

function matchEach(m: Matching, pattern: Value, after: Value, form: Value, found: Matches): boolean {
  const forms: Value[] = [];
  let rest = form;
  while (rest instanceof Pair) {
    forms.push(rest.car);
    if (forms.length > MOST_FORMS) return false;
    rest = rest.cdr;
  }
  let needed = 0;
  for (let tail = after; tail instanceof Pair; tail = tail.cdr) needed += 1;
  const count = forms.length - needed;
  if (count < 0) return false;
  const each: Matches[] = [];
  for (const one of forms.slice(0, count)) {
    const matches: Matches = new Map();
    if (!matchForm(m, pattern, one, matches)) return false;
    each.push(matches);
  }
  for (const name of variables(m.macro, pattern)) found.set(name, { each });
  return matchForm(m, after, list(forms.slice(count), rest), found);
}

function variables(macro: Macro, pattern: Value): Identifier[] {
  if (isIdentifier(pattern)) {
    return isEllipsis(macro, pattern) || macro.literals.includes(pattern) || strip(pattern).text === '_'
      ? []
      : [pattern];
  }
  if (pattern instanceof Pair) return [...variables(macro, pattern.car), ...variables(macro, pattern.cdr)];
  return Array.isArray(pattern) ? pattern.flatMap((one) => variables(macro, one)) : [];
}

interface Making {
  count: number;
  readonly aliases: Map<Identifier, Alias>;
  readonly macro: Macro;
}

function fill(m: Making, template: Value, matches: Matches, escaped = false): Value {
  m.count += 1;
  if (m.count > MOST_FORMS) return fail('a macro makes too large a form');
  if (isIdentifier(template)) {
    const match = matches.get(template);
    if (match === undefined) return alias(m, template);
    if ('form' in match) return match.form;
    return fail('a pattern variable stands without its ellipsis', strip(template));
  }
  if (template instanceof Pair) {
    if (!escaped && isEllipsis(m.macro, template.car) && template.cdr instanceof Pair)
      return fill(m, template.cdr.car, matches, true);
    let depth = 0;
    let rest: Value = template.cdr;
    while (!escaped && rest instanceof Pair && isEllipsis(m.macro, rest.car)) {
      depth += 1;
      rest = rest.cdr;
    }
    const tail = fill(m, rest, matches, escaped);
    if (depth === 0) return new Pair(fill(m, template.car, matches, escaped), tail);
    return list(fillEach(m, template.car, matches, depth), tail);
  }
  if (Array.isArray(template)) return members(fill(m, list(template), matches, escaped)) ?? [];
  return template;
}

function fillEach(m: Making, template: Value, matches: Matches, depth: number): Value[] {
  const names = variables(m.macro, template).filter((name) => {
    const match = matches.get(name);
    return match !== undefined && 'each' in match;
  });
  const several = names
    .map((name) => matches.get(name))
    .filter((match) => match !== undefined && 'each' in match);
  const lengths = new Set(several.map((match) => ('each' in match ? match.each.length : 0)));
  if (lengths.size === 0) return fail('an ellipsis follows nothing that repeats');
  if (lengths.size > 1) return fail('pattern variables under one ellipsis repeat unequally often');
  const made: Value[] = [];
  for (let at = 0; at < ([...lengths][0] ?? 0); at++) {
    const inner: Matches = new Map(matches);
    for (const name of names) {
      const match = matches.get(name);
      const one = match !== undefined && 'each' in match ? match.each[at]?.get(name) : undefined;
      if (one !== undefined) inner.set(name, one);
    }
    if (depth > 1) made.push(...fillEach(m, template, inner, depth - 1));
    else made.push(fill(m, template, inner));
  }
  return made;
}

function alias(m: Making, identifier: Identifier): Alias {
  let made = m.aliases.get(identifier);
  if (made === undefined) {
    made = new Alias(identifier, m.macro.scope);
    m.aliases.set(identifier, made);
  }
  return made;
}
