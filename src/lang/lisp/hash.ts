import type { Diagnostics } from '../diagnostic.ts';
import { classify } from './atom.ts';
import { KIND, type Kind } from './kinds.ts';
import { blockCommentEnd, characterEnd, delimits, directiveEnd, stringEnd, symbolEnd } from './scan.ts';

/** What a `#` begins: something to pass over, a datum without parts, or one whose parts follow. */
export type HashToken =
  | { readonly is: 'nothing'; readonly end: number }
  | { readonly is: 'leaf'; readonly kind: Kind; readonly end: number }
  /** `closer`: the character that ends it; 0 for a prefix of the data that follow. */
  | { readonly is: 'open'; readonly kind: Kind; readonly end: number; readonly closer: number };

interface Given {
  readonly text: string;
  readonly start: number;
  readonly scheme: boolean;
  readonly diagnostics: Diagnostics;
}

const leaf = (kind: Kind, end: number): HashToken => ({ is: 'leaf', kind, end });
const prefix = (kind: Kind, end: number): HashToken => ({ is: 'open', kind, end, closer: 0 });
const list = (kind: Kind, end: number, closer: number): HashToken => ({ is: 'open', kind, end, closer });

const CLOSER: Readonly<Record<string, number>> = { '(': 41, '[': 93, '{': 125 };

/** Reads from a `#` on. */
export function hashToken(given: Given): HashToken {
  const { text, start, scheme, diagnostics } = given;
  const next = text.charAt(start + 1);
  const common = both(given, next);
  if (common !== undefined) return common;
  const own = scheme ? ofScheme(given, next) : ofCommonLisp(given, next);
  if (own !== undefined) return own;
  if (next >= '0' && next <= '9') return numbered(given);
  // White space or a parenthesis behind it make it an error in either language (CLHS §2.4.8.20).
  if (next === '' || delimits(text.charCodeAt(start + 1), scheme)) {
    diagnostics.error('unknown-hash', '# begins nothing here', start, start + 1, 'a datum');
    return leaf(KIND.unknown, start + 1);
  }
  const end = symbolEnd(text, start + 1, scheme, diagnostics);
  if (/^[xbodei]/i.test(next) && classify(text, start, end, scheme) === KIND.number)
    return leaf(KIND.number, end);
  return unknown(given, end);
}

function both({ text, start, scheme, diagnostics }: Given, next: string): HashToken | undefined {
  switch (next) {
    case '|': {
      const end = blockCommentEnd(text, start);
      if (end === -1) diagnostics.error('unclosed-comment', '#| is never closed', start, start + 2, '|#');
      return { is: 'nothing', end: end === -1 ? text.length : end };
    }
    case '(':
      return list(KIND.vector, start + 2, 41);
    case '\\':
      return leaf(KIND.character, characterEnd(text, start, scheme, diagnostics));
    case "'":
      return prefix(scheme ? KIND.syntax : KIND.functionOf, start + 2);
    case ',':
      return prefix(KIND.syntax, start + (text.charAt(start + 2) === '@' ? 3 : 2));
    case ':':
      return leaf(KIND.symbol, symbolEnd(text, start + 2, scheme, diagnostics));
    case '!': {
      const end = symbolEnd(text, start + 2, scheme, diagnostics);
      const constant =
        /^(?:eof|default|unspecific|undefined|void|bwp|base-rtd|optional|rest|key|true|false)$/;
      return constant.test(text.slice(start + 2, end)) || !scheme
        ? leaf(KIND.constant, end)
        : { is: 'nothing', end: directiveEnd(text, start) };
    }
    default:
      return undefined;
  }
}

function ofScheme(given: Given, next: string): HashToken | undefined {
  const { text, start, diagnostics } = given;
  switch (next) {
    case ';':
      return prefix(KIND.datumComment, start + 2);
    case '`':
      return prefix(KIND.syntax, start + 2);
    case '&':
      return prefix(KIND.box, start + 2);
    case '[': {
      const end = characterSetEnd(text, start + 1);
      return end === -1 ? list(KIND.vector, start + 2, 93) : leaf(KIND.constant, end);
    }
    case '{':
      return list(KIND.vector, start + 2, 125);
    case '/': {
      const end = expressionEnd(text, start + 1);
      return end === -1 ? undefined : leaf(KIND.constant, end);
    }
    case '"':
      return stringLeaf(given, start + 1);
    case '*':
      if (text.charAt(start + 2) === '"') return stringLeaf(given, start + 2);
  }
  if (next >= '0' && next <= '9') return undefined;
  const end = symbolEnd(text, start + 1, true, diagnostics);
  const word = text.slice(start + 1, Math.min(end, start + 65));
  if (/^\*[01]+$/.test(word) || (word.startsWith('*') && end - start > 64)) return leaf(KIND.constant, end);
  const opening = text.charAt(end);
  if (/^(?:[tf]|true|false)$/i.test(word)) return leaf(KIND.boolean, end);
  if (/^(?:v?u8|[us](?:1|8|16|32|64)|[fc](?:8|16|32|64|128))$/i.test(word) && opening === '(')
    return list(KIND.bytes, end + 1, 41);
  if (/^(?:s|hash|hasheq|hasheqv|fl|fx)$/.test(word) && CLOSER[opening] !== undefined)
    return list(KIND.vector, end + 1, CLOSER[opening]);
  if (/^(?:rx|px)#?$/.test(word) && opening === '"') return stringLeaf(given, end);
  if (word === 'lang' || word === 'reader') return { is: 'nothing', end: directiveEnd(text, start) };
  return /^[%~]/.test(word) ? leaf(KIND.symbol, end) : undefined;
}

/** Longest regular expression or set of characters; a slash or bracket that is not closed by then is none. */
const LONGEST_LITERAL = 4096;

/** `#/…/i` of Gauche and Sagittarius: to the slash that no backslash stands before, with its flags. */
function expressionEnd(text: string, open: number): number {
  const most = Math.min(text.length, open + LONGEST_LITERAL);
  for (let at = open + 1; at < most; at++) {
    const code = text.charCodeAt(at);
    if (code === 92) at += 1;
    else if (code === 47) {
      let end = at + 1;
      while (/[a-z]/i.test(text.charAt(end)) && end < most) end += 1;
      return end;
    }
  }
  return -1;
}

/** `#[a-z[:digit:]]`, a set of characters: to its bracket, on one line. */
function characterSetEnd(text: string, open: number): number {
  const most = Math.min(text.length, open + LONGEST_LITERAL);
  for (let at = open + 1; at < most; at++) {
    const code = text.charCodeAt(at);
    if (code === 10 || code === 13) return -1;
    if (code === 92) at += 1;
    else if (code === 91 && text.charCodeAt(at + 1) === 58) {
      const close = text.slice(at, at + 24).indexOf(':]');
      if (close !== -1) at += close + 1;
    } else if (code === 93) return at + 1;
  }
  return -1;
}

/** A string behind `#`: bytes, or a regular expression. */
function stringLeaf({ text, start, diagnostics }: Given, quote: number): HashToken {
  const end = stringEnd(text, quote, false, diagnostics);
  if (end === -1) diagnostics.error('unclosed-string', 'a string is never closed', start, quote + 1, '"');
  return leaf(KIND.constant, end === -1 ? text.length : end);
}

function ofCommonLisp({ text, start, diagnostics }: Given, next: string): HashToken | undefined {
  if (next === '+' || next === '-') return prefix(KIND.feature, start + 2);
  if (next === '.') return prefix(KIND.readTime, start + 2);
  if (next === '*') return leaf(KIND.constant, symbolEnd(text, start + 1, false, diagnostics));
  const following = text.charAt(start + 2);
  if (/[pP]/.test(next) && following === '"') return prefix(KIND.pathname, start + 2);
  if (/[csCS]/.test(next) && following === '(') return prefix(KIND.array, start + 2);
  return /[aA]/.test(next) ? prefix(KIND.array, start + 2) : undefined;
}

/** `#1=datum`, `#1#`, `#2A(…)`, `#16rFF`, `#3(…)`. */
function numbered(given: Given): HashToken {
  const { text, start, scheme, diagnostics } = given;
  let at = start + 1;
  while (at < text.length && text.charAt(at) >= '0' && text.charAt(at) <= '9') at += 1;
  switch (text.charAt(at).toLowerCase()) {
    case '=':
      return prefix(KIND.label, at + 1);
    case '#':
      return leaf(KIND.labelUse, at + 1);
    case '(':
      return list(KIND.vector, at + 1, 41);
    case 'a':
      return prefix(KIND.array, at + 1);
    case 'r':
      return leaf(KIND.number, symbolEnd(text, at + 1, scheme, diagnostics));
    case '*':
      return leaf(KIND.constant, symbolEnd(text, at + 1, scheme, diagnostics));
    default:
      return unknown(given, symbolEnd(text, at, scheme, diagnostics));
  }
}

function unknown({ text, start, scheme, diagnostics }: Given, end: number): HashToken {
  const shown = text.slice(start, Math.min(end, start + 24));
  if (scheme) diagnostics.error('unknown-hash', `${shown} is nothing a reader knows`, start, end);
  // A dispatching macro character of the program's own (CLHS §2.4.8) may be behind it.
  else diagnostics.warning('unknown-hash', `${shown} is no standard dispatch macro`, start, end);
  return leaf(KIND.unknown, end);
}
