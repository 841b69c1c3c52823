import { BitError } from './errors.ts';

/** Alternatives that braces may come to; more is a mistake or an attack. */
const MOST_ALTERNATIVES = 256;
const LONGEST = 1024;

export interface GlobOptions {
  /** A pattern that names a folder holds for everything below it, as in a `.gitignore`. */
  readonly below?: boolean;
}

/**
 * A matcher of relative paths with `/`: `*` and `?` within a name, `**` for any number of folders, `[a-z]`, `{a,b}`.
 * Names that begin with a dot are names like others. Time is bounded by the product of the two lengths.
 *
 * @throws BitError `usage` for a pattern too long, or whose braces come to too many
 */
export function compileGlob(pattern: string, options: GlobOptions = {}): (path: string) => boolean {
  if (pattern.length > LONGEST) throw new BitError('usage', `a pattern is longer than ${LONGEST} characters`);
  const alternatives = expandBraces(pattern).map((one) =>
    one
      .split('/')
      .filter((segment) => segment !== '' && segment !== '.')
      .map(compileSegment),
  );
  return (path) => {
    const names = path.split('/');
    return alternatives.some((segments) => matchSegments(segments, names, options.below === true));
  };
}

/** Several patterns in order; one with a leading `!` takes out what those before it took in. */
export function globSet(patterns: readonly string[], options: GlobOptions = {}): (path: string) => boolean {
  const rules = patterns.map((pattern) => {
    const out = pattern.startsWith('!');
    return { out, matches: compileGlob(out ? pattern.slice(1) : pattern, options) };
  });
  return (path) => {
    let taken = false;
    for (const { out, matches } of rules) if (taken === out && matches(path)) taken = !out;
    return taken;
  };
}

/** The folder below which everything a pattern can match lies; empty for the root. */
export function globBase(pattern: string): string {
  const names = pattern.split('/').filter((name) => name !== '' && name !== '.');
  const at = names.findIndex((name) => /[*?[{]/.test(name));
  return (at < 0 ? names : names.slice(0, at)).join('/');
}

type Token = { readonly any: true } | { readonly test: (character: string) => boolean };
type Segment = '**' | { readonly name: string } | readonly Token[];

function compileSegment(segment: string): Segment {
  if (segment === '**') return '**';
  if (!/[*?[\\]/.test(segment)) return { name: segment };
  const tokens: Token[] = [];
  const characters = [...segment];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    if (character === '*') {
      if (!isAny(tokens.at(-1))) tokens.push({ any: true });
    } else if (character === '?') tokens.push({ test: () => true });
    else if (character === '[') {
      const end = characters.indexOf(']', at + 2);
      if (end < 0) tokens.push(literal('['));
      else {
        tokens.push({ test: classOf(characters.slice(at + 1, end)) });
        at = end;
      }
    } else if (character === '\\' && at + 1 < characters.length) tokens.push(literal(characters[++at] ?? ''));
    else tokens.push(literal(character));
  }
  return tokens;
}

function literal(wanted: string): Token {
  return { test: (character) => character === wanted };
}

function isAny(token: Token | undefined): boolean {
  return token !== undefined && 'any' in token;
}

function classOf(inside: readonly string[]): (character: string) => boolean {
  const negated = inside[0] === '!' || inside[0] === '^';
  const items = negated ? inside.slice(1) : inside;
  const ranges: [string, string][] = [];
  for (let at = 0; at < items.length; at++) {
    const from = items[at] ?? '';
    const range = items[at + 1] === '-' && at + 2 < items.length;
    ranges.push([from, range ? (items[at + 2] ?? '') : from]);
    if (range) at += 2;
  }
  return (character) => ranges.some(([from, to]) => character >= from && character <= to) !== negated;
}

function matchSegment(segment: { readonly name: string } | readonly Token[], name: string): boolean {
  return 'name' in segment ? segment.name === name : matchName(segment, name);
}

/** The greedy walk with one step back: of two stars only the later ever needs to be tried again. */
function matchName(tokens: readonly Token[], name: string): boolean {
  const characters = [...name];
  let token = 0;
  let star = -1;
  let held = 0;
  let at = 0;
  while (at < characters.length) {
    const now = tokens[token];
    if (now !== undefined && 'any' in now) {
      star = token++;
      held = at;
    } else if (now?.test(characters[at] ?? '') === true) {
      token++;
      at++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++held;
    } else return false;
  }
  while (isAny(tokens[token])) token++;
  return token === tokens.length;
}

function matchSegments(segments: readonly Segment[], names: readonly string[], below: boolean): boolean {
  let segment = 0;
  let star = -1;
  let held = 0;
  let at = 0;
  while (at < names.length) {
    const now = segments[segment];
    if (now === '**') {
      star = segment++;
      held = at;
    } else if (now !== undefined && matchSegment(now, names[at] ?? '')) {
      segment++;
      at++;
    } else if (now === undefined && below && segments.length > 0) return true;
    else if (star >= 0) {
      segment = star + 1;
      at = ++held;
    } else return false;
  }
  // `a/**` is everything below `a`, and not `a` itself
  if (segments[segment] === '**' && segment > 0 && segment === segments.length - 1) return false;
  while (segments[segment] === '**') segment++;
  return segment === segments.length;
}

/** `a{b,c}d` as `abd`, `acd`; braces inside braces too. A brace that has no end or no comma stands for itself. */
function expandBraces(pattern: string): string[] {
  const done: string[] = [];
  const open = [pattern];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const parts = firstBraces(next);
    if (parts === undefined) done.push(next);
    else for (const inner of parts.inner) open.push(parts.before + inner + parts.after);
    if (done.length + open.length > MOST_ALTERNATIVES)
      throw new BitError('usage', `the braces of a pattern come to more than ${MOST_ALTERNATIVES} patterns`);
  }
  return done;
}

function firstBraces(text: string): { before: string; inner: string[]; after: string } | undefined {
  for (let start = text.indexOf('{'); start >= 0; start = text.indexOf('{', start + 1)) {
    let depth = 0;
    let from = start + 1;
    const inner: string[] = [];
    for (let at = start; at < text.length; at++) {
      const character = text[at];
      if (character === '{') depth++;
      else if (character === ',' && depth === 1) {
        inner.push(text.slice(from, at));
        from = at + 1;
      } else if (character === '}' && --depth === 0) {
        inner.push(text.slice(from, at));
        if (inner.length < 2) break;
        return { before: text.slice(0, start), inner, after: text.slice(at + 1) };
      }
    }
  }
  return undefined;
}
