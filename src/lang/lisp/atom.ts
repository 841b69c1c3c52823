import { KIND, type Kind } from './kinds.ts';

/** Longer ones are read as symbols: nobody writes such a number, and none is to cost more than its length. */
const LONGEST_NUMBER = 100_000;

const SCHEME_NUMBER = number('');
const SCHEME_RADIX: Readonly<Record<string, RegExp>> = {
  x: radix('0-9a-fA-F'),
  b: radix('01'),
  o: radix('0-7'),
  d: number('(?:#[eidEID]){0,2}'),
};
const COMMON_LISP_NUMBER =
  /^[+-]?(?:\d+\.?|\d+\/\d+|\d*\.\d+(?:[esfdlESFDL][+-]?\d+)?|\d+(?:\.\d*)?[esfdlESFDL][+-]?\d+)$/;
const COMMON_LISP_RADIX: Readonly<Record<string, RegExp>> = {
  x: /^#[xX][+-]?[0-9a-fA-F]+(?:\/[0-9a-fA-F]+)?$/,
  b: /^#[bB][+-]?[01]+(?:\/[01]+)?$/,
  o: /^#[oO][+-]?[0-7]+(?:\/[0-7]+)?$/,
};

/** Whether an atom is a number, a keyword or a symbol. Numbers as in R7RS §7.1.1 and CLHS §2.3.1. */
export function classify(text: string, start: number, end: number, scheme: boolean): Kind {
  const first = text.charCodeAt(start);
  if (first === 58) return KIND.keyword;
  const digit = first >= 48 && first <= 57;
  if (!digit && first !== 43 && first !== 45 && first !== 46 && first !== 35) return KIND.symbol;
  if (end - start > LONGEST_NUMBER) return KIND.symbol;
  const atom = text.slice(start, end);
  if (first === 35) {
    const letters = /^(?:#[a-zA-Z]){1,2}/.exec(atom)?.[0].toLowerCase() ?? '';
    const base = /[xbod]/.exec(letters)?.[0] ?? (scheme ? 'd' : '');
    return (scheme ? SCHEME_RADIX : COMMON_LISP_RADIX)[base]?.test(atom) === true
      ? KIND.number
      : KIND.unknown;
  }
  return (scheme ? SCHEME_NUMBER : COMMON_LISP_NUMBER).test(atom) ? KIND.number : KIND.symbol;
}

/** A complex number in decimal: `1`, `-1/2`, `.5e3`, `+inf.0`, `1+2i`, `-i`, `1@2`. */
function number(prefix: string): RegExp {
  const real = '(?:\\d+/\\d+|(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eEsSfFdDlL][+-]?\\d+)?)';
  const infinite = '[+-](?:inf|nan)\\.0';
  const signed = `(?:[+-]?${real}|${infinite})`;
  return new RegExp(
    `^${prefix}(?:${signed}|${signed}@${signed}|(?:${signed})?(?:[+-]${real}?|${infinite})i)$`,
    'i',
  );
}

function radix(digits: string): RegExp {
  const real = `(?:[${digits}]+(?:/[${digits}]+)?)`;
  const infinite = '[+-](?:inf|nan)\\.0';
  return new RegExp(
    `^(?:#[a-zA-Z]){1,2}(?:[+-]?${real}|${infinite}|(?:[+-]?${real})?[+-]${real}?i|[+-]?${real}@[+-]?${real})$`,
    'i',
  );
}
