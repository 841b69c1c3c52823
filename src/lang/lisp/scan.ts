/** Where lexical elements end (R7RS §7.1.1, CLHS §2.3 and §2.4). Offsets into the text; -1 where one has no end. */
import type { Diagnostics } from '../diagnostic.ts';

export function delimits(code: number, scheme: boolean): boolean {
  if (code > 127) return code === 0xa0 || code === 0x2028 || code === 0x2029 || code === 0x3000;
  if (code <= 32 || code === 40 || code === 41 || code === 34 || code === 59) return true;
  if (code === 39 || code === 96 || code === 44) return true;
  return scheme && (code === 91 || code === 93 || code === 123 || code === 125);
}

export function lineEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 10 || code === 13) break;
    at += 1;
  }
  return at;
}

/** Of a `#|` comment; they nest. */
export function blockCommentEnd(text: string, start: number): number {
  let depth = 1;
  let at = start + 2;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    const next = text.charCodeAt(at + 1);
    if (code === 124 && next === 35) {
      depth -= 1;
      at += 2;
      if (depth === 0) return at;
    } else if (code === 35 && next === 124) {
      depth += 1;
      at += 2;
    } else at += 1;
  }
  return -1;
}

/** Bars take what stands between them as it is, and so does a backslash the next character. */
export function symbolEnd(text: string, from: number, scheme: boolean, diagnostics: Diagnostics): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 124) {
      const close = barEnd(text, at);
      if (close === -1) {
        diagnostics.error('unclosed-bar', '| is never closed', at, at + 1, '|');
        return text.length;
      }
      at = close;
    } else if (code === 92) {
      if (at + 1 >= text.length)
        diagnostics.error('bad-escape', '\\ at the end takes nothing', at, at + 1, 'a character');
      at = Math.min(at + 2, text.length);
    } else if (delimits(code, scheme)) break;
    else at += 1;
  }
  return at;
}

function barEnd(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 92) at += 1;
    else if (code === 124) return at + 1;
  }
  return -1;
}

/** Of a string whose quote stands at `quote`; Scheme's escapes are looked at. */
export function stringEnd(text: string, quote: number, scheme: boolean, diagnostics: Diagnostics): number {
  let at = quote + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 34) return at + 1;
    if (code !== 92) at += 1;
    else at = scheme ? escapeEnd(text, at, diagnostics) : at + 2;
  }
  return -1;
}

function escapeEnd(text: string, at: number, diagnostics: Diagnostics): number {
  const letter = text.charAt(at + 1);
  if (letter === 'x' || letter === 'X') {
    let end = at + 2;
    while (end < text.length && isHex(text.charCodeAt(end))) end += 1;
    if (end === at + 2 || text.charCodeAt(end) !== 59) {
      diagnostics.error(
        'bad-escape',
        'a \\x escape is hexadecimal digits and a semicolon',
        at,
        end,
        '\\x41;',
      );
      return end;
    }
    const scalar = Number.parseInt(text.slice(at + 2, Math.min(end, at + 10)), 16);
    if (end - at > 10 || scalar > 0x10ffff || (scalar >= 0xd800 && scalar <= 0xdfff))
      diagnostics.error('bad-escape', 'is no character of Unicode', at, end + 1);
    return end + 1;
  }
  if (letter !== '' && !'abtnr"\\|\n\r \t'.includes(letter))
    diagnostics.warning('unknown-escape', `\\${letter} is no escape of R7RS`, at, at + 2);
  return at + 2;
}

/** Of `#\a`, `#\space`, `#\x41`, `#\(`. */
export function characterEnd(text: string, start: number, scheme: boolean, diagnostics: Diagnostics): number {
  const first = text.codePointAt(start + 2);
  if (first === undefined) {
    diagnostics.error('bad-character', '#\\ at the end', start, text.length, 'a character');
    return text.length;
  }
  const single = start + 2 + (first > 0xffff ? 2 : 1);
  if (delimits(first, scheme)) return single;
  let end = single;
  // A # ends none in Common Lisp (CLHS §2.4.8.1); of Scheme's none has one in its name.
  for (let code = text.charCodeAt(end); end < text.length; code = text.charCodeAt(end)) {
    if (delimits(code, scheme) || (scheme && code === 35)) break;
    end += 1;
  }
  if (scheme && end > single && !CHARACTER_NAME.test(text.slice(start + 2, Math.min(end, start + 40)))) {
    const name = text.slice(start + 2, Math.min(end, start + 34));
    diagnostics.warning('unknown-character', `#\\${name} is no character name of R7RS`, start, end);
  }
  return end;
}

const CHARACTER_NAME =
  /^(?:alarm|backspace|delete|escape|newline|null|return|space|tab|nul|altmode|linefeed|page|rubout|esc|del|bel|vtab|nel|ls|U\+[0-9a-f]+|[0-7]{1,3}|[xu][0-9a-f]{1,8}|.[\u0300-\u036f]+)$/iu;

function isHex(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102);
}

export function onlyDots(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (text.charCodeAt(at) !== 46) return false;
  return true;
}

/** Where a directive of the reader ends: `#!fold-case` behind its name, `#lang` with its line. */
export function directiveEnd(text: string, start: number): number {
  if (text.charAt(start + 1) !== '!') return lineEnd(text, start);
  let end = start + 2;
  while (/[\w*+.:=<>?^~$%&/-]/.test(text.charAt(end))) end += 1;
  return end;
}
