/** Special forms (R7RS §4 and §5), each from its form to code. */
import { Call, Constant, Lambda, Simple, sequence } from './code.ts';
import type { Compiler } from './compile.ts';
import { GUARDED, PARAMETERIZED, RAISE_AGAIN } from './control.ts';
import { Alias, Delayed, fail, list, members, Name, NIL, Pair, UNSPECIFIED, type Value } from './data.ts';
import { equivalent } from './equal.ts';
import { Bind, type Binding, bindings, type Form, form, isForm, parts, rest, then } from './form.ts';
import { condExpand, importForm } from './library.ts';
import { Code, type Environment, type Machine } from './machine.ts';
import { plain } from './names.ts';
import { quasiquote } from './quasi.ts';
import { defineRecordType } from './records.ts';
import { baseName, type Identifier, isIdentifier, Scope } from './scope.ts';
import { defineValues, letValues } from './several.ts';

/** `let`: a call of a lambda. */
function bind(
  compiler: Compiler,
  names: readonly Identifier[],
  values: readonly Code[],
  body: Value,
  scope: Scope,
): Code {
  return new Call([compiler.lambda('let', list(names), body, scope), ...values]);
}

const letForm: Form = (compiler, form, scope) => {
  const [first, second] = parts(form, 2);
  if (isIdentifier(first)) {
    const given = bindings(second ?? NIL, 'let');
    const { inner } = compiler.region(scope, [first]);
    const names = list(given.map(({ name }) => name));
    const lambda = compiler.lambda(baseName(first).text, names, rest(rest(rest(form))), inner);
    return new NamedLet(
      lambda,
      given.map(({ value }) => compiler.compile(value, scope)),
    );
  }
  const given = bindings(first ?? NIL, 'let');
  return bind(
    compiler,
    given.map(({ name }) => name),
    given.map(({ value }) => compiler.compile(value, scope)),
    rest(rest(form)),
    scope,
  );
};

/** The procedure is bound in an environment of its own; the first arguments are evaluated outside of it. */
class NamedLet extends Code {
  readonly lambda: Lambda;
  readonly call: Call;

  constructor(lambda: Lambda, values: readonly Code[]) {
    super();
    this.lambda = lambda;
    this.call = new Call([lambda, ...values]);
  }

  run(machine: Machine, environment: Environment): void {
    const own: Environment = { values: [], outer: environment };
    const closure = this.lambda.evaluate(own);
    own.values[0] = closure;
    this.call.collect([closure], machine, environment);
  }
}

/** `let*`: each binding in a scope within the one before. */
const letStar: Form = (compiler, form, scope) => {
  const [first = NIL] = parts(form, 2);
  const nested = (given: readonly Binding[], outer: Scope): Code => {
    const [next, ...others] = given;
    if (next === undefined) return bind(compiler, [], [], rest(rest(form)), outer);
    const value = compiler.compile(next.value, outer);
    const { inner, clause } = compiler.region(outer, [next.name]);
    return new Call([new Lambda('let*', [clause(nested(others, inner))]), value]);
  };
  return nested(bindings(first, 'let*'), scope);
};

const letrec: Form = (compiler, form, scope) => {
  const [first = NIL] = parts(form, 2);
  const given = bindings(first, 'letrec');
  const { inner, clause } = compiler.region(scope, []);
  for (const { name } of given) inner.variable(name);
  const assignments = given.map(({ name, value }) =>
    compiler.assignment(name, compiler.compile(value, inner), inner),
  );
  const body = compiler.body(rest(rest(form)), new Scope(compiler.globals, inner));
  return new Call([new Lambda('letrec', [clause(sequence([...assignments, body]))])]);
};

const cond: Form = (compiler, form, scope) => {
  const clauses = parts(form, 1);
  return condClauses(compiler, clauses, scope, new Constant(UNSPECIFIED));
};

export function condClauses(
  compiler: Compiler,
  clauses: readonly Value[],
  scope: Scope,
  otherwise: Code,
): Code {
  let code = otherwise;
  for (const clause of [...clauses].reverse()) {
    const [test, ...body] = members(clause) ?? fail('cond: a clause is a list', plain(clause));
    if (test === undefined) return fail('cond: an empty clause');
    if (isForm(test, 'else', scope))
      code = compiler.compile(new Pair(form('begin', compiler), list(body)), scope);
    else {
      const [arrow, receiver] = body;
      const after = code;
      const tested = compiler.compile(test, scope);
      if (arrow !== undefined && receiver !== undefined && isForm(arrow, '=>', scope)) {
        const made = compiler.compile(receiver, scope);
        code = new Bind(tested, (value, machine, environment) => {
          if (value === false) return then(machine, after, environment);
          then(machine, new Call([made, new Constant(value)]), environment);
        });
      } else if (body.length === 0) {
        code = new Bind(tested, (value, machine, environment) => {
          if (value === false) return then(machine, after, environment);
          machine.value = value;
        });
      } else {
        code = compiler.if(tested, sequence(body.map((one) => compiler.compile(one, scope))), after);
      }
    }
  }
  return code;
}

const caseForm: Form = (compiler, given, scope) => {
  const [key = NIL, ...clauses] = parts(given, 1);
  const cases = clauses.map((clause) => {
    const [data, ...body] = members(clause) ?? [];
    if (data === undefined || body.length === 0)
      return fail('case: a clause is data and expressions', plain(clause));
    const otherwise = isForm(data, 'else', scope);
    const wanted = otherwise ? [] : (members(plain(data)) ?? fail('case: data are a list', plain(data)));
    const arrow = isForm(body[0], '=>', scope);
    const code = arrow
      ? compiler.compile(body[1] ?? NIL, scope)
      : sequence(body.map((one) => compiler.compile(one, scope)));
    return { otherwise, wanted, arrow, code };
  });
  return new Bind(compiler.compile(key, scope), (value, machine, environment) => {
    const found = cases.find(
      ({ otherwise, wanted }) => otherwise || wanted.some((one) => equivalent(one, value)),
    );
    if (found === undefined) {
      machine.value = UNSPECIFIED;
      return;
    }
    then(machine, found.arrow ? new Call([found.code, new Constant(value)]) : found.code, environment);
  });
};

const doForm: Form = (compiler, given, scope) => {
  const [variables = NIL, exit = NIL, ...body] = parts(given, 2);
  const specs = (members(variables) ?? fail('do: variables are a list')).map((spec) => {
    const [name, init, step] = members(spec) ?? [];
    if (!isIdentifier(name) || init === undefined)
      return fail('do: a variable is a name, a value and a step', plain(spec));
    return { name, init, step: step ?? name };
  });
  const [test, ...results] = members(exit) ?? fail('do: a test and results');
  const loop = new Alias(Name.of('do-loop'), new Scope(compiler.globals));
  const again = new Pair(loop, list(specs.map(({ step }) => step)));
  const choice = list([
    form('if', compiler),
    test ?? NIL,
    new Pair(form('begin', compiler), list(results.length === 0 ? [UNSPECIFIED] : results)),
    new Pair(form('begin', compiler), list([...body, again])),
  ]);
  const variablesOf = list(specs.map(({ name, init }) => list([name, init])));
  return letForm(compiler, new Pair(form('let', compiler), list([loop, variablesOf, choice])), scope);
};

const and: Form = (compiler, given, scope) => {
  const codes = parts(given, 0).map((one) => compiler.compile(one, scope));
  if (codes.length === 0) return new Constant(true);
  return codes.reduceRight((after, code) => compiler.if(code, after, new Constant(false)));
};

const or: Form = (compiler, given, scope) => {
  const codes = parts(given, 0).map((one) => compiler.compile(one, scope));
  if (codes.length === 0) return new Constant(false);
  return codes.reduceRight(
    (after, code) =>
      new Bind(code, (value, machine, environment) => {
        if (value === false) return then(machine, after, environment);
        machine.value = value;
      }),
  );
};

const delay =
  (forced: boolean): Form =>
  (compiler, given, scope) => {
    const [expression = NIL] = parts(given, 1, 1);
    const thunk = compiler.lambda('delay', NIL, list([expression]), scope);
    return new Delaying(thunk, forced);
  };

class Delaying extends Simple {
  readonly thunk: Lambda;
  /** `delay-force`: the expression gives a promise. */
  readonly forced: boolean;

  constructor(thunk: Lambda, forced: boolean) {
    super();
    this.thunk = thunk;
    this.forced = forced;
  }

  evaluate(environment: Environment): Value {
    return new Delayed(this.forced ? 'promise' : 'thunk', this.thunk.evaluate(environment));
  }
}

const guard: Form = (compiler, given, scope) => {
  const [head = NIL] = parts(given, 2);
  const [name, ...clauses] = members(head) ?? [];
  if (!isIdentifier(name)) return fail('guard: a name and clauses', plain(given));
  const { inner, clause } = compiler.region(scope, [name]);
  const reraise = new Call([new Constant(RAISE_AGAIN), compiler.reference(name, inner)]);
  const handler = new Lambda('guard', [clause(condClauses(compiler, clauses, inner, reraise))]);
  const body = compiler.lambda('guard', NIL, rest(rest(given)), scope);
  return new Call([new Constant(GUARDED), body, handler]);
};

const caseLambda: Form = (compiler, given, scope) =>
  new Lambda(
    'case-lambda',
    parts(given, 1).map((clause) => {
      if (!(clause instanceof Pair))
        return fail('case-lambda: a clause is parameters and a body', plain(clause));
      return compiler.clause(clause.car, clause.cdr, scope);
    }),
  );

const parameterize: Form = (compiler, given, scope) => {
  const [first = NIL] = parts(given, 2);
  const pairs = (members(first) ?? fail('parameterize: bindings are a list')).map((spec) => {
    const both = members(spec);
    if (both === undefined || both.length !== 2)
      return fail('parameterize: a binding is a parameter and a value', plain(spec));
    return both.map((one) => compiler.compile(one, scope));
  });
  const body = compiler.lambda('parameterize', NIL, rest(rest(given)), scope);
  return new Call([new Constant(PARAMETERIZED), body, ...pairs.flat()]);
};

const letSyntax: Form = (compiler, given, scope) => {
  const [first = NIL] = parts(given, 2);
  const { inner, clause } = compiler.region(scope, []);
  for (const { name, value } of bindings(first, 'let-syntax'))
    inner.macro(name, compiler.rules(value, inner));
  const body = compiler.body(rest(rest(given)), new Scope(compiler.globals, inner));
  return new Call([new Lambda('let-syntax', [clause(body)])]);
};

export const FORMS: Readonly<Record<string, Form>> = {
  quote: (_, given) => new Constant(plain(parts(given, 1, 1)[0] ?? NIL)),
  quasiquote,
  lambda: (compiler, given, scope) => {
    const [parameters = NIL] = parts(given, 2);
    return compiler.lambda('lambda', parameters, rest(rest(given)), scope);
  },
  'case-lambda': caseLambda,
  if: (compiler, given, scope) => {
    const [test = NIL, yes = NIL, no] = parts(given, 2, 3);
    return compiler.if(
      compiler.compile(test, scope),
      compiler.compile(yes, scope),
      no === undefined ? undefined : compiler.compile(no, scope),
    );
  },
  'set!': (compiler, given, scope) => {
    const [name, value = NIL] = parts(given, 2, 2);
    if (!isIdentifier(name)) return fail('set!: a name', plain(given));
    return compiler.assignment(name, compiler.compile(value, scope), scope);
  },
  define: (compiler, given, scope) => {
    if (!scope.top) return fail('define: only at the top or at the head of a body', plain(given));
    const { name, value } = compiler.definition(given);
    return compiler.define(name, value(scope));
  },
  'define-syntax': (compiler, given, scope) => {
    compiler.defineSyntax(given, scope);
    return new Constant(UNSPECIFIED);
  },
  'define-values': defineValues,
  'define-record-type': defineRecordType,
  begin: (compiler, given, scope) => sequence(parts(given, 0).map((one) => compiler.compile(one, scope))),
  let: letForm,
  'let*': letStar,
  letrec,
  'letrec*': letrec,
  'let-values': letValues(false),
  'let*-values': letValues(true),
  'let-syntax': letSyntax,
  'letrec-syntax': letSyntax,
  cond,
  case: caseForm,
  do: doForm,
  and,
  or,
  when: (compiler, given, scope) => {
    const [test = NIL, ...body] = parts(given, 1);
    return compiler.if(
      compiler.compile(test, scope),
      sequence(body.map((one) => compiler.compile(one, scope))),
    );
  },
  unless: (compiler, given, scope) => {
    const [test = NIL, ...body] = parts(given, 1);
    return compiler.if(
      compiler.compile(test, scope),
      new Constant(UNSPECIFIED),
      sequence(body.map((one) => compiler.compile(one, scope))),
    );
  },
  delay: delay(false),
  'delay-force': delay(true),
  guard,
  parameterize,
  'cond-expand': condExpand,
  import: importForm,
};
