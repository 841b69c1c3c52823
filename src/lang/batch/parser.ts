import { printable } from '../../kernel/text.ts';
import type { Diagnostics } from '../diagnostic.ts';
import type { Tree } from '../tree.ts';
import { Cursor, type Statements } from './cursor.ts';
import { parseIf } from './if.ts';
import { KIND } from './kinds.ts';
import { parseLoop } from './loop.ts';
import { afterBreak, blank, breaks, lineEnd, percentEnd, separates } from './scan.ts';
import { endsHere, type Jumps, jumpsOf, readAgainAt, unreadEnd } from './unread.ts';

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

class Parser extends Cursor implements Statements {
  #depth = 0;
  #jumps: Jumps | undefined;

  parse(): Parsing {
    const text = this.text;
    if (text.charCodeAt(0) === 0xfeff) this.at = 1;
    let ended = false;
    while (this.at < text.length) {
      this.blanks();
      const code = text.charCodeAt(this.at);
      if (breaks(code)) {
        this.at = Math.max(afterBreak(text, this.at), this.at + (Number.isNaN(code) ? 1 : 0));
        continue;
      }
      if (ended) {
        const before = this.at;
        ended = this.#passUnread();
        if (this.at !== before) continue;
      }
      if (code === 41) {
        // cmd passes over a line that begins with one.
        const end = lineEnd(text, this.at);
        this.diagnostics.error('unmatched-close', ') closes nothing', this.at, this.at + 1, 'a command');
        this.at = end;
        continue;
      }
      const chain = this.tree.length;
      this.chain();
      this.#leftOver();
      const remark = this.tree.kind(chain + 1) === KIND.comment;
      ended = (ended && remark) || endsHere(text, this.tree, chain);
    }
    return { tree: this.tree, diagnostics: this.diagnostics };
  }

  /** Nothing but an operator follows a group on its line. */
  #leftOver(): void {
    if (this.atEnd() || this.text.charCodeAt(this.at) === 41) return;
    const shown = printable(/^\S{0,24}/.exec(this.text.slice(this.at, this.at + 24))?.[0] ?? '');
    this.diagnostics.error('unexpected', `${shown} was unexpected`, this.at, this.at + 1, '&, && or ||');
    if (this.groups === 0) this.skipLine();
  }

  /** Behind what ends a program: cmd never reads what no label leads to, which is of another language, often. False: it reads on. */
  #passUnread(): boolean {
    this.#jumps ??= jumpsOf(this.text);
    let start = this.at;
    while (blank(this.text.charCodeAt(start - 1))) start -= 1;
    if (readAgainAt(this.text, start, this.#jumps)) return false;
    const end = unreadEnd(this.text, start, this.#jumps);
    if (end === start) return true;
    this.tree.add(KIND.unread, start, end);
    this.at = end;
    return true;
  }

  /** Commands of a line with the operators between them, to the line's end or a group's. */
  chain(): void {
    const text = this.text;
    const chain = this.tree.add(KIND.chain, this.at, this.at);
    this.statement();
    for (;;) {
      this.blanks();
      const code = text.charCodeAt(this.at);
      if (code !== 38 && code !== 124) break;
      const double = text.charCodeAt(this.at + 1) === code;
      const start = this.at;
      this.at += double ? 2 : 1;
      this.tree.add(KIND.operator, start, this.at);
      this.blanks();
      const next = text.charCodeAt(this.at);
      // A single & may end a line; the others want a command.
      if (breaks(next) || (next === 41 && this.groups > 0)) {
        if (code === 124 || double)
          this.diagnostics.error(
            'missing-command',
            `${text.slice(start, this.at).trim()} has no command after it`,
            start,
            this.at,
            'a command',
          );
        break;
      }
      if (next === 38 || next === 124) {
        this.diagnostics.error(
          'unexpected',
          `${text.charAt(this.at)} was unexpected`,
          this.at,
          this.at + 1,
          'a command',
        );
        this.skipLine();
        break;
      }
      this.statement();
    }
    this.tree.close(chain, this.at);
  }

  statement(): void {
    this.#depth += 1;
    if (this.#depth > DEEPEST) {
      if (this.#depth === DEEPEST + 1)
        this.diagnostics.error('too-deep', `nested more than ${DEEPEST} deep`, this.at, this.at + 1);
      this.skipLine();
    } else this.#inner();
    this.#depth -= 1;
  }

  #inner(): void {
    const text = this.text;
    while (separates(text.charCodeAt(this.at)) || text.charCodeAt(this.at) === 64) this.at += 1;
    const code = text.charCodeAt(this.at);
    if (breaks(code)) return;
    if (code === 58) this.#label();
    else if (code === 40) this.#group();
    else {
      const word = this.#keyword();
      if (word === 'if') parseIf(this);
      else if (word === 'for') parseLoop(this);
      else if (word === 'rem') this.#remark();
      else this.#command();
    }
  }

  /** `if`, `for` or `rem` standing here, in any case. */
  #keyword(): string {
    const text = this.text;
    const at = this.at;
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
    const start = this.at;
    const end = lineEnd(this.text, start);
    const comment = this.text.charCodeAt(start + 1) === 58;
    if (comment && this.groups > 0)
      this.diagnostics.warning(
        'comment-in-group',
        ':: within parentheses is a label, and can break the group: use rem',
        start,
        start + 2,
      );
    else if (this.groups > 0)
      this.diagnostics.warning('label-in-group', 'goto a label within parentheses leaves them', start, end);
    if (!comment && /^[\s:+]*$/.test(this.text.slice(start + 1, Math.min(end, start + 64))))
      this.diagnostics.error('empty-label', 'a label has no name', start, end, 'a name');
    this.tree.add(comment ? KIND.comment : KIND.label, start, end);
    this.at = end;
  }

  #remark(): void {
    const start = this.at;
    let at = start + 3;
    // A caret at the end that none escapes goes on with the next line, even here.
    for (;;) {
      at = lineEnd(this.text, at);
      if (!endsInCaret(this.text, at) || at >= this.text.length) break;
      at = afterBreak(this.text, at);
    }
    this.tree.add(KIND.comment, start, at);
    this.at = at;
  }

  #group(): void {
    const text = this.text;
    const start = this.at;
    const group = this.tree.add(KIND.group, start, start + 1);
    this.groups += 1;
    this.at += 1;
    let closed = false;
    while (this.at < text.length) {
      this.blanks();
      const code = text.charCodeAt(this.at);
      if (code === 41) {
        this.at += 1;
        closed = true;
        break;
      }
      if (breaks(code)) this.at = afterBreak(text, this.at);
      else {
        const before = this.at;
        this.chain();
        this.#leftOver();
        if (this.at === before) this.at += 1;
      }
    }
    this.groups -= 1;
    if (!closed) this.diagnostics.error('unclosed', '( is never closed', start, start + 1, ')');
    this.#redirections();
    this.tree.close(group, this.at);
  }

  #command(): void {
    const text = this.text;
    const start = this.at;
    const node = this.tree.add(KIND.command, start, start);
    let word = start;
    let quoted = false;
    const endWord = (at: number): void => {
      if (at > word) this.tree.add(KIND.word, word, at);
    };
    for (;;) {
      const code = text.charCodeAt(this.at);
      if (breaks(code)) break;
      if (code === 37) this.at = percentEnd(text, this.at);
      else if (code === 34) {
        quoted = !quoted;
        this.at += 1;
      } else if (quoted) this.at += 1;
      else if (code === 94) this.caret();
      else if (code === 38 || code === 124 || (code === 41 && this.groups > 0)) break;
      else if (code === 60 || code === 62) {
        const handle = text.charCodeAt(this.at - 1);
        const numbered =
          this.at - 1 >= word &&
          handle >= 48 &&
          handle <= 57 &&
          (this.at - 1 === word || separates(text.charCodeAt(this.at - 2)));
        endWord(numbered ? this.at - 1 : this.at);
        this.#redirection(numbered ? this.at - 1 : this.at);
        word = this.at;
      } else if (separates(code)) {
        endWord(this.at);
        this.at += 1;
        word = this.at;
      } else this.at += 1;
    }
    endWord(this.at);
    // With the blanks at its end: they are part of what echo prints and set sets.
    this.tree.close(node, this.at);
  }

  #redirection(start: number): void {
    const text = this.text;
    const sign = text.charCodeAt(this.at);
    this.at += sign === 62 && text.charCodeAt(this.at + 1) === 62 ? 2 : 1;
    if (text.charCodeAt(this.at) === 38) {
      this.at += 1;
      const handle = text.charCodeAt(this.at);
      if (handle >= 48 && handle <= 57) this.at += 1;
      else this.diagnostics.error('bad-redirection', 'a handle is a digit', start, this.at, '0 to 9');
    } else {
      while (separates(text.charCodeAt(this.at))) this.at += 1;
      const [target, end] = this.operand();
      if (target === '')
        this.diagnostics.error('bad-redirection', 'nothing to redirect to', start, this.at, 'a file');
      this.at = end;
    }
    this.tree.add(KIND.redirection, start, this.at);
  }

  /** Of a group. */
  #redirections(): void {
    for (;;) {
      const from = this.at;
      this.blanks();
      const rest = /^[0-9]?[<>]/.exec(this.text.slice(this.at, this.at + 2))?.[0];
      if (rest === undefined) {
        this.at = from;
        return;
      }
      const start = this.at;
      this.at += rest.length - 1;
      this.#redirection(start);
    }
  }
}

/** Whether an odd number of carets stands before an offset. */
function endsInCaret(text: string, end: number): boolean {
  let at = end;
  while (text.charCodeAt(at - 1) === 94) at -= 1;
  return (end - at) % 2 === 1;
}
