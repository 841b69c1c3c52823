/**
 * Names to meanings: local variables get names unique in their rule, whatever else is a reference from `input` or
 * `data` afterwards. A call with one argument more than its function takes becomes a unification with the result.
 */
import {
  type Body,
  type Literal,
  type Module,
  RegoError,
  type Rule,
  type Span,
  type Term,
  type With,
} from './ast.ts';
import { DEPRECATED } from './conflicts.ts';
import { dottedName } from './parse-terms.ts';
import type { Value } from './values.ts';

export interface Names {
  /** Names of the rules of a package, whatever file they are in. */
  rulesOf(packagePath: readonly string[]): ReadonlySet<string>;
  /** Parameters of a builtin (`count`) or a function of the set (`data.a.f`); undefined where there is none. */
  arity(name: string): number | undefined;
  /** Whether a name without arity is one of a builtin that isn't there, which is a fault of its own. */
  absent?(name: string, at: Span): boolean;
  /** What `rego.metadata.rule` or `.chain` is in a rule: known before anything runs. */
  metadata?(name: string, rule: Rule): Value;
}

export interface ResolvedClause {
  readonly value: Term;
  readonly body: Body;
  readonly path: readonly Term[];
  readonly key: Term | undefined;
  readonly args: readonly Term[];
}

/** A variable a body gives a value to and nothing reads. */
export interface Unused {
  readonly name: string;
  readonly kind: 'variable' | 'argument';
  readonly at: Span;
}

interface LocalScope {
  /** Written names to names unique in the rule. */
  readonly names: Map<string, string>;
  /** Names read here before this scope had them. */
  readonly seen: Set<string>;
  /** Of `some`: what has to be used. */
  readonly declared: { readonly name: string; readonly unique: string; readonly at: Span }[];
  /** Of `:=`, `some … in`, `every` and arguments: what had better be. */
  readonly given: { readonly unique: string; readonly unused: Unused }[];
  readonly isArguments: boolean;
}

const ROOTS = new Set(['input', 'data']);

/** A resolved global: the variable `data` or `input`. Local names contain `@` or `$`, so none can be mistaken. */
export function isRoot(term: Term): boolean {
  return term.kind === 'var' && ROOTS.has(term.name);
}

/** A variable as its author wrote it. */
export function writtenName(name: string): string {
  return name.startsWith('$') ? '_' : (name.split('@')[0] as string);
}

export class Resolver {
  private readonly packagePath: readonly string[];
  private readonly globals: ReadonlySet<string>;
  private readonly imports = new Map<string, readonly string[]>();
  private readonly names: Names;
  readonly unused: Unused[] = [];
  /** Aliases of imports that something is looked up by. */
  readonly usedImports = new Set<string>();
  private readonly version: Module['version'];
  private scopes: LocalScope[] = [];
  private readonly used = new Set<string>();
  /** Off while what gives a variable its value is looked at: that is no use of it. */
  private counting = true;
  private count = 0;
  private current: Rule | undefined;

  constructor(module: Pick<Module, 'package' | 'imports' | 'version'>, names: Names) {
    this.version = module.version;
    this.packagePath = module.package;
    this.globals = names.rulesOf(module.package);
    this.names = names;
    for (const item of module.imports) this.imports.set(item.alias, item.path);
  }

  rule(rule: Rule): readonly ResolvedClause[] {
    this.current = rule;
    return rule.clauses.map((clause) =>
      this.scoped(true, () => {
        for (const arg of rule.args) this.introduce(arg, false, 'argument');
        const args = rule.args.map((arg) => this.pattern(arg));
        return this.scoped(false, () => {
          const body = this.body(clause.body);
          const key = rule.key === undefined ? undefined : this.term(rule.key);
          return {
            args,
            body,
            key,
            value: this.term(clause.value),
            path: rule.path.map((part) => this.term(part)),
          };
        });
      }),
    );
  }

  query(body: Body): Body {
    return this.scoped(false, () => this.body(body));
  }

  private scoped<T>(isArguments: boolean, run: () => T): T {
    const scope: LocalScope = { names: new Map(), seen: new Set(), declared: [], given: [], isArguments };
    this.scopes.push(scope);
    const result = run();
    this.scopes.pop();
    for (const { name, unique, at } of scope.declared) {
      if (!this.used.has(unique))
        throw new RegoError('rego_compile_error', `declared var ${name} unused`, at);
    }
    for (const { unique, unused } of scope.given) if (!this.used.has(unique)) this.unused.push(unused);
    return result;
  }

  /** A term whose variables are given values here. */
  private pattern(term: Term): Term {
    const before = this.counting;
    this.counting = false;
    const result = this.term(term);
    this.counting = before;
    return result;
  }

  private local(name: string): string | undefined {
    for (let i = this.scopes.length - 1; i >= 0; i--) {
      const found = this.scopes[i]?.names.get(name);
      if (found === undefined) continue;
      if (this.counting) this.used.add(found);
      return found;
    }
    return undefined;
  }

  /** Declares the variables of a pattern in the innermost scope. */
  private introduce(pattern: Term, once: boolean, kind: Unused['kind'] = 'variable'): void {
    if (pattern.kind === 'var' && !pattern.name.startsWith('$')) {
      if (once) this.checkNew(pattern.name, pattern.at);
      this.addName(pattern.name, { name: pattern.name, kind, at: pattern.at });
    } else if (pattern.kind === 'array') for (const item of pattern.items) this.introduce(item, once, kind);
    else if (pattern.kind === 'object')
      for (const [, value] of pattern.entries) this.introduce(value, once, kind);
  }

  private addName(name: string, unused: Unused | undefined): string {
    const scope = this.scopes.at(-1);
    const unique = `${name}@${++this.count}`;
    scope?.names.set(name, unique);
    if (unused !== undefined) scope?.given.push({ unique, unused });
    return unique;
  }

  /** What `:=` and `some` declare must not have been named before in the same body. */
  private checkNew(name: string, at: Span): void {
    const scope = this.scopes.at(-1);
    const fault = (message: string) => new RegoError('rego_compile_error', message, at);
    if (scope?.names.has(name) === true) throw fault(`var ${name} assigned above`);
    if (scope?.seen.has(name) === true) throw fault(`var ${name} referenced above`);
    const outer = this.scopes.at(-2);
    if (outer?.isArguments === true && outer.names.has(name)) throw fault(`arg ${name} redeclared`);
    if (this.version === 'v1' && ROOTS.has(name))
      throw fault(`variables must not shadow ${name} (use a different variable name)`);
  }

  private body(body: Body): Body {
    const result: Literal[] = [];
    for (const literal of body) {
      const resolved = this.literal(literal);
      if (resolved !== undefined) result.push(resolved);
    }
    return result;
  }

  private literal(literal: Literal): Literal | undefined {
    const { at } = literal;
    const modifiers = literal.with.map((item) => this.with(item));
    switch (literal.kind) {
      case 'some':
        for (const name of literal.names) {
          this.checkNew(name, at);
          const unique = this.addName(name, undefined);
          this.scopes.at(-1)?.declared.push({ name, unique, at });
        }
        return undefined;
      case 'expr':
        return this.expression(literal.term, modifiers, at);
      case 'assign': {
        const right = this.term(literal.right);
        this.introduce(literal.left, true);
        return { kind: 'assign', left: this.pattern(literal.left), right, with: modifiers, at };
      }
      case 'unify':
        return {
          kind: 'unify',
          left: this.term(literal.left),
          right: this.term(literal.right),
          with: modifiers,
          at,
        };
      case 'not': {
        const inner = this.literal(literal.body);
        return inner === undefined ? undefined : { kind: 'not', body: inner, with: modifiers, at };
      }
      case 'some-in': {
        const domain = this.term(literal.domain);
        if (literal.key !== undefined) this.introduce(literal.key, false);
        this.introduce(literal.value, false);
        const key = literal.key === undefined ? undefined : this.pattern(literal.key);
        return { kind: 'some-in', key, value: this.pattern(literal.value), domain, with: modifiers, at };
      }
      case 'every': {
        const domain = this.term(literal.domain);
        return this.scoped(false, () => {
          if (literal.key !== undefined) this.introduce(literal.key, false);
          this.introduce(literal.value, false);
          const key = literal.key === undefined ? undefined : this.pattern(literal.key);
          const value = this.pattern(literal.value);
          const body = this.scoped(false, () => this.body(literal.body));
          return { kind: 'every', key, value, domain, body, with: modifiers, at };
        });
      }
    }
  }

  private expression(term: Term, modifiers: readonly With[], at: Span): Literal {
    const [left, right] = term.kind === 'call' && term.name === 'eq' ? term.args : [];
    if (left !== undefined && right !== undefined && this.global('eq') === undefined)
      return { kind: 'unify', left: this.term(left), right: this.term(right), with: modifiers, at };
    const resolved = this.term(term, true);
    if (resolved.kind === 'call') {
      const arity = this.names.arity(resolved.name);
      const last = resolved.args.at(-1);
      if (arity !== undefined && last !== undefined && resolved.args.length === arity + 1) {
        const right = this.settled({ ...resolved, args: resolved.args.slice(0, -1) });
        return { kind: 'unify', left: last, right, with: modifiers, at };
      }
    }
    return { kind: 'expr', term: this.settled(resolved), with: modifiers, at };
  }

  private with(item: With): With {
    const { target } = item;
    const name = target.kind === 'ref' ? dottedName(target.head, target.path) : undefined;
    const builtin = name ?? (target.kind === 'var' ? target.name : undefined);
    const resolved = this.term(target);
    const root = resolved.kind === 'ref' ? resolved.head : resolved;
    if (!isRoot(root)) {
      if (builtin === undefined || this.names.arity(builtin) === undefined) {
        throw new RegoError('rego_type_error', 'with takes input, data or a function to replace', target.at);
      }
      return {
        ...item,
        target: { kind: 'var', name: builtin, at: target.at },
        value: this.replacement(item.value),
      };
    }
    return { ...item, target: resolved, value: this.replacement(item.value) };
  }

  /** What stands for a builtin after `as`: the builtin's own name stays a variable of that name. */
  private replacement(term: Term): Term {
    const name =
      term.kind === 'ref' ? dottedName(term.head, term.path) : term.kind === 'var' ? term.name : undefined;
    const head = name?.split('.')[0];
    if (name === undefined || head === undefined || this.local(head) !== undefined) return this.term(term);
    if (this.globals.has(head) || this.imports.has(head) || this.names.arity(name) === undefined)
      return this.term(term);
    return ROOTS.has(head) ? this.term(term) : { kind: 'var', name, at: term.at };
  }

  private term(term: Term, statement = false): Term {
    const { at } = term;
    switch (term.kind) {
      case 'const':
        return term;
      case 'var':
        return this.variable(term.name, [], at);
      case 'ref': {
        const path = term.path.map((part) => this.term(part));
        if (term.head.kind === 'var') return this.variable(term.head.name, path, at);
        return { kind: 'ref', head: this.term(term.head), path, at };
      }
      case 'call':
        return this.call(
          term.name,
          term.args.map((arg) => this.term(arg)),
          at,
          statement,
        );
      case 'array':
      case 'set':
        return { kind: term.kind, items: term.items.map((item) => this.term(item)), at };
      case 'object':
        return {
          kind: 'object',
          entries: term.entries.map(([k, v]) => [this.term(k), this.term(v)] as const),
          at,
        };
      case 'template':
        return {
          kind: 'template',
          parts: term.parts.map((p) => (typeof p === 'string' ? p : this.term(p))),
          at,
        };
      default:
        return this.scoped(false, () => {
          const body = this.body(term.body);
          const head = this.term(term.head);
          if (term.kind === 'object-of')
            return { kind: 'object-of', key: this.term(term.key), head, body, at };
          return { kind: term.kind, head, body, at };
        });
    }
  }

  private variable(name: string, path: readonly Term[], at: Span): Term {
    const innermost = this.scopes.at(-1);
    if (innermost?.names.has(name) === false) innermost.seen.add(name);
    const global = this.global(name);
    const head: Term = {
      kind: 'var',
      name: global?.[0] ?? this.local(name) ?? (name.startsWith('$') ? name : `${name}@`),
      at,
    };
    const prefix = (global ?? []).slice(1).map((value): Term => ({ kind: 'const', value, at }));
    const full = [...prefix, ...path];
    return full.length === 0 ? head : { kind: 'ref', head, path: full, at };
  }

  private global(name: string): readonly string[] | undefined {
    if (this.local(name) !== undefined) return undefined;
    if (ROOTS.has(name)) return [name];
    const imported = this.imports.get(name);
    if (imported !== undefined) this.usedImports.add(name);
    return imported ?? (this.globals.has(name) ? ['data', ...this.packagePath, name] : undefined);
  }

  private call(name: string, args: readonly Term[], at: Span, statement: boolean): Term {
    const [head, ...rest] = name.split('.') as [string, ...string[]];
    const global = this.global(head);
    const full = global === undefined ? name : [...global, ...rest].join('.');
    const found = this.names.arity(full) === undefined && global !== undefined ? name : full;
    const arity = this.names.arity(found);
    if (this.version === 'v1' && this.current !== undefined && DEPRECATED.has(found))
      throw new RegoError('rego_type_error', `deprecated built-in function called: ${found}`, at);
    if (arity === undefined) {
      if (this.names.absent?.(found, at) === true) return { kind: 'call', name: found, args, at };
      throw new RegoError('rego_type_error', `undefined function ${name}`, at, name);
    }
    if (args.length !== arity && !(statement && args.length === arity + 1)) {
      const given = `${args.length} argument${args.length === 1 ? '' : 's'}`;
      throw new RegoError('rego_type_error', `${name} takes ${arity}, not ${given}`, at);
    }
    const call: Term = { kind: 'call', name: found, args, at };
    return statement ? call : this.settled(call);
  }

  /** A call whose value is known by now as that value. */
  private settled(term: Term): Term {
    if (term.kind !== 'call' || !term.name.startsWith('rego.metadata.')) return term;
    if (this.current === undefined || this.names.metadata === undefined) return term;
    return { kind: 'const', value: this.names.metadata(term.name, this.current), at: term.at };
  }
}
