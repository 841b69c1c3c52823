import { BitError } from '../kernel/errors.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';

export interface ScriptLine {
  /** 1-based. */
  readonly line: number;
  /** The command without its `bit.` or `bit`, then its arguments. */
  readonly words: readonly string[];
}

const MOST_BYTES = 1024 * 1024;
const MOST_LINES = 10_000;

/** A value of null is there and empty: a word that is nothing but such a variable is left out. */
export type Variables = Readonly<Record<string, string | null | undefined>>;

/**
 * Parses and expands the whole script before anything of it runs.
 *
 * @throws BitError `usage` naming `path:line:column`
 */
export function parseScript(path: string, text: string, variables: Variables): ScriptLine[] {
  if (text.length > MOST_BYTES) throw new BitError('usage', `${path} is larger than ${MOST_BYTES} bytes`);
  const lines = text.split(/\r?\n/);
  if (lines.length > MOST_LINES) throw new BitError('usage', `${path} has more than ${MOST_LINES} lines`);
  return lines.flatMap((source, i) => {
    const words = new LineReader({ path, line: i + 1, source, variables }).words();
    const [first, ...rest] = words;
    if (first === undefined) return [];
    return [{ line: i + 1, words: first === 'bit' ? rest : [first.replace(/^bit\./, ''), ...rest] }];
  });
}

interface LineSource {
  readonly path: string;
  readonly line: number;
  readonly source: string;
  readonly variables: Variables;
}

class LineReader {
  readonly #from: LineSource;
  #at = 0;

  constructor(from: LineSource) {
    this.#from = from;
  }

  words(): string[] {
    const words: string[] = [];
    const { source } = this.#from;
    for (;;) {
      while (/\s/.test(source[this.#at] ?? '')) this.#at++;
      const next = source[this.#at];
      if (next === undefined || next === '#') return words;
      const word = this.#word();
      if (word !== undefined) words.push(word);
      else if (words.length === 0) throw this.#error(0, 'the command itself is a variable that is empty');
    }
  }

  /** Undefined where it was nothing but variables that are empty. */
  #word(): string | undefined {
    const { source } = this.#from;
    let word: string | undefined;
    for (;;) {
      const character = source[this.#at];
      if (character === undefined || /\s/.test(character)) return word;
      if (character === "'") word = (word ?? '') + this.#quoted();
      else if (character === '"') word = (word ?? '') + this.#doubleQuoted();
      else {
        const more = character === '$' ? this.#variable() : this.#character(character);
        if (more !== null) word = (word ?? '') + more;
      }
    }
  }

  #quoted(): string {
    const { source } = this.#from;
    const start = this.#at++;
    const end = source.indexOf("'", this.#at);
    if (end < 0) throw this.#error(start, "this ' has no end on its line");
    const text = source.slice(this.#at, end);
    this.#at = end + 1;
    return text;
  }

  #doubleQuoted(): string {
    const { source } = this.#from;
    const start = this.#at++;
    let text = '';
    for (;;) {
      const character = source[this.#at];
      if (character === undefined) throw this.#error(start, 'this " has no end on its line');
      if (character === '"') {
        this.#at++;
        return text;
      }
      text += this.#character(character);
    }
  }

  #character(character: string): string {
    const { source } = this.#from;
    if (character === '\\') {
      const escaped = source[this.#at + 1];
      if (escaped === undefined) throw this.#error(this.#at, 'a backslash ends the line');
      this.#at += 2;
      return escaped;
    }
    if (character === '$') return this.#variable() ?? '';
    this.#at++;
    return character;
  }

  #variable(): string | null {
    const { source, variables } = this.#from;
    const start = this.#at;
    const match = /^\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})/.exec(
      source.slice(start, start + 260),
    );
    const name = match?.[1] ?? match?.[2];
    if (match === null || name === undefined)
      throw this.#error(start, '$ needs a name; write \\$ for the sign itself');
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (value === undefined) {
      const [near] = nearest(name, Object.keys(variables), 1);
      throw this.#error(
        start,
        `$${name} is not set`,
        near === undefined ? undefined : `did you mean $${near}?`,
      );
    }
    this.#at += match[0].length;
    return value;
  }

  #error(at: number, message: string, hint?: string): BitError {
    const { path, line, source } = this.#from;
    return new BitError(
      'usage',
      `${path}:${line}:${at + 1}: ${message}: ${printable(shorten(source.trim()))}`,
      {
        ...(hint === undefined
          ? { hint: 'give variables with --input NAME=VALUE or in the environment' }
          : { hint }),
        details: { path, line, column: at + 1 },
      },
    );
  }
}
