import type { Tree } from '../tree.ts';
import { KIND } from './kinds.ts';
import type { Dialect } from './reader.ts';
import { readLisp } from './reader.ts';
import { directiveEnd } from './scan.ts';

/**
 * Lays a program out: indentation by its structure, one space between data, no white space before a closing
 * parenthesis, at most one blank line. Lines stay where they were broken, comments where they stood, and every datum is
 * as it was written. The same text again changes nothing. A text that can't be read comes back as it is.
 */
export function formatLisp(text: string, dialect: Dialect): string {
  const { tree, diagnostics } = readLisp(text, dialect);
  if (diagnostics.errors > 0) return text;
  const layout = new Layout();
  let at = 0;
  for (const token of tokens(text, tree)) {
    layout.between(text.slice(at, token.start));
    layout.token(token, text.slice(token.start, token.end));
    at = token.end;
  }
  layout.between(text.slice(at));
  const laid = layout.end();
  // what only becomes the first line for the blank ones before it gone would be the kernel's
  return STARTER.test(laid) && !STARTER.test(text) ? laid.replace(/^\ufeff?/, '$&\n') : laid;
}

/** A first line that names who runs the program. */
const STARTER = /^\ufeff?#!\s*\//;

type Role = 'open' | 'close' | 'prefix' | 'leaf';

interface Token {
  readonly role: Role;
  readonly start: number;
  readonly end: number;
}

/** What a tree is written with, in order. */
function* tokens(text: string, tree: Tree): Generator<Token> {
  const open: { readonly after: number; readonly end: number; readonly list: boolean }[] = [];
  for (let node = 0; node <= tree.length; node++) {
    for (let top = open.at(-1); top !== undefined && node >= top.after; top = open.at(-1)) {
      open.pop();
      if (top.list) yield { role: 'close', start: top.end - 1, end: top.end };
    }
    if (node === tree.length) return;
    const [start, end, kind] = [tree.start(node), tree.end(node), tree.kind(node)];
    if (kind === KIND.list || kind === KIND.vector || kind === KIND.bytes) {
      yield { role: 'open', start, end: matchEnd(OPENING, text, start) };
      open.push({ after: tree.after(node), end, list: true });
    } else if (tree.after(node) > node + 1) {
      const length = prefixLength(text, tree, node);
      yield { role: 'prefix', start, end: start + length };
      open.push({ after: tree.after(node), end, list: false });
    } else yield { role: 'leaf', start, end };
  }
}

/** To the first bracket: the digits of `#3(` may be as many as somebody likes. */
const OPENING = /[^([{]*[([{]/y;
const PREFIX = /#,@|#[';`,&+.-]|#\d*[=aAcCsSpP]/y;

/** Where a sticky expression's match from `start` on ends; one character where there is none. */
function matchEnd(expression: RegExp, text: string, start: number): number {
  expression.lastIndex = start;
  return expression.test(text) ? expression.lastIndex : start + 1;
}

function prefixLength(text: string, tree: Tree, node: number): number {
  const start = tree.start(node);
  switch (tree.kind(node)) {
    case KIND.package:
      return tree.start(node + 1) - start;
    case KIND.quote:
    case KIND.quasiquote:
    case KIND.unquote:
      return 1;
    case KIND.unquoteSplicing:
      return 2;
    default:
      return matchEnd(PREFIX, text, start) - start;
  }
}

/** Forms whose body stands two columns in, wherever their first line ends. */
const BODIED =
  /^(?:def.*|lambda|named-lambda|case-lambda|let|let\*|letrec|letrec\*|let-values|let\*-values|let-syntax|letrec-syntax|syntax-rules|syntax-case|when|unless|do|dolist|dotimes|case|ecase|typecase|etypecase|ccase|guard|parameterize|with-.*|begin|progn|prog1|module|library|eval-when|flet|labels|macrolet|handler-case|handler-bind|unwind-protect|block|catch|multiple-value-bind|destructuring-bind|loop|test-group|match|call-with-.*)$/i;

interface Level {
  /** Column of what stands on a line of its own within. */
  column: number;
  /** Data seen within, the head among them. */
  count: number;
  readonly opened: number;
  bodied: boolean;
}

class Layout {
  readonly #lines: string[] = [];
  readonly #levels: Level[] = [{ column: 0, count: 0, opened: 0, bodied: true }];
  #line = '';
  /** Nothing but indentation is on the line so far. */
  #fresh = true;
  /** Newlines owed before the next token; -1: a space; 0: nothing. */
  #owed = 0;
  /** A line comment stands at the line's end: what follows goes to the next. */
  #mustBreak = false;
  #glued = true;
  #begun = false;

  /** White space and comments, as they stood. */
  between(gap: string): void {
    let at = 0;
    let newlines = 0;
    const starter = !this.#begun && STARTER.test(gap);
    this.#begun = true;
    while (at < gap.length) {
      const code = gap.charCodeAt(at);
      if (code === 10 || code === 13) {
        newlines += 1;
        at += code === 13 && gap.charCodeAt(at + 1) === 10 ? 2 : 1;
      } else if (code === 59 || (code === 35 && gap.charCodeAt(at + 1) !== 124)) {
        // A line comment, or a directive of the reader: the kernel's first line, #lang, #!fold-case.
        const end = code === 59 || (starter && at < 2) ? lineEnd(gap, at) : directiveEnd(gap, at);
        this.#comment(gap.slice(at, end).trimEnd(), newlines, true);
        newlines = 0;
        at = end;
      } else if (code === 35) {
        const end = commentEnd(gap, at);
        this.#comment(gap.slice(at, end), newlines, false);
        newlines = 0;
        at = end;
      } else {
        if (newlines === 0) this.#owed ||= -1;
        at += 1;
      }
    }
    if (newlines > 0) this.#owed = Math.max(this.#owed, Math.min(newlines, 2));
  }

  token({ role }: Token, text: string): void {
    const level = this.#levels.at(-1);
    if (role === 'close') {
      if (this.#mustBreak) this.#break(1);
      this.#owed = 0;
      this.#levels.pop();
      this.#put(text);
      this.#owed = -1;
      this.#glued = false;
      return;
    }
    if (this.#owed > 0 || this.#mustBreak) this.#break(Math.max(1, this.#owed));
    else if (!this.#fresh && (!this.#glued || (this.#afterPrefix && isOther(this.#line, text))))
      this.#line += ' ';
    const column = this.#fresh ? this.#indent() : width(this.#line);
    if (level !== undefined && !this.#afterPrefix) {
      level.count += 1;
      if (level.count === 1 && role === 'leaf') {
        level.bodied = BODIED.test(text);
        level.column = level.bodied ? level.opened + 1 : level.column;
      }
      // Arguments stand below the first one, where that is on the head's line.
      if (level.count === 2 && !level.bodied && !this.#fresh) level.column = column;
    }
    this.#put(text);
    // on one line it would be a set of characters
    if (text === '#[') this.#mustBreak = true;
    this.#afterPrefix = role === 'prefix';
    this.#glued = role !== 'leaf';
    this.#owed = 0;
    if (role === 'open') {
      const inside = width(this.#line);
      this.#levels.push({ column: inside, count: 0, opened: inside, bodied: false });
    }
  }

  end(): string {
    this.#flush();
    while (this.#lines.at(-1) === '') this.#lines.pop();
    return this.#lines.length === 0 ? '' : `${this.#lines.join('\n')}\n`;
  }

  #afterPrefix = false;

  #comment(text: string, newlines: number, toLineEnd: boolean): void {
    if (newlines > 0 && (this.#lines.length > 0 || !this.#fresh)) this.#break(Math.min(newlines, 2));
    else if (this.#mustBreak) this.#break(1);
    if (!this.#fresh) this.#line += this.#glued && !toLineEnd ? '' : ' ';
    this.#put(text);
    this.#glued = false;
    this.#owed = 0;
    this.#mustBreak = toLineEnd;
  }

  #put(text: string): void {
    if (this.#fresh) this.#line = ' '.repeat(this.#indent());
    this.#line += text;
    this.#fresh = false;
  }

  #break(newlines: number): void {
    this.#flush();
    if (newlines > 1 && this.#lines.length > 0 && this.#lines.at(-1) !== '') this.#lines.push('');
    this.#mustBreak = false;
    this.#owed = 0;
  }

  #flush(): void {
    if (!this.#fresh) this.#lines.push(this.#line);
    this.#line = '';
    this.#fresh = true;
  }

  #indent(): number {
    return Math.min(this.#levels.at(-1)?.column ?? 0, 200);
  }
}

/** Whether a prefix at the end of a line would be another one, or none, with what follows next to it: `, @a`, `#a m`. */
function isOther(line: string, text: string): boolean {
  return /,$/.test(line) ? /^[@.]/.test(text) : /#\d{0,20}[a-z]$/i.test(line) && /^[^\s()"'`;,]/.test(text);
}

/** Columns of the last line of what was put so far: a string may hold line breaks. */
function width(line: string): number {
  return line.length - (line.lastIndexOf('\n') + 1);
}

function lineEnd(text: string, from: number): number {
  const found = text.slice(from).search(/[\n\r]/);
  return found === -1 ? text.length : from + found;
}

function commentEnd(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text.startsWith('#|', at)) {
      depth += 1;
      at += 1;
    } else if (text.startsWith('|#', at)) {
      depth -= 1;
      at += 1;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}
