/** RE2 syntax to a program for a machine that never backtracks. */
import { emit, type Instruction, RegexError, type Test, type Tree } from './regex-program.ts';

const MOST_PATTERN = 20_000;
const MOST_REPEAT = 1000;
const MOST_DEPTH = 200;

const isDigit: Test = (c) => c >= 48 && c <= 57;
export const isWord: Test = (c) => isDigit(c) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95;
const isSpace: Test = (c) => c === 32 || (c >= 9 && c <= 13 && c !== 11);
const CLASSES: Readonly<Record<string, Test>> = {
  d: isDigit,
  w: isWord,
  s: isSpace,
  D: (c) => !isDigit(c),
  W: (c) => !isWord(c),
  S: (c) => !isSpace(c),
};
const POSIX: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  ascii: /[\x00-\x7f]/,
  blank: /[\t ]/,
  cntrl: /[\x00-\x1f\x7f]/,
  digit: /\d/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[\t-\r ]/,
  upper: /[A-Z]/,
  word: /\w/,
  xdigit: /[\dA-Fa-f]/,
};
const ESCAPES: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, f: 12, v: 11, a: 7 };

interface Flags {
  i: boolean;
  m: boolean;
  s: boolean;
  U: boolean;
}

/** @throws RegexError for what RE2 has not or refuses: back references, look-around, huge repetitions */
export function parseRegex(pattern: string): {
  program: Instruction[];
  groups: number;
  names: Map<string, number>;
} {
  if (pattern.length > MOST_PATTERN) throw new RegexError('pattern is too long');
  const parser = new Parser(pattern);
  const tree = parser.parseAll();
  const program: Instruction[] = [];
  emit({ kind: 'group', slot: 0, inner: tree }, program);
  program.push({ op: 'match' });
  return { program, groups: parser.groups, names: parser.names };
}

class Parser {
  private readonly points: readonly string[];
  private at = 0;
  private depth = 0;
  groups = 1;
  readonly names = new Map<string, number>();
  private flags: Flags = { i: false, m: false, s: false, U: false };

  constructor(pattern: string) {
    this.points = [...pattern];
  }

  parseAll(): Tree {
    const tree = this.choice();
    if (this.at < this.points.length) throw new RegexError('unexpected ): missing argument');
    return tree;
  }

  private peek(): string | undefined {
    return this.points[this.at];
  }

  private looking(text: string): boolean {
    return [...text].every((c, i) => this.points[this.at + i] === c);
  }

  private choice(): Tree {
    if (++this.depth > MOST_DEPTH) throw new RegexError('expression nests too deeply');
    const items = [this.sequence()];
    while (this.peek() === '|') {
      this.at++;
      items.push(this.sequence());
    }
    this.depth--;
    return items.length === 1 ? (items[0] as Tree) : { kind: 'choice', items };
  }

  private sequence(): Tree {
    const items: Tree[] = [];
    for (let c = this.peek(); c !== undefined && c !== '|' && c !== ')'; c = this.peek())
      items.push(this.repeated());
    return { kind: 'sequence', items };
  }

  private repeated(): Tree {
    let tree = this.atom();
    let repeats = 0;
    for (;;) {
      const bounds = this.bounds();
      if (bounds === undefined) return tree;
      if (++repeats > 1) throw new RegexError('invalid nested repetition operator');
      const lazy = this.peek() === '?';
      if (lazy) this.at++;
      tree = { kind: 'repeat', inner: tree, least: bounds[0], most: bounds[1], lazy: lazy !== this.flags.U };
    }
  }

  private bounds(): [number, number] | undefined {
    const c = this.peek();
    const simple = { '*': [0, Infinity], '+': [1, Infinity], '?': [0, 1] }[c ?? ''] as
      | [number, number]
      | undefined;
    if (simple !== undefined) {
      this.at++;
      return simple;
    }
    if (c !== '{') return undefined;
    const text = this.points.slice(this.at, this.at + 14).join('');
    const found = /^\{(\d{1,5})(,?)(\d{0,5})\}/.exec(text);
    if (found === null) return undefined;
    const least = Number(found[1]);
    const most = found[2] === '' ? least : found[3] === '' ? Infinity : Number(found[3]);
    if (least > MOST_REPEAT || (most !== Infinity && most > MOST_REPEAT) || most < least)
      throw new RegexError('invalid repeat count');
    this.at += found[0].length;
    return [least, most];
  }

  private atom(): Tree {
    const c = this.points[this.at++] as string;
    switch (c) {
      case '.':
        return this.flags.s ? { kind: 'char', test: () => true } : { kind: 'char', test: (x) => x !== 10 };
      case '^':
        return { kind: 'assert', what: this.flags.m ? 'line-start' : 'start' };
      case '$':
        return { kind: 'assert', what: this.flags.m ? 'line-end' : 'end' };
      case '(':
        return this.group();
      case '[':
        return { kind: 'char', test: this.charClass() };
      case '\\':
        return this.escape();
      case '*':
      case '+':
      case '?':
        throw new RegexError(`missing argument to repetition operator: ${c}`);
      default:
        return { kind: 'char', test: this.literal(c.codePointAt(0) as number) };
    }
  }

  private literal(code: number): Test {
    if (!this.flags.i) return (c) => c === code;
    const text = String.fromCodePoint(code);
    const lower = text.toLowerCase().codePointAt(0);
    const upper = text.toUpperCase().codePointAt(0);
    return (c) => c === code || c === lower || c === upper;
  }

  private group(): Tree {
    const saved = { ...this.flags };
    let slot: number | undefined;
    if (this.peek() !== '?') slot = this.groups++;
    else {
      this.at++;
      if (this.looking('P<') || (this.peek() === '<' && !this.looking('<=') && !this.looking('<!')))
        slot = this.named();
      else if (this.setFlags()) return { kind: 'empty' };
    }
    const inner = this.choice();
    if (this.points[this.at++] !== ')') throw new RegexError('missing closing )');
    this.flags = saved;
    return slot === undefined ? inner : { kind: 'group', slot, inner };
  }

  private named(): number {
    const end = this.points.indexOf('>', this.at);
    const name = this.points.slice(this.points.indexOf('<', this.at) + 1, Math.max(end, 0)).join('');
    if (end < 0 || !/^\w+$/.test(name) || this.names.has(name)) throw new RegexError('invalid named capture');
    this.at = end + 1;
    this.names.set(name, this.groups);
    return this.groups++;
  }

  /** True for `(?i)`, which has no body of its own. */
  private setFlags(): boolean {
    let on = true;
    for (;;) {
      const c = this.points[this.at++];
      if (c === ':') return false;
      if (c === ')') return true;
      if (c === '-') on = false;
      else if (c === 'i' || c === 'm' || c === 's' || c === 'U') this.flags = { ...this.flags, [c]: on };
      else throw new RegexError('invalid or unsupported Perl syntax: `(?`');
    }
  }

  private escape(): Tree {
    const c = this.points[this.at++];
    if (c === undefined) throw new RegexError('trailing backslash at end of expression');
    if (c === 'b' || c === 'B') return { kind: 'assert', what: c === 'b' ? 'word' : 'not-word' };
    if (c === 'A') return { kind: 'assert', what: 'start' };
    if (c === 'z') return { kind: 'assert', what: 'end' };
    if (c === 'Q') return this.quoted();
    const set = CLASSES[c] ?? this.property(c);
    return { kind: 'char', test: set ?? this.literal(this.escapedCode(c)) };
  }

  private quoted(): Tree {
    const items: Tree[] = [];
    while (this.at < this.points.length && !this.looking('\\E')) {
      items.push({
        kind: 'char',
        test: this.literal((this.points[this.at++] as string).codePointAt(0) as number),
      });
    }
    this.at += 2;
    return { kind: 'sequence', items };
  }

  private escapedCode(c: string): number {
    const known = ESCAPES[c];
    if (known !== undefined) return known;
    if (c === 'x') {
      const rest = this.points.slice(this.at, this.at + 10).join('');
      const hex = /^\{([0-9a-fA-F]{1,6})\}|^([0-9a-fA-F]{2})/.exec(rest);
      const code = hex === null ? Infinity : Number.parseInt((hex[1] ?? hex[2]) as string, 16);
      if (hex === null || code > 0x10ffff) throw new RegexError('invalid escape sequence');
      this.at += hex[0].length;
      return code;
    }
    if (/[A-Za-z0-9]/.test(c)) throw new RegexError(`invalid escape sequence: \`\\${c}\``);
    return c.codePointAt(0) as number;
  }

  private property(c: string): Test | undefined {
    if (c !== 'p' && c !== 'P') return undefined;
    const found = /^(?:\{(\^?)([A-Za-z_]{1,40})\}|([A-Z]))/.exec(
      this.points.slice(this.at, this.at + 44).join(''),
    );
    if (found === null) throw new RegexError('invalid character class range');
    this.at += found[0].length;
    const name = (found[2] ?? found[3]) as string;
    const negated = (c === 'P') !== (found[1] === '^');
    for (const form of [name, `Script=${name}`]) {
      try {
        const pattern = new RegExp(`^\\p{${form}}$`, 'u');
        return (code) => pattern.test(String.fromCodePoint(code)) !== negated;
      } catch {
        // Not that kind of property: try the other.
      }
    }
    throw new RegexError(`invalid character class range: \`\\p{${name}}\``);
  }

  private charClass(): Test {
    const negated = this.peek() === '^';
    if (negated) this.at++;
    const tests: Test[] = [];
    for (let first = true; ; first = false) {
      const c = this.points[this.at];
      if (c === undefined) throw new RegexError('missing closing ]');
      if (c === ']' && !first) break;
      tests.push(this.classItem());
    }
    this.at++;
    const any: Test = (code) => tests.some((test) => test(code));
    return negated ? (code) => !any(code) : any;
  }

  private classItem(): Test {
    if (this.looking('[:')) {
      const found = /^\[:(\^?)([a-z]+):\]/.exec(this.points.slice(this.at, this.at + 14).join(''));
      const set = found === null ? undefined : POSIX[found[2] as string];
      if (found === null || set === undefined) throw new RegexError('invalid character class range');
      this.at += found[0].length;
      return (code) => set.test(String.fromCodePoint(code)) !== (found[1] === '^');
    }
    if (this.peek() === '\\') {
      const c = this.points[this.at + 1] ?? '';
      const saved = this.at;
      this.at += 2;
      const set = CLASSES[c] ?? this.property(c);
      if (set !== undefined) return set;
      this.at = saved;
    }
    const low = this.classCode();
    if (this.peek() !== '-' || this.points[this.at + 1] === ']') return this.literal(low);
    this.at++;
    const high = this.classCode();
    if (high < low) throw new RegexError('invalid character class range');
    const inside: Test = (code) => code >= low && code <= high;
    if (!this.flags.i) return inside;
    return (code) => {
      const text = String.fromCodePoint(code);
      return (
        inside(code) ||
        inside(text.toLowerCase().codePointAt(0) ?? 0) ||
        inside(text.toUpperCase().codePointAt(0) ?? 0)
      );
    };
  }

  private classCode(): number {
    const c = this.points[this.at++];
    if (c === undefined) throw new RegexError('missing closing ]');
    if (c !== '\\') return c.codePointAt(0) as number;
    const escaped = this.points[this.at++];
    if (escaped === undefined) throw new RegexError('missing closing ]');
    return this.escapedCode(escaped);
  }
}
