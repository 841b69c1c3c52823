/** Kinds of nodes of a Lisp tree. */
export const KIND = {
  list: 1,
  vector: 2,
  /** A byte vector or one of uniform numbers. */
  bytes: 3,
  symbol: 4,
  keyword: 5,
  number: 6,
  string: 7,
  character: 8,
  boolean: 9,
  /** `#!eof`, `#*0101`. */
  constant: 10,
  dot: 11,
  quote: 12,
  quasiquote: 13,
  unquote: 14,
  unquoteSplicing: 15,
  /** `#'x` of Common Lisp. */
  functionOf: 16,
  /** `#'x`, `` #`x `` and `#,x` of Scheme. */
  syntax: 17,
  /** `#;x`: the datum below it is not there. */
  datumComment: 18,
  /** `#+x y`, `#-x y`. */
  feature: 19,
  /** `#.x`. */
  readTime: 20,
  /** `#1=x`. */
  label: 21,
  /** `#1#`. */
  labelUse: 22,
  /** `#2A(…)`, `#c(…)`, `#s(…)`. */
  array: 23,
  pathname: 24,
  box: 25,
  unknown: 26,
  /** `name::(…)` of SBCL: the datum below it is read in that package. */
  package: 27,
} as const;

export type Kind = (typeof KIND)[keyof typeof KIND];

const NAMES: readonly string[] = ['', ...Object.keys(KIND)];

export function kindName(kind: number): string {
  return NAMES[kind] ?? '';
}

/** Data a prefix waits for, where that is not one. */
export const PREFIXED: Readonly<Record<number, number>> = { [KIND.feature]: 2 };

/** What opened it, by what closes it. */
export const CLOSERS: Readonly<Record<number, string>> = { 41: '(', 93: '[', 125: '{' };
