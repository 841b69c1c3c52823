/** Rego as parsed. Positions are offsets into the file's text; {@link locate} makes lines and columns of them. */
import type { Value } from './values.ts';

export interface Span {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
}
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export type Term = { readonly at: Span } & TermShape;
export type TermShape =
  | { readonly kind: 'const'; readonly value: Value }
  | { readonly kind: 'var'; readonly name: string }
  | { readonly kind: 'ref'; readonly head: Term; readonly path: readonly Term[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Term[] }
  | { readonly kind: 'array' | 'set'; readonly items: readonly Term[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [Term, Term])[] }
  | { readonly kind: 'array-of' | 'set-of'; readonly head: Term; readonly body: Body }
  | { readonly kind: 'object-of'; readonly key: Term; readonly head: Term; readonly body: Body }
  /** `$"text {term}"`: strings, and array comprehensions of at most one value: what stands there, if defined. */
  | { readonly kind: 'template'; readonly parts: readonly (string | Term)[] };

export type Body = readonly Literal[];
export type Literal = { readonly at: Span; readonly with: readonly With[] } & LiteralShape;
export type LiteralShape =
  | { readonly kind: 'expr'; readonly term: Term }
  | { readonly kind: 'unify' | 'assign'; readonly left: Term; readonly right: Term }
  | { readonly kind: 'not'; readonly body: Literal }
  | { readonly kind: 'some'; readonly names: readonly string[] }
  | { readonly kind: 'some-in'; readonly key: Term | undefined; readonly value: Term; readonly domain: Term }
  | {
      readonly kind: 'every';
      readonly key: Term | undefined;
      readonly value: Term;
      readonly domain: Term;
      readonly body: Body;
    };
export interface With {
  readonly target: Term;
  readonly value: Term;
  readonly at: Span;
}

export interface Clause {
  readonly value: Term;
  readonly body: Body;
  readonly at: Span;
}

export interface Rule {
  readonly at: Span;
  readonly file: SourceFile;
  /** The head's reference after the package: `p`, `p.q`, `p[x].r`; the first a constant name. */
  readonly path: readonly Term[];
  readonly kind: 'value' | 'set' | 'function';
  /** What a `contains` rule adds. */
  readonly key: Term | undefined;
  readonly args: readonly Term[];
  readonly isDefault: boolean;
  /** The rule and its `else`s, tried in order. */
  readonly clauses: readonly [Clause, ...Clause[]];
}

export interface Import {
  readonly path: readonly string[];
  readonly alias: string;
  readonly at: Span;
}

export interface Module {
  readonly file: SourceFile;
  readonly package: readonly string[];
  readonly packageAt: Span;
  readonly imports: readonly Import[];
  readonly rules: readonly Rule[];
  /** The syntax it was read as. */
  readonly version: 'v0' | 'v1';
  /** Where comments start and end, in order. */
  readonly comments: readonly (readonly [start: number, end: number])[];
}

export interface Position {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

export function locate(span: Span): Position {
  const { text, path } = span.file;
  let line = 1;
  let lineStart = 0;
  for (let i = text.indexOf('\n'); i >= 0 && i < span.start; i = text.indexOf('\n', i + 1)) {
    line++;
    lineStart = i + 1;
  }
  return { path, line, column: span.start - lineStart + 1 };
}

/** As written, white space folded; at most `most` characters. */
export function sourceText(span: Span, most = 200): string {
  const text = span.file.text.slice(span.start, Math.min(span.end, span.start + most * 4));
  const folded = text.replace(/\s+/g, ' ').trim();
  return folded.length <= most ? folded : `${folded.slice(0, most - 1)}…`;
}

/** A fault in a policy: what was written is wrong, or evaluating it went wrong. Always says where. */
export class RegoError extends Error {
  override readonly name = 'RegoError';
  readonly code: string;
  readonly at: Span;
  /** The name the fault is about, where a nearby one may be meant. */
  readonly subject: string | undefined;

  constructor(code: string, message: string, at: Span, subject?: string) {
    super(message);
    this.code = code;
    this.at = at;
    this.subject = subject;
  }
}
