import type { Body, Literal, LiteralShape, Term, With } from './ast.ts';
import { TermParser } from './parse-terms.ts';

/** Ordering a body's literals takes the square of their number. */
const MOST_LITERALS = 1000;

/** Literals and bodies. */
export abstract class BodyParser extends TermParser {
  /** Literals up to and with the closing bracket. */
  protected override parseBody(close: string): Body {
    const body: Literal[] = [];
    return this.nested(() => {
      while (!this.take(close)) {
        if (body.length > 0 && !this.token.newline && !this.take(';')) {
          throw this.unexpected(`expected a new line, ; or ${close}`);
        }
        if (body.length > 0) this.take(';');
        if (this.take(close)) break;
        if (body.length >= MOST_LITERALS)
          throw this.unexpected(`a body has at most ${MOST_LITERALS} literals`);
        body.push(this.parseLiteral());
      }
      if (body.length === 0) throw this.lexer.fault('found empty body', this.lastEnd - 1, this.lastEnd);
      return body;
    });
  }

  protected override literal(start: number, shape: LiteralShape): Literal {
    const bare = this.spanFrom(start);
    const modifiers: With[] = [];
    while (this.isWord('with')) {
      const from = this.advance().start;
      const target = this.parseTerm();
      if (!this.takeWord('as')) throw this.unexpected('expected as');
      const value = this.parseExpression();
      modifiers.push({ target, value, at: this.spanFrom(from) });
    }
    return { ...shape, with: modifiers, at: modifiers.length === 0 ? bare : this.spanFrom(start) };
  }

  protected parseLiteral(): Literal {
    const { start } = this.token;
    if (this.takeWord('not')) {
      const inner = this.nested(() => this.parseBareLiteral());
      return this.literal(start, {
        kind: 'not',
        body: { ...inner, with: [], at: this.spanFrom(inner.start) },
      });
    }
    const { start: _, ...shape } = this.parseBareLiteral();
    return this.literal(start, shape);
  }

  private parseBareLiteral(): LiteralShape & { readonly start: number } {
    const { start } = this.token;
    if (this.takeWord('some')) return { ...this.parseSome(), start };
    if (
      this.isWord('every') &&
      !/^\s*[,)\]};=]/.test(this.lexer.file.text.slice(this.token.end, this.token.end + 9))
    ) {
      if (this.lexer.file.text[this.token.end] !== '(') {
        this.advance();
        return { ...this.parseEvery(), start };
      }
    }
    const left = this.parsePaired();
    if (this.take(':=')) return { kind: 'assign', left, right: this.parsePaired(), start };
    if (this.take('=')) return { kind: 'unify', left, right: this.parsePaired(), start };
    return { kind: 'expr', term: left, start };
  }

  /** An expression or, where no list could be meant, `key, value in collection`. */
  protected override parsePaired(): Term {
    const { start } = this.token;
    const key = this.parseExpression();
    if (!this.take(',')) return key;
    const value = this.parseRelation();
    if (!this.takeWord('in')) throw this.unexpected('expected in');
    let pair = this.call(start, 'internal.member_3', [key, value, this.parseRelation()]);
    while (this.takeWord('in')) pair = this.call(start, 'internal.member_2', [pair, this.parseRelation()]);
    return pair;
  }

  private parseSome(): LiteralShape {
    const terms = [this.parseRelation()];
    while (this.take(',')) terms.push(this.parseRelation());
    const [first, second] = terms as [Term, Term | undefined];
    if (this.takeWord('in')) {
      if (terms.length > 2) throw this.unexpected('some takes a value or a key and a value');
      const domain = this.parseExpression();
      return second === undefined
        ? { kind: 'some-in', key: undefined, value: first, domain }
        : { kind: 'some-in', key: first, value: second, domain };
    }
    const names = terms.map((term) => {
      if (term.kind !== 'var') throw this.lexer.fault('some declares variables', term.at.start, term.at.end);
      return term.name;
    });
    return { kind: 'some', names };
  }

  private parseEvery(): LiteralShape {
    let value = this.parseTerm();
    let key: Term | undefined;
    if (this.take(',')) {
      key = value;
      value = this.parseTerm();
    }
    for (const term of [key, value]) {
      if (term !== undefined && term.kind !== 'var') {
        throw this.lexer.fault('every takes a key and a value variable', term.at.start, term.at.end);
      }
    }
    if (!this.takeWord('in')) throw this.unexpected('expected in');
    const domain = this.parseExpression();
    this.expect('{', "to open the body of 'every'");
    return { kind: 'every', key, value, domain, body: this.parseBody('}') };
  }
}
