import type { Body, Literal, LiteralShape, RegoError, SourceFile, Span, Term, TermShape } from './ast.ts';
import { Lexer, type Token } from './lexer.ts';
import { equal, RegoObject, RegoSet, type Value } from './values.ts';

/** Terms and bodies nested deeper than this are refused: the compiler walks them with recursion. */
const MOST_NESTED = 120;

const RELATIONS: Readonly<Record<string, string>> = {
  '==': 'equal',
  '!=': 'neq',
  '<': 'lt',
  '<=': 'lte',
  '>': 'gt',
  '>=': 'gte',
};
const SUMS: Readonly<Record<string, string>> = { '+': 'plus', '-': 'minus' };
const FACTORS: Readonly<Record<string, string>> = { '*': 'mul', '/': 'div', '%': 'rem' };
const NEVER_VARIABLES = new Set('as default else import not package some with'.split(' '));
/** Keywords of v1; in v0 names like any other until `import future.keywords` makes keywords of them. */
export const FUTURE: ReadonlySet<string> = new Set(['contains', 'every', 'if', 'in']);

export type RegoVersion = 'v0' | 'v1';

/** Recursive descent over terms; bodies, rules and modules build on it. */
export abstract class TermParser {
  protected readonly lexer: Lexer;
  protected version: RegoVersion;
  /** Those of {@link FUTURE} that are keywords here. */
  protected keywords: ReadonlySet<string>;
  protected token: Token;
  protected lastEnd = 0;
  private depth = 0;
  private wildcards = 0;
  /** In the first element of `[…]` and `{…}`, where `|` starts a comprehension's body. */
  private noUnion = false;

  constructor(file: SourceFile, version: RegoVersion) {
    this.lexer = new Lexer(file);
    this.version = version;
    this.keywords = version === 'v1' ? FUTURE : new Set();
    this.token = this.lexer.next();
  }

  protected advance(): Token {
    const token = this.token;
    this.lastEnd = token.end;
    this.token = this.lexer.next();
    return token;
  }

  protected is(text: string): boolean {
    return this.token.kind === 'punctuation' && this.token.text === text;
  }

  /** A keyword, unless it is the head of a reference (`some.thing`), which Rego allows. */
  protected isWord(text: string): boolean {
    if (this.token.kind !== 'name' || this.token.text !== text) return false;
    if (FUTURE.has(text) && !this.keywords.has(text)) return false;
    const after = this.lexer.file.text[this.token.end];
    return after !== '.' && after !== '[';
  }

  protected take(text: string): boolean {
    if (!this.is(text)) return false;
    this.advance();
    return true;
  }

  protected takeWord(text: string): boolean {
    if (!this.isWord(text)) return false;
    this.advance();
    return true;
  }

  protected expect(text: string, where: string): void {
    if (!this.take(text)) throw this.unexpected(`expected ${text} ${where}`);
  }

  protected unexpected(hint: string): RegoError {
    const { token } = this;
    const what = token.kind === 'end' ? 'end of file' : `${JSON.stringify(token.text)}`;
    const off = token.kind === 'name' && FUTURE.has(token.text) && !this.keywords.has(token.text);
    const more = off ? `; ${token.text} is a keyword after import future.keywords.${token.text}` : '';
    return this.lexer.fault(`unexpected ${what}: ${hint}${more}`, token.start, token.end);
  }

  protected spanFrom(start: number): Span {
    return this.lexer.span(start, this.lastEnd);
  }

  protected term(start: number, shape: TermShape): Term {
    return { ...shape, at: this.spanFrom(start) };
  }

  protected nested<T>(parse: () => T): T {
    if (++this.depth > MOST_NESTED) {
      throw this.lexer.fault('nested too deeply', this.token.start, this.token.end);
    }
    const result = parse();
    this.depth--;
    return result;
  }

  /** Parses `first`; where that fails puts everything back and parses `second`. */
  protected either<T>(first: () => T, second: () => T): T {
    const { position } = this.lexer;
    const { token, lastEnd, depth, noUnion } = this;
    try {
      return first();
    } catch (error) {
      this.lexer.position = position;
      Object.assign(this, { token, lastEnd, depth, noUnion });
      try {
        return second();
      } catch {
        throw error;
      }
    }
  }

  protected parseExpression(): Term {
    const start = this.token.start;
    let left = this.parseRelation();
    while (this.isWord('in')) {
      this.advance();
      left = this.call(start, 'internal.member_2', [left, this.parseRelation()]);
    }
    return left;
  }

  protected call(start: number, name: string, args: readonly Term[]): Term {
    return this.term(start, { kind: 'call', name, args });
  }

  protected parseRelation(): Term {
    return this.parseBinary(RELATIONS, () =>
      this.parseBinary({ '|': 'or' }, () =>
        this.parseBinary({ '&': 'and' }, () =>
          this.parseBinary(SUMS, () => this.parseBinary(FACTORS, () => this.parseTerm())),
        ),
      ),
    );
  }

  private parseBinary(operators: Readonly<Record<string, string>>, operand: () => Term): Term {
    const start = this.token.start;
    let left = operand();
    for (;;) {
      const name = this.token.kind === 'punctuation' ? operators[this.token.text] : undefined;
      if (name === undefined || (name === 'or' && this.noUnion)) return left;
      this.advance();
      left = this.call(start, name, [left, operand()]);
    }
  }

  protected parseTerm(): Term {
    return this.nested(() => {
      const { token } = this;
      const head = this.parseOperand(token);
      return this.parsePath(token.start, head);
    });
  }

  private parseOperand(token: Token): Term {
    switch (token.kind) {
      case 'number':
        this.advance();
        return this.term(token.start, { kind: 'const', value: token.value });
      case 'string':
        this.advance();
        return this.term(token.start, { kind: 'const', value: token.text });
      case 'template':
        return this.parseTemplate(token.text, token.start);
      case 'name':
        return this.parseName(token);
      case 'punctuation':
        return this.parseBracketed(token);
      default:
        throw this.unexpected('expected a term');
    }
  }

  private parseName(token: Token): Term {
    const asHead = !this.isWord(token.text);
    if (!asHead) {
      const constant = { true: true, false: false, null: null }[token.text];
      if (constant !== undefined) {
        this.advance();
        return this.term(token.start, { kind: 'const', value: constant });
      }
      const call = this.lexer.file.text[token.end] === '(';
      if (NEVER_VARIABLES.has(token.text) || (!call && this.keywords.has(token.text))) {
        throw this.unexpected(`${token.text} is a keyword, expected a term`);
      }
    }
    this.advance();
    const name = token.text === '_' ? `$${++this.wildcards}` : token.text;
    return this.term(token.start, { kind: 'var', name });
  }

  private parseBracketed(token: Token): Term {
    const outer = this.noUnion;
    this.noUnion = false;
    let result: Term;
    if (this.take('(')) {
      result = this.parsePaired();
      this.expect(')', 'to close the parenthesis');
    } else if (this.take('[')) result = this.parseArray(token.start);
    else if (this.take('{')) result = this.parseBraces(token.start);
    else if (this.is('-')) {
      this.advance();
      if (this.token.kind !== 'number') throw this.unexpected('expected a number after -');
      const { value } = this.token;
      this.advance();
      result = this.term(token.start, {
        kind: 'const',
        value: typeof value === 'bigint' ? -value : 0 - value,
      });
    } else throw this.unexpected('expected a term');
    this.noUnion = outer;
    return result;
  }

  private parseElement(): Term {
    this.noUnion = true;
    const element = this.parseExpression();
    this.noUnion = false;
    return element;
  }

  private parseArray(start: number): Term {
    if (this.take(']')) return this.term(start, { kind: 'const', value: [] });
    const head = this.parseElement();
    if (this.take('|')) {
      const body = this.parseBody(']');
      return this.term(start, { kind: 'array-of', head, body });
    }
    const items = this.parseRest(head, ']');
    if (items.every((item) => item.kind === 'const')) {
      return this.term(start, { kind: 'const', value: items.map((item) => item.value) });
    }
    return this.term(start, { kind: 'array', items });
  }

  private parseRest(first: Term, close: string): Term[] {
    const items = [first];
    while (!this.take(close)) {
      this.expect(',', `or ${close} after an element`);
      if (this.take(close)) break;
      items.push(this.parseExpression());
    }
    return items;
  }

  private parseBraces(start: number): Term {
    if (this.take('}')) return this.term(start, { kind: 'const', value: {} });
    const first = this.parseElement();
    if (this.take('|')) {
      const body = this.parseBody('}');
      return this.term(start, { kind: 'set-of', head: first, body });
    }
    if (this.take(':')) return this.parseObject(start, first);
    const items = this.parseRest(first, '}');
    if (items.every((item) => item.kind === 'const')) {
      return this.term(start, { kind: 'const', value: new RegoSet(items.map((item) => item.value)) });
    }
    return this.term(start, { kind: 'set', items });
  }

  private parseObject(start: number, firstKey: Term): Term {
    const first = this.parseElement();
    if (this.take('|')) {
      const body = this.parseBody('}');
      return this.term(start, { kind: 'object-of', key: firstKey, head: first, body });
    }
    const entries: [Term, Term][] = [];
    // Of two entries with the same key as written the later counts.
    const enter = (key: Term, value: Term) => {
      const same = entries.findIndex(([other]) => sameKey(other, key));
      if (same < 0) entries.push([key, value]);
      else entries[same] = [key, value];
    };
    enter(firstKey, first);
    while (!this.take('}')) {
      this.expect(',', 'or } after an element');
      if (this.take('}')) break;
      const key = this.parseExpression();
      this.expect(':', 'after an object key');
      enter(key, this.parseExpression());
    }
    const constants: [Value, Value][] = [];
    for (const [key, value] of entries) {
      if (key.kind === 'const' && value.kind === 'const') constants.push([key.value, value.value]);
    }
    const value = new RegoObject(constants);
    if (value.size === entries.length) return this.term(start, { kind: 'const', value });
    return this.term(start, { kind: 'object', entries });
  }

  /** `.name`, `[term]` and `(arguments)` directly after a term; white space ends a reference. */
  private parsePath(start: number, head: Term): Term {
    const { text } = this.lexer.file;
    let result = head;
    let path: Term[] = [];
    while (text[this.lastEnd] === '.' || text[this.lastEnd] === '[' || text[this.lastEnd] === '(') {
      if (head.kind === 'const' && typeof head.value !== 'object') break;
      if (this.take('.')) {
        if (this.token.kind !== 'name' || this.token.start !== this.lastEnd)
          throw this.unexpected('expected a name');
        const part = this.advance();
        path.push(this.term(part.start, { kind: 'const', value: part.text }));
      } else if (this.take('[')) {
        const outer = this.noUnion;
        this.noUnion = false;
        path.push(this.parseExpression());
        this.expect(']', 'to close the reference');
        this.noUnion = outer;
      } else {
        const name = dottedName(result, path);
        if (name === undefined) throw this.unexpected('only a function can be called');
        this.advance();
        result = this.parseCall(start, name);
        path = [];
      }
    }
    return path.length === 0 ? result : this.term(start, { kind: 'ref', head: result, path });
  }

  private parseCall(start: number, name: string): Term {
    const outer = this.noUnion;
    this.noUnion = false;
    const args = this.take(')') ? [] : this.parseRest(this.parseExpression(), ')');
    this.noUnion = outer;
    if (name === 'set' && args.length === 0) return this.term(start, { kind: 'const', value: new RegoSet() });
    return this.call(start, name, args);
  }

  private parseTemplate(quote: string, start: number): Term {
    const parts: (string | Term)[] = [];
    this.lexer.position = this.token.end;
    for (;;) {
      parts.push(this.lexer.templateText(quote));
      this.lexer.position++;
      if (this.lexer.file.text[this.lexer.position - 1] === quote) break;
      const from = this.lexer.position;
      this.token = this.lexer.next();
      const name = `$${++this.wildcards}`;
      const head = this.term(from, { kind: 'var', name });
      const value = this.parseExpression();
      const body = this.literal(from, { kind: 'unify', left: head, right: value });
      parts.push(this.term(from, { kind: 'array-of', head, body: [body] }));
      if (!this.is('}')) throw this.unexpected('expected } to close the template expression');
      this.lexer.position = this.token.end;
    }
    this.lastEnd = this.lexer.position;
    this.token = this.lexer.next();
    return this.term(start, { kind: 'template', parts });
  }

  /** Literals up to and with the closing bracket. */
  protected abstract parseBody(close: string): Body;
  /** A literal with the `with`s that follow. */
  protected abstract literal(start: number, shape: LiteralShape): Literal;
  /** An expression or, where no list could be meant, `key, value in collection`. */
  protected abstract parsePaired(): Term;
}

function sameKey(a: Term, b: Term): boolean {
  if (a.kind === 'const' && b.kind === 'const') return equal(a.value, b.value);
  return a.kind === 'var' && b.kind === 'var' && a.name === b.name;
}

/** `a.b.c` of a variable and constant names, else undefined. */
export function dottedName(head: Term, path: readonly Term[]): string | undefined {
  if (head.kind !== 'var') return undefined;
  let name = head.name;
  for (const part of path) {
    if (part.kind !== 'const' || typeof part.value !== 'string') return undefined;
    name += `.${part.value}`;
  }
  return name;
}
