import type { Cursor, Statements } from './cursor.ts';
import { KIND } from './kinds.ts';
import { blank } from './scan.ts';

/** `if`, its condition and its branches, standing at the cursor. */
export function parseIf(cursor: Cursor & Statements): void {
  const start = cursor.at;
  const node = cursor.tree.add(KIND.if, start, start + 2);
  cursor.at += 2;
  condition(cursor);
  cursor.blanks();
  if (cursor.atEnd()) {
    cursor.diagnostics.error('missing-command', 'if has no command', start, start + 2, 'a command');
    cursor.tree.close(node, cursor.at);
    return;
  }
  const grouped = cursor.text.charCodeAt(cursor.at) === 40;
  if (grouped) {
    cursor.statement();
    cursor.blanks();
    if (/^else(?![\w-])/i.test(cursor.text.slice(cursor.at, cursor.at + 5))) {
      const otherwise = cursor.tree.add(KIND.else, cursor.at, cursor.at + 4);
      cursor.at += 4;
      cursor.blanks();
      if (cursor.atEnd())
        cursor.diagnostics.error(
          'missing-command',
          'else has no command',
          cursor.at - 4,
          cursor.at,
          'a command',
        );
      else if (cursor.text.charCodeAt(cursor.at) === 40) cursor.statement();
      else cursor.chain();
      cursor.tree.close(otherwise, cursor.at);
    }
  } else cursor.chain();
  cursor.tree.close(node, cursor.at);
}

function condition(cursor: Cursor): void {
  const text = cursor.text;
  cursor.separators();
  const start = cursor.at;
  const node = cursor.tree.add(KIND.condition, start, start);
  for (;;) {
    const word = text.slice(cursor.at, cursor.at + 4).toLowerCase();
    if (word.startsWith('/i') && !/[\w]/.test(word.charAt(2))) cursor.at += 2;
    else if (/^not[\s,;=]/.test(word)) cursor.at += 3;
    else break;
    cursor.separators();
  }
  const [first, firstEnd] = cursor.operand();
  const unary = /^(?:errorlevel|exist|defined|cmdextversion)$/i.test(first);
  cursor.at = firstEnd;
  if (unary) {
    cursor.separators();
    const [, end] = cursor.operand();
    if (end === cursor.at) missing(cursor, start, `${first} has nothing to look at`);
    cursor.at = end;
  } else {
    while (blank(text.charCodeAt(cursor.at))) cursor.at += 1;
    const operator = /^(?:==|(?:equ|neq|lss|leq|gtr|geq)(?=[\s,;=]))/i.exec(
      text.slice(cursor.at, cursor.at + 4),
    )?.[0];
    if (first === '' || operator === undefined) missing(cursor, start, 'a condition is not complete');
    else {
      cursor.at += operator.length;
      cursor.separators();
      const [second, end] = cursor.operand();
      if (second === '') missing(cursor, start, `${operator} has nothing on its right`);
      cursor.at = end;
    }
  }
  cursor.tree.close(node, cursor.at);
}

function missing(cursor: Cursor, start: number, message: string): void {
  cursor.diagnostics.error(
    'bad-condition',
    message,
    start,
    cursor.at,
    'ERRORLEVEL n, EXIST file, DEFINED name, or a == b',
  );
}
