import {
  type Body,
  type Clause,
  type Import,
  type Literal,
  type Module,
  RegoError,
  type Rule,
  type SourceFile,
  type Term,
} from './ast.ts';
import { BodyParser } from './parse-bodies.ts';
import { dottedName, FUTURE, type RegoVersion } from './parse-terms.ts';

/** A policy is text people write; what is longer is not one. */
const MOST_TEXT = 1 << 20;

/**
 * Parses one file. What parses as v1 is v1, else v0 (rules without `if` and `contains`). Where neither does, the
 * fault told is that of the reading which got further, for that is the syntax the author meant.
 *
 * @throws RegoError `rego_parse_error`
 */
export function parseModule(file: SourceFile, version?: RegoVersion): Module {
  if (file.text.length > MOST_TEXT) {
    throw new RegoError('rego_parse_error', `larger than ${MOST_TEXT} characters`, {
      file,
      start: 0,
      end: 0,
    });
  }
  if (version !== undefined) return new ModuleParser(file, version).parse();
  try {
    return new ModuleParser(file, 'v1').parse();
  } catch (error) {
    if (!(error instanceof RegoError) || /^[ \t]*import[ \t]+rego\.v1\b/m.test(file.text)) throw error;
    try {
      return new ModuleParser(file, 'v0').parse();
    } catch (older) {
      throw older instanceof RegoError && older.at.start > error.at.start ? older : error;
    }
  }
}

/** A query: literals separated by `;` or lines. */
export function parseQuery(text: string): Body {
  return new ModuleParser({ path: 'query', text }, 'v0').parseQuery();
}

interface Head {
  readonly start: number;
  readonly path: readonly Term[];
  readonly args: readonly Term[] | undefined;
  readonly key: Term | undefined;
  readonly value: Term | undefined;
}

/** What of a term is known only when it is evaluated, comprehensions aside. */
function variablePart(term: Term): Term | undefined {
  switch (term.kind) {
    case 'var':
    case 'ref':
    case 'call':
      return term;
    case 'array':
    case 'set':
      return term.items.map(variablePart).find((part) => part !== undefined);
    case 'object':
      return term.entries
        .flat()
        .map(variablePart)
        .find((part) => part !== undefined);
    default:
      return undefined;
  }
}

class ModuleParser extends BodyParser {
  parseQuery(): Body {
    this.keywords = FUTURE;
    const body: Literal[] = [];
    while (this.token.kind !== 'end') {
      if (body.length > 0 && !this.take(';') && !this.token.newline)
        throw this.unexpected('expected ; or a new line');
      body.push(this.parseLiteral());
    }
    if (body.length === 0) throw this.unexpected('expected a query');
    return body;
  }

  parse(): Module {
    if (!this.takeWord('package')) throw this.unexpected('expected package, the first thing in a policy');
    const packageTerm = this.parseTerm();
    const imports: Import[] = [];
    const rules: Rule[] = [];
    while (this.isWord('import')) this.parseImport(imports);
    while (this.token.kind !== 'end') {
      if (this.isWord('import')) throw this.unexpected('imports come before the first rule');
      if (!this.token.newline && !this.take(';')) throw this.unexpected('expected a new line');
      this.parseRule(rules);
      this.take(';');
    }
    return {
      file: this.lexer.file,
      package: this.names(packageTerm),
      packageAt: packageTerm.at,
      imports,
      rules,
      version: this.version,
      comments: this.lexer.comments,
    };
  }

  private names(term: Term): string[] {
    const [head, path] = term.kind === 'ref' ? [term.head, term.path] : [term, []];
    const name = dottedName(head, path);
    if (name === undefined || head.kind !== 'var') {
      throw this.lexer.fault('expected names separated by dots', term.at.start, term.at.end);
    }
    return [head.name, ...path.map((part) => (part.kind === 'const' ? String(part.value) : ''))];
  }

  private parseImport(imports: Import[]): void {
    const { start } = this.advance();
    const term = this.parseTerm();
    const path = this.names(term);
    const named = this.takeWord('as') ? this.parseTerm() : undefined;
    if (named !== undefined && named.kind !== 'var') throw this.unexpected('expected a name after as');
    const alias = named === undefined ? (path.at(-1) as string) : named.name;
    if (path[0] === 'future' || path[0] === 'rego') {
      this.enable(path, term);
      return;
    }
    if (path[0] !== 'data' && path[0] !== 'input') {
      throw this.lexer.fault('an import starts with data, input, future or rego', term.at.start, term.at.end);
    }
    imports.push({ path, alias, at: this.spanFrom(start) });
  }

  private enable(path: readonly string[], { at }: Term): void {
    const [root, name, word] = path;
    if (root === 'rego' && name === 'v1' && word === undefined) {
      this.version = 'v1';
      this.keywords = FUTURE;
      return;
    }
    const known = root === 'future' && name === 'keywords' && path.length < 4;
    if (!known || (word !== undefined && !FUTURE.has(word))) {
      const what = root === 'future' ? 'future.keywords, or one of them' : 'rego.v1';
      throw this.lexer.fault(`nothing to import: ${path.join('.')} (there is ${what})`, at.start, at.end);
    }
    const more = word === undefined ? FUTURE : word === 'every' ? ['every', 'in'] : [word];
    this.keywords = new Set([...this.keywords, ...more]);
  }

  private parseRule(rules: Rule[]): void {
    const { start } = this.token;
    const isDefault = this.takeWord('default');
    const head = this.parseHead(start);
    if (isDefault) {
      if (head.value === undefined) throw this.unexpected('expected := and the default value');
      this.checkDefault(head, head.value);
      rules.push(this.makeRule(head, true, false, [this.clause(head, head.value, [])]));
      return;
    }
    const hasIf = this.takeWord('if');
    if (!hasIf && !this.is('{')) {
      this.checkBare(head);
      rules.push(this.makeRule(head, false, false, [this.clause(head, this.headValue(head), [])]));
      return;
    }
    if (!hasIf && this.version === 'v1') throw this.unexpected('`if` keyword is required before rule body');
    const clauses: [Clause, ...Clause[]] = [
      this.clause(head, this.headValue(head), this.parseRuleBody(hasIf)),
    ];
    while (this.isWord('else')) clauses.push(this.parseElse());
    rules.push(this.makeRule(head, false, hasIf, clauses));
    while (this.is('{') && clauses.length === 1 && !this.token.newline) {
      const body = this.parseRuleBody(false);
      rules.push(this.makeRule(head, false, hasIf, [this.clause(head, this.headValue(head), body)]));
    }
  }

  /** A default holds whatever the input is: it can't depend on anything, nor choose by its arguments. */
  private checkDefault({ args, key }: Head, value: Term): void {
    const fault = (what: string, { at }: Term) => this.lexer.fault(what, at.start, at.end);
    const depends = variablePart(value);
    if (depends !== undefined) throw fault('a default value is a constant', depends);
    if (key !== undefined) throw fault('a default is for a rule of one value', key);
    const pattern = (args ?? []).find((arg) => arg.kind === 'ref' || arg.kind === 'call');
    if (pattern !== undefined) throw fault('a default function takes variables and constants', pattern);
  }

  private checkBare(head: Head): void {
    const last = head.path.length - 1;
    const set = this.version === 'v0' && last === 1 && head.args === undefined;
    if (head.value === undefined && head.key === undefined && !set) {
      throw this.unexpected('expected := or if after the rule name');
    }
  }

  private clause(head: { start: number }, value: Term, body: Body): Clause {
    return { value, body, at: this.spanFrom(head.start) };
  }

  private headValue(head: Head): Term {
    return head.value ?? this.term(head.start, { kind: 'const', value: true });
  }

  private parseElse(): Clause {
    const { start } = this.advance();
    const given = this.take(':=') || this.take('=') ? this.parseExpression() : undefined;
    const value = given ?? this.term(start, { kind: 'const', value: true });
    const hasIf = this.takeWord('if');
    if (!hasIf && !this.is('{')) {
      if (given === undefined) throw this.unexpected('expected :=, if or a body after else');
      return this.clause({ start }, value, []);
    }
    if (!hasIf && this.version === 'v1') throw this.unexpected('`if` keyword is required before rule body');
    return this.clause({ start }, value, this.parseRuleBody(hasIf));
  }

  /** `{…}`, or after `if` a single literal; `if {…}` is a body unless only a term fits. */
  private parseRuleBody(hasIf: boolean): Body {
    if (!hasIf) {
      this.expect('{', 'to open the rule body');
      return this.parseBody('}');
    }
    if (!this.is('{')) return [this.parseLiteral()];
    return this.either(
      () => {
        this.advance();
        return this.parseBody('}');
      },
      () => [this.parseLiteral()],
    );
  }

  private parseHead(start: number): Head {
    const term = this.parseTerm();
    let path: readonly Term[];
    let args: readonly Term[] | undefined;
    if (term.kind === 'call') {
      path = term.name
        .split('.')
        .map((name, at) =>
          this.term(start, at === 0 ? { kind: 'var', name } : { kind: 'const', value: name }),
        );
      args = term.args;
    } else path = term.kind === 'ref' ? [term.head, ...term.path] : [term];
    const first = path[0] as Term;
    if (first.kind !== 'var' || first.name.startsWith('$')) {
      throw this.lexer.fault('expected a rule name', first.at.start, first.at.end);
    }
    const name: Term = { kind: 'const', value: first.name, at: first.at };
    const key = args === undefined && this.takeWord('contains') ? this.parseExpression() : undefined;
    const value = this.take(':=') || this.take('=') ? this.parseExpression() : undefined;
    if (key !== undefined && value !== undefined) throw this.unexpected('a contains rule has no value');
    return { start, path: [name, ...path.slice(1)], args, key, value };
  }

  private makeRule(head: Head, isDefault: boolean, hasIf: boolean, clauses: [Clause, ...Clause[]]): Rule {
    const { args, key, value, path } = head;
    const base = { at: this.spanFrom(head.start), file: this.lexer.file, isDefault, clauses };
    if (args !== undefined && args.length > 0)
      return { ...base, kind: 'function', path, key: undefined, args };
    if (key !== undefined) return { ...base, kind: 'set', path, key, args: [] };
    // v0's `p[x] { … }` adds x to the set p; `p[x] if …`, `p[x] = y` and longer heads make objects.
    if (this.version === 'v0' && path.length === 2 && value === undefined && !hasIf && !isDefault) {
      return { ...base, kind: 'set', path: path.slice(0, 1), key: path[1], args: [] };
    }
    return { ...base, kind: 'value', path, key: undefined, args: [] };
  }
}
