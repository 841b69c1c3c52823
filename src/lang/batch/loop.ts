import type { Cursor, Statements } from './cursor.ts';
import { KIND } from './kinds.ts';
import { breaks, escaped, percentEnd, separates } from './scan.ts';

/** `for`, its head and its body, standing at the cursor. */
export function parseLoop(cursor: Cursor & Statements): void {
  const { text, tree } = cursor;
  const start = cursor.at;
  const node = tree.add(KIND.for, start, start + 3);
  cursor.at += 3;
  const fault = head(cursor) ?? body(cursor);
  if (fault !== undefined) {
    cursor.diagnostics.error('bad-for', fault.message, start, start + 3, fault.expected);
    cursor.skipLine();
  } else if (text.charCodeAt(cursor.at) === 40) cursor.statement();
  else cursor.chain();
  tree.close(node, cursor.at);
}

interface Fault {
  readonly message: string;
  readonly expected: string;
}

/** Switches and options, the variable, and `in`. */
function head(cursor: Cursor): Fault | undefined {
  const { text, tree } = cursor;
  cursor.separators();
  const from = cursor.at;
  let end = from;
  let variable = variableEnd(text, cursor.at);
  while (variable === -1) {
    const token = tokenEnd(text, cursor.at);
    if (token === cursor.at || !option(text.slice(from, Math.min(token, from + LONGEST_OPTIONS))))
      return { message: 'for is not followed by a variable and in', expected: '%%v in (…) do …' };
    end = token;
    cursor.at = token;
    cursor.separators();
    variable = variableEnd(text, cursor.at);
  }
  if (end > from) tree.add(KIND.options, from, end);
  tree.add(KIND.variable, cursor.at, variable);
  cursor.at = variable;
  cursor.separators();
  cursor.at += 2;
  cursor.blanks();
  return undefined;
}

const LONGEST_OPTIONS = 8192;

/** Switches, then what `/f` and `/r` take; anything where a variable's value may be what is missing. */
function option(said: string): boolean {
  return (
    /^(?:\/[dlfr](?!\w)[\s,;=]*)+(?:"[^"]*"|'[^']*'|(?:[^\s,;=^]|\^[\s\S]|(?<=[^\s,;])=)*)$/i.test(said) ||
    /[%!]/.test(said)
  );
}

/** Behind `%%v` where `in` and a set follow; else -1. */
function variableEnd(text: string, at: number): number {
  const found = /^%%?[^\s%,;=&|<>()](?=[\s,;=]+in[\s(])/i.exec(text.slice(at, at + 64));
  return found === null ? -1 : at + found[0].length;
}

/** Behind a word: quotes hold blanks, a caret takes the next character. */
function tokenEnd(text: string, from: number): number {
  let at = from;
  let quote = 0;
  for (
    let code = text.charCodeAt(at);
    !breaks(code) && at - from < LONGEST_OPTIONS;
    code = text.charCodeAt(at)
  ) {
    if (quote === 0 && separates(code) && !(code === 61 && at > from)) break;
    if (code === 37) at = percentEnd(text, at);
    else if (code === 94 && quote === 0) at += escaped(text, at);
    else {
      if (code === quote) quote = 0;
      else if (quote === 0 && (code === 34 || code === 39) && (at === from || text.charCodeAt(at - 1) !== 61))
        quote = code;
      at += 1;
    }
  }
  return Math.min(at, text.length);
}

/** The set, and `do`; the cursor stands at the command then. */
function body(cursor: Cursor): Fault | undefined {
  const { text, tree } = cursor;
  if (text.charCodeAt(cursor.at) !== 40)
    return { message: 'for … in wants a set in parentheses', expected: '(' };
  const set = cursor.at;
  const end = setEnd(cursor);
  if (end === -1) return { message: 'the set of for is never closed', expected: ')' };
  tree.add(KIND.set, set, end);
  cursor.at = end;
  cursor.blanks();
  if (!/^do[\s(@]/i.test(text.slice(cursor.at, cursor.at + 3)))
    return { message: 'for has no do', expected: 'do' };
  cursor.at += 2;
  cursor.blanks();
  return cursor.atEnd() ? { message: 'do has no command', expected: 'a command' } : undefined;
}

/** Behind the parenthesis that closes a set; it may go over lines. */
function setEnd(cursor: Cursor): number {
  const text = cursor.text;
  let quoted = false;
  for (let at = cursor.at + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) quoted = !quoted;
    else if (code === 10 || code === 13) quoted = false;
    else if (!quoted && code === 94) at += escaped(text, at) - 1;
    else if (code === 37) at = percentEnd(text, at) - 1;
    else if (!quoted && code === 41) return at + 1;
  }
  return -1;
}
