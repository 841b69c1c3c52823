import { Diagnostics } from '../diagnostic.ts';
import { Tree } from '../tree.ts';
import { afterBreak, blank, breaks, escaped, lineEnd, percentEnd, separates } from './scan.ts';

/** What reads the commands within others. */
export interface Statements {
  /** Commands of a line with the operators between them. */
  chain(): void;
  statement(): void;
}

/** A place in a batch text, and what was found so far. */
export class Cursor {
  readonly text: string;
  readonly tree = new Tree();
  readonly diagnostics = new Diagnostics();
  at = 0;
  /** Groups that are open: a closing parenthesis ends a command only within one. */
  groups = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** One side of a comparison: to a separator outside of quotes. Its text and where it ends. */
  operand(): [string, number] {
    const text = this.text;
    let at = this.at;
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
      else if (!quoted && code === 41 && this.groups > 0) break;
      else if (!quoted && code === 94) at += escaped(text, at) - 1;
      at += 1;
    }
    at = Math.min(at, text.length);
    return [text.slice(this.at, Math.min(at, this.at + 32)), at];
  }

  /** The next character is just itself; at a line's end the next line goes on. */
  caret(): void {
    const text = this.text;
    const next = text.charCodeAt(this.at + 1);
    this.at = breaks(next) ? afterBreak(text, this.at + 1) : this.at + escaped(text, this.at);
    if (this.at > text.length) this.at = text.length;
  }

  blanks(): void {
    const text = this.text;
    for (;;) {
      const code = text.charCodeAt(this.at);
      if (blank(code)) this.at += 1;
      // A caret at the line's end between things joins the lines.
      else if (code === 94 && (text.charCodeAt(this.at + 1) === 10 || text.charCodeAt(this.at + 1) === 13))
        this.at = afterBreak(text, this.at + 1);
      else return;
    }
  }

  separators(): void {
    while (separates(this.text.charCodeAt(this.at))) this.at += 1;
    this.blanks();
  }

  atEnd(): boolean {
    const code = this.text.charCodeAt(this.at);
    return breaks(code) || (code === 41 && this.groups > 0);
  }

  skipLine(): void {
    this.at = lineEnd(this.text, this.at);
  }
}
