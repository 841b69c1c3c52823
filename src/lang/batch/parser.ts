import { Diagnostics } from '../diagnostic.ts';
import { Tree } from '../tree.ts';
import { KIND } from './kinds.ts';
import { afterBreak, blank, breaks, lineEnd, percentEnd, separates } from './scan.ts';

export interface Parsing {
  readonly tree: Tree;
  readonly diagnostics: Diagnostics;
}

/** Groups, `if` and `for` within each other. */
const DEEPEST = 250;

/**
 * Parses cmd.exe's language as it stands in the file, before `%` is expanded. Never throws: what is wrong is told and
 * the next line is read. Time and memory are linear.
 */
export function parseBatch(text: string): Parsing {
  return new Parser(text).parse();
}

class Parser {
  readonly #text: string;
  readonly #tree = new Tree();
  readonly #diagnostics = new Diagnostics();
  #at = 0;
  /** Groups that are open: a closing parenthesis ends a command only within one. */
  #groups = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Parsing {
    const text = this.#text;
    if (text.charCodeAt(0) === 0xfeff) this.#at = 1;
    while (this.#at < text.length) {
      this.#blanks();
      const code = text.charCodeAt(this.#at);
      if (breaks(code)) {
        this.#at = Math.max(afterBreak(text, this.#at), this.#at + (Number.isNaN(code) ? 1 : 0));
        continue;
      }
      if (code === 41) {
        // cmd passes over a line that begins with one.
        const end = lineEnd(text, this.#at);
        this.#diagnostics.error('unmatched-close', ') closes nothing', this.#at, this.#at + 1, 'a command');
        this.#at = end;
        continue;
      }
      this.#chain();
    }
    return { tree: this.#tree, diagnostics: this.#diagnostics };
  }

  /** Commands of a line with the operators between them, to the line's end or a group's. */
  #chain(): void {
    const text = this.#text;
    const chain = this.#tree.add(KIND.chain, this.#at, this.#at);
    this.#statement();
    for (;;) {
      this.#blanks();
      const code = text.charCodeAt(this.#at);
      if (code !== 38 && code !== 124) break;
      const double = text.charCodeAt(this.#at + 1) === code;
      const start = this.#at;
      this.#at += double ? 2 : 1;
      this.#tree.add(KIND.operator, start, this.#at);
      this.#blanks();
      const next = text.charCodeAt(this.#at);
      // A single & may end a line; the others want a command.
      if (breaks(next) || (next === 41 && this.#groups > 0)) {
        if (code === 124 || double)
          this.#diagnostics.error(
            'missing-command',
            `${text.slice(start, this.#at).trim()} has no command after it`,
            start,
            this.#at,
            'a command',
          );
        break;
      }
      if (next === 38 || next === 124) {
        this.#diagnostics.error(
          'unexpected',
          `${text.charAt(this.#at)} was unexpected`,
          this.#at,
          this.#at + 1,
          'a command',
        );
        this.#skipLine();
        break;
      }
      this.#statement();
    }
    this.#tree.close(chain, this.#at);
  }

  #statement(): void {
    this.#depth += 1;
    if (this.#depth > DEEPEST) {
      if (this.#depth === DEEPEST + 1)
        this.#diagnostics.error('too-deep', `nested more than ${DEEPEST} deep`, this.#at, this.#at + 1);
      this.#skipLine();
    } else this.#inner();
    this.#depth -= 1;
  }

  #inner(): void {
    const text = this.#text;
    while (separates(text.charCodeAt(this.#at)) || text.charCodeAt(this.#at) === 64) this.#at += 1;
    const code = text.charCodeAt(this.#at);
    if (breaks(code)) return;
    if (code === 58) this.#label();
    else if (code === 40) this.#group();
    else {
      const word = this.#keyword();
      if (word === 'if') this.#if();
      else if (word === 'for') this.#for();
      else if (word === 'rem') this.#remark();
      else this.#command();
    }
  }

  /** `if`, `for` or `rem` standing here, in any case. */
  #keyword(): string {
    const text = this.#text;
    const at = this.#at;
    const length = (text.charCodeAt(at) | 32) === 105 ? 2 : 3;
    const word = text.slice(at, at + length).toLowerCase();
    if (word !== 'if' && word !== 'for' && word !== 'rem') return '';
    const after = text.charCodeAt(at + length);
    return breaks(after) ||
      separates(after) ||
      after === 47 ||
      after === 40 ||
      (word === 'rem' && after === 46)
      ? word
      : '';
  }

  #label(): void {
    const start = this.#at;
    const end = lineEnd(this.#text, start);
    const comment = this.#text.charCodeAt(start + 1) === 58;
    if (comment && this.#groups > 0)
      this.#diagnostics.warning(
        'comment-in-group',
        ':: within parentheses is a label, and can break the group: use rem',
        start,
        start + 2,
      );
    else if (this.#groups > 0)
      this.#diagnostics.warning('label-in-group', 'goto a label within parentheses leaves them', start, end);
    if (!comment && /^[\s:+]*$/.test(this.#text.slice(start + 1, Math.min(end, start + 64))))
      this.#diagnostics.error('empty-label', 'a label has no name', start, end, 'a name');
    this.#tree.add(comment ? KIND.comment : KIND.label, start, end);
    this.#at = end;
  }

  #remark(): void {
    const start = this.#at;
    let at = start + 3;
    // A caret at the end goes on with the next line, even here.
    for (;;) {
      at = lineEnd(this.#text, at);
      if (this.#text.charCodeAt(at - 1) !== 94 || at >= this.#text.length) break;
      at = afterBreak(this.#text, at);
    }
    this.#tree.add(KIND.comment, start, at);
    this.#at = at;
  }

  #group(): void {
    const text = this.#text;
    const start = this.#at;
    const group = this.#tree.add(KIND.group, start, start + 1);
    this.#groups += 1;
    this.#at += 1;
    let closed = false;
    while (this.#at < text.length) {
      this.#blanks();
      const code = text.charCodeAt(this.#at);
      if (code === 41) {
        this.#at += 1;
        closed = true;
        break;
      }
      if (breaks(code)) this.#at = afterBreak(text, this.#at);
      else {
        const before = this.#at;
        this.#chain();
        if (this.#at === before) this.#at += 1;
      }
    }
    this.#groups -= 1;
    if (!closed) this.#diagnostics.error('unclosed', '( is never closed', start, start + 1, ')');
    this.#redirections();
    this.#tree.close(group, this.#at);
  }

  #if(): void {
    const start = this.#at;
    const node = this.#tree.add(KIND.if, start, start + 2);
    this.#at += 2;
    this.#condition();
    this.#blanks();
    if (this.#atEnd()) {
      this.#diagnostics.error('missing-command', 'if has no command', start, start + 2, 'a command');
      this.#tree.close(node, this.#at);
      return;
    }
    const grouped = this.#text.charCodeAt(this.#at) === 40;
    if (grouped) {
      this.#statement();
      this.#blanks();
      if (/^else(?![\w-])/i.test(this.#text.slice(this.#at, this.#at + 5))) {
        const otherwise = this.#tree.add(KIND.else, this.#at, this.#at + 4);
        this.#at += 4;
        this.#blanks();
        if (this.#atEnd())
          this.#diagnostics.error(
            'missing-command',
            'else has no command',
            this.#at - 4,
            this.#at,
            'a command',
          );
        else if (this.#text.charCodeAt(this.#at) === 40) this.#statement();
        else this.#chain();
        this.#tree.close(otherwise, this.#at);
      }
    } else this.#chain();
    this.#tree.close(node, this.#at);
  }

  #condition(): void {
    const text = this.#text;
    this.#separators();
    const start = this.#at;
    const node = this.#tree.add(KIND.condition, start, start);
    for (;;) {
      const word = text.slice(this.#at, this.#at + 4).toLowerCase();
      if (word.startsWith('/i') && !/[\w]/.test(word.charAt(2))) this.#at += 2;
      else if (/^not[\s,;=]/.test(word)) this.#at += 3;
      else break;
      this.#separators();
    }
    const [first, firstEnd] = this.#operand();
    const unary = /^(?:errorlevel|exist|defined|cmdextversion)$/i.test(first);
    this.#at = firstEnd;
    if (unary) {
      this.#separators();
      const [, end] = this.#operand();
      if (end === this.#at) this.#missing(start, `${first} has nothing to look at`);
      this.#at = end;
    } else {
      while (blank(text.charCodeAt(this.#at))) this.#at += 1;
      const operator = /^(?:==|(?:equ|neq|lss|leq|gtr|geq)(?=[\s,;=]))/i.exec(
        text.slice(this.#at, this.#at + 4),
      )?.[0];
      if (first === '' || operator === undefined) this.#missing(start, 'a condition is not complete');
      else {
        this.#at += operator.length;
        this.#separators();
        const [second, end] = this.#operand();
        if (second === '') this.#missing(start, `${operator} has nothing on its right`);
        this.#at = end;
      }
    }
    this.#tree.close(node, this.#at);
  }

  #missing(start: number, message: string): void {
    this.#diagnostics.error(
      'bad-condition',
      message,
      start,
      this.#at,
      'ERRORLEVEL n, EXIST file, DEFINED name, or a == b',
    );
  }

  /** One side of a comparison: to a separator outside of quotes. Its text and where it ends. */
  #operand(): [string, number] {
    const text = this.#text;
    let at = this.#at;
    let quoted = false;
    for (;;) {
      const code = text.charCodeAt(at);
      if (breaks(code)) break;
      if (code === 34) quoted = !quoted;
      else if (code === 37) {
        at = percentEnd(text, at);
        continue;
      } else if (!quoted && (separates(code) || code === 38 || code === 124 || code === 60 || code === 62))
        break;
      else if (!quoted && code === 41 && this.#groups > 0) break;
      else if (!quoted && code === 94) at += 1;
      at += 1;
    }
    at = Math.min(at, text.length);
    return [text.slice(this.#at, Math.min(at, this.#at + 32)), at];
  }

  #for(): void {
    const text = this.#text;
    const start = this.#at;
    const node = this.#tree.add(KIND.for, start, start + 3);
    this.#at += 3;
    const fail = (message: string, expected: string): void => {
      this.#diagnostics.error('bad-for', message, start, start + 3, expected);
      this.#skipLine();
      this.#tree.close(node, this.#at);
    };
    this.#separators();
    const line = text.slice(this.#at, Math.min(lineEnd(text, this.#at), this.#at + 8192));
    const head =
      /^((?:\/[dlfr](?![\w])[\s,;=]*)?(?:"(?:[^"]*)"|'[^']*'|[^%\s"'(][^\s%]*)?[\s,;=]*)(%%?[^\s%,;=&|<>()])([\s,;=]+)in(?=[\s(])/i.exec(
        line,
      );
    if (head === null) {
      fail('for is not followed by a variable and in', '%%v in (…) do …');
      return;
    }
    const [, options = '', variable = '', gap = ''] = head;
    if (options.trim() !== '') this.#tree.add(KIND.options, this.#at, this.#at + options.trimEnd().length);
    this.#at += options.length;
    this.#tree.add(KIND.variable, this.#at, this.#at + variable.length);
    this.#at += variable.length + gap.length + 2;
    this.#blanks();
    if (text.charCodeAt(this.#at) !== 40) {
      fail('for … in wants a set in parentheses', '(');
      return;
    }
    const set = this.#at;
    const end = this.#setEnd();
    if (end === -1) {
      fail('the set of for is never closed', ')');
      return;
    }
    this.#tree.add(KIND.set, set, end);
    this.#at = end;
    this.#blanks();
    if (!/^do[\s(@]/i.test(text.slice(this.#at, this.#at + 3))) {
      fail('for has no do', 'do');
      return;
    }
    this.#at += 2;
    this.#blanks();
    if (this.#atEnd()) {
      fail('do has no command', 'a command');
      return;
    }
    if (text.charCodeAt(this.#at) === 40) this.#statement();
    else this.#chain();
    this.#tree.close(node, this.#at);
  }

  /** Behind the parenthesis that closes a set; it may go over lines. */
  #setEnd(): number {
    const text = this.#text;
    let quoted = false;
    for (let at = this.#at + 1; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 34) quoted = !quoted;
      else if (code === 10 || code === 13) quoted = false;
      else if (!quoted && code === 94) at += 1;
      else if (code === 37) at = percentEnd(text, at) - 1;
      else if (!quoted && code === 41) return at + 1;
    }
    return -1;
  }

  #command(): void {
    const text = this.#text;
    const start = this.#at;
    const node = this.#tree.add(KIND.command, start, start);
    let word = start;
    let quoted = false;
    const endWord = (at: number): void => {
      if (at > word) this.#tree.add(KIND.word, word, at);
    };
    for (;;) {
      const code = text.charCodeAt(this.#at);
      if (breaks(code)) break;
      if (code === 37) this.#at = percentEnd(text, this.#at);
      else if (code === 34) {
        quoted = !quoted;
        this.#at += 1;
      } else if (quoted) this.#at += 1;
      else if (code === 94) this.#caret();
      else if (code === 38 || code === 124 || (code === 41 && this.#groups > 0)) break;
      else if (code === 60 || code === 62) {
        const handle = text.charCodeAt(this.#at - 1);
        const numbered =
          this.#at - 1 >= word &&
          handle >= 48 &&
          handle <= 57 &&
          (this.#at - 1 === word || separates(text.charCodeAt(this.#at - 2)));
        endWord(numbered ? this.#at - 1 : this.#at);
        this.#redirection(numbered ? this.#at - 1 : this.#at);
        word = this.#at;
      } else if (separates(code)) {
        endWord(this.#at);
        this.#at += 1;
        word = this.#at;
      } else this.#at += 1;
    }
    endWord(this.#at);
    // With the blanks at its end: they are part of what echo prints and set sets.
    this.#tree.close(node, this.#at);
  }

  /** The next character is just itself; at a line's end the next line goes on. */
  #caret(): void {
    const text = this.#text;
    const next = text.charCodeAt(this.#at + 1);
    this.#at = breaks(next) ? afterBreak(text, this.#at + 1) : this.#at + 2;
    if (this.#at > text.length) this.#at = text.length;
  }

  #redirection(start: number): void {
    const text = this.#text;
    const sign = text.charCodeAt(this.#at);
    this.#at += sign === 62 && text.charCodeAt(this.#at + 1) === 62 ? 2 : 1;
    if (text.charCodeAt(this.#at) === 38) {
      this.#at += 1;
      const handle = text.charCodeAt(this.#at);
      if (handle >= 48 && handle <= 57) this.#at += 1;
      else this.#diagnostics.error('bad-redirection', 'a handle is a digit', start, this.#at, '0 to 9');
    } else {
      while (separates(text.charCodeAt(this.#at))) this.#at += 1;
      const [target, end] = this.#operand();
      if (target === '')
        this.#diagnostics.error('bad-redirection', 'nothing to redirect to', start, this.#at, 'a file');
      this.#at = end;
    }
    this.#tree.add(KIND.redirection, start, this.#at);
  }

  /** Of a group. */
  #redirections(): void {
    for (;;) {
      const from = this.#at;
      this.#blanks();
      const rest = /^[0-9]?[<>]/.exec(this.#text.slice(this.#at, this.#at + 2))?.[0];
      if (rest === undefined) {
        this.#at = from;
        return;
      }
      const start = this.#at;
      this.#at += rest.length - 1;
      this.#redirection(start);
    }
  }

  #blanks(): void {
    const text = this.#text;
    for (;;) {
      const code = text.charCodeAt(this.#at);
      if (blank(code)) this.#at += 1;
      // A caret at the line's end between things joins the lines.
      else if (code === 94 && (text.charCodeAt(this.#at + 1) === 10 || text.charCodeAt(this.#at + 1) === 13))
        this.#at = afterBreak(text, this.#at + 1);
      else return;
    }
  }

  #separators(): void {
    while (separates(this.#text.charCodeAt(this.#at))) this.#at += 1;
    this.#blanks();
  }

  #atEnd(): boolean {
    const code = this.#text.charCodeAt(this.#at);
    return breaks(code) || (code === 41 && this.#groups > 0);
  }

  #skipLine(): void {
    this.#at = lineEnd(this.#text, this.#at);
  }
}
