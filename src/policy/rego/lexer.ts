import { RegoError, type SourceFile, type Span } from './ast.ts';
import { normalNumber } from './values.ts';

export type Token = {
  readonly start: number;
  readonly end: number;
  /** Whether a line break lies between this token and the one before. */
  readonly newline: boolean;
} & (
  | { readonly kind: 'name' | 'punctuation' | 'string' | 'template'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string; readonly value: number | bigint }
  | { readonly kind: 'end'; readonly text: '' }
);

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const PUNCTUATION = /:=|==|!=|<=|>=|[=<>+\-*/%&|()[\]{},;:.]/y;
/** Digits an integer literal may have; a number is not a place to keep a megabyte. */
const MOST_DIGITS = 400;

/** Reads tokens on demand; `position` may be set back, which is how the parser tries alternatives. */
export class Lexer {
  readonly file: SourceFile;
  position = 0;
  /** Comments met so far; going back doesn't add them again. */
  readonly comments: (readonly [start: number, end: number])[] = [];

  constructor(file: SourceFile) {
    this.file = file;
  }

  next(): Token {
    const newline = this.skipSpace();
    const start = this.position;
    const text = this.file.text;
    if (start >= text.length) return { kind: 'end', text: '', start, end: start, newline };
    const name = this.match(NAME);
    if (name !== undefined) return { kind: 'name', text: name, start, end: this.position, newline };
    const number = this.match(NUMBER);
    if (number !== undefined) return this.number(number, start, newline);
    const first = text[start];
    if (first === '"') return { kind: 'string', text: this.quoted(), start, end: this.position, newline };
    if (first === '`') return { kind: 'string', text: this.raw(), start, end: this.position, newline };
    if (first === '$' && (text[start + 1] === '"' || text[start + 1] === '`')) {
      this.position += 2;
      return { kind: 'template', text: text[start + 1] as string, start, end: this.position, newline };
    }
    const mark = this.match(PUNCTUATION);
    if (mark !== undefined) return { kind: 'punctuation', text: mark, start, end: this.position, newline };
    const character = String.fromCodePoint(text.codePointAt(start) ?? 0xfffd);
    throw this.fault(`illegal character ${JSON.stringify(character)}`, start, start + character.length);
  }

  /** The text of a template up to `{` or its closing quote; the position is left on that character. */
  templateText(quote: string): string {
    const text = this.file.text;
    let out = '';
    for (;;) {
      const character = text[this.position];
      if (character === undefined || (quote === '"' && character === '\n')) {
        throw this.fault('non-terminated string', this.position, this.position);
      }
      if (character === quote || character === '{') return out;
      if (character === '\\' && (text[this.position + 1] === '{' || quote === '"')) out += this.escape(true);
      else {
        out += character;
        this.position++;
      }
    }
  }

  fault(message: string, start: number, end: number): RegoError {
    return new RegoError('rego_parse_error', message, this.span(start, end));
  }

  span(start: number, end: number): Span {
    return { file: this.file, start, end };
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.file.text)?.[0];
    if (found !== undefined) this.position += found.length;
    return found;
  }

  private skipSpace(): boolean {
    const text = this.file.text;
    let newline = false;
    for (;;) {
      const character = text.charCodeAt(this.position);
      if (character === 10) newline = true;
      else if (character === 35) {
        const end = text.indexOf('\n', this.position);
        const last = this.comments.at(-1);
        const start = this.position;
        this.position = end < 0 ? text.length : end;
        if (last === undefined || last[0] < start) this.comments.push([start, this.position]);
        continue;
      } else if (character !== 32 && character !== 9 && character !== 13) return newline;
      this.position++;
    }
  }

  private number(text: string, start: number, newline: boolean): Token {
    const after = this.file.text[this.position] ?? '';
    if (/[A-Za-z0-9_]/.test(after) || text.length > MOST_DIGITS) {
      throw this.fault('illegal number format', start, this.position + 1);
    }
    const value = /^[0-9]+$/.test(text) ? normalNumber(BigInt(text)) : normalNumber(Number(text));
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw this.fault('number is too large', start, this.position);
    }
    return { kind: 'number', text, value, start, end: this.position, newline };
  }

  private quoted(): string {
    const text = this.file.text;
    const start = this.position++;
    let out = '';
    for (;;) {
      const character = text[this.position];
      if (character === undefined || character === '\n') {
        throw this.fault('non-terminated string', start, this.position);
      }
      if (character === '"') {
        this.position++;
        return out;
      }
      if (character === '\\') out += this.escape(false);
      else {
        let end = this.position + 1;
        while (end < text.length && !'"\\\n'.includes(text[end] as string)) end++;
        out += text.slice(this.position, end);
        this.position = end;
      }
    }
  }

  private escape(template: boolean): string {
    const text = this.file.text;
    const letter = text[this.position + 1] ?? '';
    const start = this.position;
    this.position += 2;
    const simple = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }[letter];
    if (simple !== undefined) return simple;
    if (template && (letter === '{' || letter === '}')) return letter;
    const hex = text.slice(this.position, this.position + 4);
    if (letter === 'u' && /^[0-9a-fA-F]{4}$/.test(hex)) {
      this.position += 4;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    throw this.fault('illegal escape sequence', start, this.position);
  }

  private raw(): string {
    const start = this.position;
    const end = this.file.text.indexOf('`', start + 1);
    if (end < 0) throw this.fault('non-terminated string', start, this.file.text.length);
    this.position = end + 1;
    return this.file.text.slice(start + 1, end);
  }
}
