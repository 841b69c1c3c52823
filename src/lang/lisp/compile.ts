/** From data to code: macros expanded, names resolved, special forms known by what they mean, not by how they are spelt. */
import { Assign, Call, Constant, Global, If, Lambda, Local, type Simple, sequence, up } from './code.ts';
import { Alias, fail, list, members, Name, NIL, Pair, UNSPECIFIED, type Value } from './data.ts';
import type { Form } from './form.ts';
import type { Code } from './machine.ts';
import { expand, syntaxRules } from './macro.ts';
import { formalNames, plain, recordNames } from './names.ts';
import type { Clause } from './procedures.ts';
import { baseName, Frame, type Globals, type Identifier, isIdentifier, Scope } from './scope.ts';

/** Forms within forms, and macros that expand to macros. */
const DEEPEST = 2_000;

export class Compiler {
  readonly globals: Globals;
  readonly #forms: Readonly<Record<string, Form>>;
  #depth = 0;

  constructor(globals: Globals, forms: Readonly<Record<string, Form>>) {
    this.globals = globals;
    this.#forms = forms;
  }

  /** A form of the top level. */
  program(form: Value): Code {
    return this.compile(form, new Scope(this.globals));
  }

  compile(form: Value, scope: Scope): Code {
    this.#depth += 1;
    if (this.#depth > DEEPEST) return fail('the program is nested too deep');
    try {
      return this.#compile(form, scope);
    } finally {
      this.#depth -= 1;
    }
  }

  #compile(form: Value, scope: Scope): Code {
    if (isIdentifier(form)) return this.reference(form, scope);
    if (form instanceof Pair) {
      if (isIdentifier(form.car)) {
        const meaning = scope.look(form.car);
        if (meaning.kind === 'macro') return this.compile(expand(meaning.macro, form, scope), scope);
        if (meaning.kind === 'form') {
          const made = this.#forms[meaning.form];
          if (made !== undefined) return made(this, form, scope);
        }
      }
      const parts = members(form);
      if (parts === undefined) return fail('a call is a proper list', form);
      return new Call(parts.map((part) => this.compile(part, scope)));
    }
    if (form === NIL) return fail('() is no expression');
    return new Constant(plain(form));
  }

  reference(identifier: Identifier, scope: Scope): Simple {
    const meaning = scope.look(identifier);
    if (meaning.kind === 'local') return new Local(meaning.depth, meaning.index, baseName(identifier).text);
    if (meaning.kind === 'global') return new Global(meaning.cell);
    return fail(`${baseName(identifier).text} is syntax, no value`);
  }

  assignment(identifier: Identifier, value: Code, scope: Scope): Code {
    const meaning = scope.look(identifier);
    if (meaning.kind === 'local') {
      const { depth, index } = meaning;
      return new Assign(value, (made, environment) => {
        up(environment, depth).values[index] = made;
      });
    }
    if (meaning.kind !== 'global') return fail(`${baseName(identifier).text} is syntax, no variable`);
    const { cell } = meaning;
    return new Assign(value, (made) => {
      if (cell.value === undefined) fail(`${cell.name} is not defined`);
      cell.value = made;
    });
  }

  /** A definition of the top level. */
  define(identifier: Identifier, value: Code): Code {
    const name = baseName(identifier);
    this.globals.syntax.delete(name);
    const cell = this.globals.cell(name);
    return new Assign(value, (made) => {
      cell.value = made;
    });
  }

  lambda(title: string, parameters: Value, body: Value, scope: Scope): Lambda {
    return new Lambda(title, [this.clause(parameters, body, scope)]);
  }

  clause(parameters: Value, body: Value, scope: Scope): Clause {
    const names = formalNames(parameters);
    const { inner, clause } = this.region(scope, names);
    return clause(this.body(body, inner), members(parameters) === undefined);
  }

  /** A frame within, with these variables; `clause` makes what is called of its body. */
  region(
    scope: Scope,
    names: readonly Identifier[],
  ): { readonly inner: Scope; readonly clause: (body: Code, rest?: boolean) => Clause } {
    const inner = new Scope(this.globals, scope, new Frame(scope.frame));
    for (const name of names) {
      if (inner.bindsHere(name)) return fail(`two parameters are named ${baseName(name).text}`);
      inner.variable(name);
    }
    return {
      inner,
      clause: (body, rest = false) => ({ required: names.length - (rest ? 1 : 0), rest, body }),
    };
  }

  /** Definitions, then expressions; the definitions are slots of the frame that `scope` has (`letrec*`). */
  body(forms: Value, scope: Scope): Code {
    const given = members(forms);
    if (given === undefined || given.length === 0) return fail('a body holds at least one expression');
    const parts: (() => Code)[] = [];
    // the next one last: what a macro makes comes before the rest, however much that is
    const waiting = given.toReversed();
    let expressions = 0;
    for (let steps = 0; waiting.length > 0; steps++) {
      if (steps > 100_000) return fail('a body is too large');
      const form = waiting.pop();
      if (form === undefined) break;
      const head = form instanceof Pair && isIdentifier(form.car) ? scope.look(form.car) : undefined;
      if (form instanceof Pair && head?.kind === 'macro') {
        waiting.push(expand(head.macro, form, scope));
        continue;
      }
      const kind = head?.kind === 'form' ? head.form : '';
      if (form instanceof Pair && kind === 'begin') {
        for (const part of (members(form.cdr) ?? fail('begin: a list', form)).toReversed())
          waiting.push(part);
      } else if (form instanceof Pair && kind === 'define-syntax') this.defineSyntax(form, scope);
      else if (form instanceof Pair && kind === 'define') {
        const { name, value } = this.definition(form);
        if (!scope.bindsHere(name)) scope.variable(name);
        parts.push(() => this.assignment(name, value(scope), scope));
      } else if (form instanceof Pair && kind === 'define-values') {
        const [, formals = NIL] = members(form) ?? [];
        for (const name of formalNames(formals)) if (!scope.bindsHere(name)) scope.variable(name);
        parts.push(() => this.compile(form, scope));
      } else if (form instanceof Pair && kind === 'define-record-type') {
        for (const name of recordNames(form)) if (!scope.bindsHere(name)) scope.variable(name);
        parts.push(() => this.compile(form, scope));
      } else {
        expressions += 1;
        parts.push(() => this.compile(form, scope));
      }
    }
    if (expressions === 0) parts.push(() => new Constant(UNSPECIFIED));
    return sequence(parts.map((part) => part()));
  }

  /** `(define name value)` and `(define (name . parameters) body)`, curried ones too. */
  definition(form: Value): { readonly name: Identifier; readonly value: (scope: Scope) => Code } {
    if (!(form instanceof Pair) || !(form.cdr instanceof Pair))
      return fail('define: a name and a value', form);
    const { car: target, cdr: rest } = form.cdr;
    if (target instanceof Pair) {
      const { car: inner, cdr: parameters } = target;
      if (inner instanceof Pair) {
        const lambda = new Pair(Name.of('lambda'), new Pair(parameters, rest));
        return this.definition(list([form.car, inner, aliasOfForm(lambda, this.globals)]));
      }
      if (!isIdentifier(inner)) return fail('define: a name', form);
      return { name: inner, value: (scope) => this.lambda(baseName(inner).text, parameters, rest, scope) };
    }
    if (!isIdentifier(target)) return fail('define: a name', form);
    if (rest === NIL) return { name: target, value: () => new Constant(UNSPECIFIED) };
    if (!(rest instanceof Pair) || rest.cdr !== NIL) return fail('define: one value', form);
    return {
      name: target,
      value: (scope) => {
        const made = this.compile(rest.car, scope);
        return made instanceof Lambda && made.title === 'lambda'
          ? new Lambda(baseName(target).text, made.clauses)
          : made;
      },
    };
  }

  defineSyntax(form: Value, scope: Scope, into: Scope = scope): void {
    const [, name, rules] = members(form) ?? [];
    if (!isIdentifier(name) || rules === undefined) fail('define-syntax: a name and syntax-rules', form);
    into.macro(name, this.rules(rules, scope));
  }

  rules(form: Value, scope: Scope): ReturnType<typeof syntaxRules> {
    if (isIdentifier(form)) {
      const meaning = scope.look(form);
      if (meaning.kind === 'macro') return meaning.macro;
    }
    const head = form instanceof Pair && isIdentifier(form.car) ? scope.look(form.car) : undefined;
    if (head?.kind === 'form' && head.form === 'syntax-rules') return syntaxRules(form, scope);
    if (form instanceof Pair && head?.kind === 'macro')
      return this.rules(expand(head.macro, form, scope), scope);
    return fail('only syntax-rules makes syntax', form);
  }

  if(test: Code, then: Code, otherwise?: Code): Code {
    return new If(test, then, otherwise ?? new Constant(UNSPECIFIED));
  }
}

/** A list that begins with a special form's own name, whatever the program has bound that name to. */
function aliasOfForm(form: Pair, globals: Globals): Value {
  const name = form.car;
  return isIdentifier(name) ? new Pair(new Alias(name, new Scope(globals)), form.cdr) : form;
}
