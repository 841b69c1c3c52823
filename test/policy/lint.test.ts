import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import {
  type CommandShape,
  defaultPolicy,
  lintPolicySet,
  loadPolicySet,
  type TargetSchemas,
} from '../../src/policy/index.ts';
import { INPUT_SHAPE, type Members } from '../../src/policy/input-shape.ts';
import { suite } from '../suite.ts';

const COMMANDS: readonly CommandShape[] = [
  { command: 'push', action: 'repo.push', args: { force: 'boolean', branch: 'text' } },
  { command: 'branch.new', action: 'repo.branch', args: { name: 'text', switch: 'boolean' } },
  { command: 'branch.delete', action: 'repo.branch', args: { name: 'text', force: 'boolean' } },
  { command: 'status', action: undefined, args: {} },
];

const TEXT = { type: 'string' };
const TARGETS: TargetSchemas = {
  'repo.push': {
    properties: {
      branches: { type: 'array', items: TEXT },
      paths: { type: 'array', items: TEXT },
      force: { type: 'boolean' },
      remote: { type: ['string', 'null'] },
    },
  },
  'repo.branch': {
    properties: {
      branch: TEXT,
      force: { type: 'boolean' },
      branches: { type: 'array', items: { type: 'object', properties: { branch: TEXT, oid: TEXT } } },
    },
  },
  'policy.accept': { properties: { config: {}, from: TEXT } },
  'git.*': { properties: { verb: TEXT, words: { type: 'array', items: TEXT } } },
};

/** `code line: message` of each problem. */
function problems(body: string, head = 'package acme\n'): string[] {
  const set = loadPolicySet([{ path: 'p.rego', text: head + body }]);
  return lintPolicySet(set, COMMANDS, TARGETS).map(
    ({ code, severity, at, message }) => `${severity} ${code} ${at.line}: ${message}`,
  );
}

suite('policy checks', (test) => {
  test('the shape of input is the published schema', () => {
    const schema = JSON.parse(
      readFileSync(new URL('../../docs/schema/policy-input-v1.json', import.meta.url), 'utf8'),
    ) as {
      properties: Record<
        string,
        { type?: string | string[]; additionalProperties?: boolean; properties?: object }
      >;
    };
    const shapeOf = (property: (typeof schema)['properties'][string]): unknown => {
      if (property.additionalProperties !== false) return property.type ?? 'any';
      const inner = property.properties as (typeof schema)['properties'];
      return Object.fromEntries(Object.entries(inner).map(([name, item]) => [name, shapeOf(item)]));
    };
    const wanted = Object.fromEntries(
      Object.entries(schema.properties).map(([name, item]) => [name, shapeOf(item)]),
    );
    assert.equal(INPUT_SHAPE, wanted as Members);
  });

  test('a path input can never have is a fault of the set, which denies', () => {
    const set = loadPolicySet([
      { path: 'p.rego', text: 'package acme\ndeny contains "x" if input.actoin == "repo.push"\n' },
    ]);
    assert.equal(
      set.problems.map(({ code, message, at }) => [code, message, at.line, at.column]),
      [['rego_type_error', 'input has no actoin; did you mean input.action?', 2, 22]],
    );
    assert.equal(problems('deny contains "x" if input.repo.brnch == "main"\n'), [
      'error rego_type_error 2: input.repo has no brnch; did you mean input.repo.branch?',
    ]);
    assert.equal(problems('deny contains "x" if input.now.year == 2026\n'), [
      'error rego_type_error 2: input.now is text and has no year',
    ]);
  });

  test('a member of the target that its action, or none at all, has is an error that names the nearest', () => {
    const of = (line: string): string[] =>
      problems(`deny contains "x" if {\n${line}\n}\n`).map((problem) =>
        problem.replace('error rego_type_error ', ''),
      );
    assert.equal(of('input.action == "repo.branch"\ninput.target.brnach == "main"'), [
      '4: repo.branch has no input.target.brnach; did you mean input.target.branch?',
    ]);
    assert.equal(of('input.target.brnach == "main"'), [
      '3: no action has input.target.brnach; did you mean input.target.branch?',
    ]);
    assert.equal(of('input.target.zebra'), ['3: no action has input.target.zebra']);
    // another action has it
    assert.equal(of('input.action == "repo.push"\ninput.target.branch == "main"'), [
      '4: repo.push has no input.target.branch; did you mean input.target.branches?',
    ]);
    assert.equal(of('input.command == "push"\n"main" == input.target.branch'), [
      '4: repo.push has no input.target.branch; did you mean input.target.branches?',
    ]);
    assert.equal(of('input.action in {"repo.push", "repo.branch"}\ninput.target.verb == "x"'), [
      '4: none of these actions has input.target.verb',
    ]);
    assert.equal(of('input.action == "git.rebase"\ninput.target.verbs == "x"'), [
      '4: git.rebase has no input.target.verbs; did you mean input.target.verb?',
    ]);
    assert.equal(of('input.action == "read.status"\ninput.target.branch'), [
      '4: read.status has no input.target.branch',
    ]);
    // by other names for it, and further in
    assert.equal(of('t := input.target\nt.focre'), [
      '4: no action has input.target.focre; did you mean input.target.force?',
    ]);
    assert.equal(of('input.action == "repo.branch"\nsome b in input.target.branches\nb.odi == "1"'), [
      '5: repo.branch has no input.target.branches[_].odi; did you mean input.target.branches[_].oid?',
    ]);
    assert.equal(of('not input.target.focre'), [
      '3: no action has input.target.focre; did you mean input.target.force?',
    ]);
    assert.equal(of('input.action == "repo.push"\nevery b in input.target.branch { b == "main" }'), [
      '4: repo.push has no input.target.branch; did you mean input.target.branches?',
    ]);
  });

  test('a member of the target is never compared to what it can not be', () => {
    assert.equal(problems('deny contains "x" if input.target.force == "yes"\n'), [
      'error rego_type_error 2: input.target.force is true or false, never "yes"',
    ]);
    assert.equal(problems('deny contains "x" if input.target.branches == "main"\n'), [
      'error rego_type_error 2: input.target.branches is a list, never "main"',
    ]);
    assert.equal(problems('deny contains "x" if input.target.remote == null\n'), []);
  });

  test('what is there, what nothing is known of and what a plugin asks is let be', () => {
    for (const line of [
      'input.action == "repo.branch"; input.target.branches[_].oid == "1"',
      'input.action == "repo.branch"; input.target.branch == "main"',
      'input.action == "policy.accept"; input.target.config.deep.er == 1',
      'input.action == "acme.deploy"; input.target.region == "eu"',
      'input.action in {"acme.deploy", "repo.push"}; input.target.region == "eu"',
      'startswith(input.action, "repo."); input.target.branch == "main"',
      'some name; input.target[name] == "main"',
      'count(input.target) > 9',
      'input.action == "git.stash"; input.target.words[0] == "drop"',
    ])
      assert.equal(problems(`deny contains "x" if { ${line} }\n`), [], line);
  });

  test('a misspelt rule is a fault of the set', () => {
    assert.equal(problems('deny contains "x" if data.acme.frozn\nfrozen := true\n'), [
      'error undefined_reference 2: data.acme.frozn is nowhere defined; did you mean frozen?',
    ]);
    assert.equal(problems('deny contains "x" if frozn\nfrozen := true\n'), [
      'error rego_unsafe_var_error 2: var frozn is unsafe; did you mean frozen?',
    ]);
  });

  test('a rule that was meant to be an entry point is an error, any other nobody asks a warning', () => {
    assert.equal(problems('dney contains "x" if true\n'), [
      'warning no_entry_point 1: no entry point: nothing asks package acme',
      'error misspelt_rule 2: data.acme.dney is asked by nothing; did you mean deny?',
    ]);
    assert.equal(problems('deny contains "x" if true\nhelper := 1\n'), [
      'warning unasked_rule 3: data.acme.helper is asked by nothing',
    ]);
    assert.equal(
      problems('alow if true\n', 'package bit_hub.access\n').at(-1),
      'error misspelt_rule 2: data.bit_hub.access.alow is asked by nothing; did you mean allow?',
    );
  });

  test('a comparison with what input never is there is an error', () => {
    assert.equal(problems('deny contains "x" if input.action == 5\n'), [
      'error rego_type_error 2: input.action is text, never 5',
    ]);
    assert.equal(problems('deny contains "x" if input.repo.bare != "yes"\n'), [
      'error rego_type_error 2: input.repo.bare is true or false, never "yes"',
    ]);
    assert.equal(problems('deny contains "x" if input.repo.branch == null\n'), []);
  });

  test('arguments are checked against the commands a clause is about', () => {
    const clause = (rest: string) =>
      problems(`deny contains "x" if {\n\tinput.action == "repo.push"\n\t${rest}\n}\n`);
    assert.equal(clause('input.args.force == true'), []);
    assert.equal(clause('input.args.forse == true'), [
      'error rego_type_error 4: push has no argument or flag forse; did you mean input.args.force?',
    ]);
    assert.equal(clause('input.args.force == "true"'), [
      'error rego_type_error 4: --force of push is true or false, never "true"',
    ]);
    assert.equal(
      problems('deny contains "x" if {\n\tinput.command == "branch.new"\n\tinput.args.force\n}\n'),
      ['error rego_type_error 4: branch new has no argument or flag force'],
    );
    assert.equal(
      problems('deny contains "x" if {\n\tinput.action == "repo.branch"\n\tinput.args.force\n}\n'),
      [],
    );
    assert.equal(
      problems('deny contains "x" if {\n\tinput.action != "repo.push"\n\tinput.args.anything\n}\n'),
      [],
    );
    assert.equal(problems('deny contains "x" if input.action == "repo.psh"\n'), [
      'warning unknown_name 2: no command asks as the action repo.psh; did you mean repo.push?',
    ]);
    assert.equal(problems('deny contains "x" if input.action == "branch.new"\n'), [
      'warning unknown_name 2: branch.new is no action: that asks as repo.branch',
    ]);
    assert.equal(problems('deny contains "x" if input.action == "branch.create"\n'), [
      'warning unknown_name 2: branch.create is no action: that asks as repo.branch',
    ]);
    assert.equal(problems('deny contains "x" if input.action == "deploy.moon"\n'), []);
  });

  test('paths are followed through local names, items of lists and object.get', () => {
    const wrong: readonly (readonly [string, string])[] = [
      ['r := input.repo\n\tr.brnch == "x"', 'input.repo has no brnch; did you mean input.repo.branch?'],
      [
        'some f in input.freeze\n\tf.scop == "x"',
        'input.freeze[_] has no scop; did you mean input.freeze[_].scope?',
      ],
      ['input.freeze[_].scop == "x"', 'input.freeze[_] has no scop; did you mean input.freeze[_].scope?'],
      ['every f in input.freeze { f.scope == 1 }', 'input.freeze[_].scope is text, never 1'],
      ['object.get(input, "actoin", "") == "x"', 'input has no actoin; did you mean input.action?'],
      [
        'object.get(input, ["repo", "brnch"], "") == "x"',
        'input.repo has no brnch; did you mean input.repo.branch?',
      ],
      ['input.user.mail == "x"', 'input.user has no mail; did you mean input.user.email?'],
      ['count([1 | u := input.user; u.mail]) > 0', 'input.user has no mail; did you mean input.user.email?'],
      ['input.action > 5', 'input.action is text, never 5'],
      ['startswith(input.repo.bare, "x")', 'startswith takes text; input.repo.bare is true or false'],
      ['count(5) > 1', 'count takes text or a list or an object or a set; 5 is none'],
    ];
    for (const [body, message] of wrong)
      assert.equal(
        problems(`deny contains "x" if {\n\t${body}\n}\n`).map((line) => line.replace(/^.*?: /, '')),
        [message],
        body,
      );
    const right = [
      'k := input.args.name\n\tinput[k] == "x"',
      'startswith(input.repo.branch, "x")',
      'some k, v in input.target\n\tv[k] == "x"',
      'some p in input.target.paths\n\tendswith(p, "x")',
      'object.get(input, ["args", "x"], "") == "x"',
      'count(input.target) > input.config.most',
    ];
    for (const body of right) assert.equal(problems(`deny contains "x" if {\n\t${body}\n}\n`), [], body);
  });

  test('a package that is nearly an entry point’s, and an allow that is a set, are errors', () => {
    assert.equal(problems('default allow := false\n', 'package bithub.access\n'), [
      'warning no_entry_point 1: no entry point: nothing asks package bithub.access',
      'error misspelt_rule 2: data.bithub.access.allow is asked by nothing; did you mean data.bit_hub.access.allow?',
    ]);
    assert.equal(problems('allow := true\n', 'package team\n'), [
      'warning no_entry_point 1: no entry point: nothing asks package team',
    ]);
    assert.equal(problems('allow contains "x" if input.action\n', 'package bit_hub.access\n'), [
      'error unaskable_rule 2: data.bit_hub.access.allow is a set here, and a gate asks whether it is true; write: allow if …',
    ]);
    assert.equal(
      problems('deny contains "x" if input.action in {"repo.psh", "repo.push", "other.thing"}\n'),
      ['warning unknown_name 2: no command asks as the action repo.psh; did you mean repo.push?'],
    );
  });

  test('what nothing uses is warned of', () => {
    assert.equal(
      problems(
        'import data.other.thing\ndeny contains "x" if {\n\ty := input.user\n\tf(1)\n}\nf(z) if true\n',
      ),
      [
        'warning unused_variable 4: variable y is never used; _ says so',
        'warning unused_variable 7: argument z is never used; _ says so',
        'warning unused_import 2: import thing is never used',
      ],
    );
  });

  test('names of one body are declared once, before they are used, and used', () => {
    const fault = (body: string) => problems(`deny contains "x" if {\n${body}\n}\n`)[0];
    assert.is(fault('\ty == 1\n\ty := 1'), 'error rego_compile_error 4: var y referenced above');
    assert.is(fault('\ty := 1\n\ty := 2'), 'error rego_compile_error 4: var y assigned above');
    assert.is(fault('\tsome y\n\ttrue'), 'error rego_compile_error 3: declared var y unused');
    assert.is(
      fault('\tinput := 1'),
      'error rego_compile_error 3: variables must not shadow input (use a different variable name)',
    );
  });

  test('names that can not stand beside each other are told, one fault at a time', () => {
    const set = loadPolicySet([
      { path: 'a.rego', text: 'package acme\nq := 1\n' },
      { path: 'b.rego', text: 'package acme.q\nr := 2\n' },
    ]);
    assert.equal(
      set.problems.map(({ code, message }) => `${code} ${message}`),
      ['rego_type_error package acme.q conflicts with rule data.acme.q'],
    );
    assert.is(
      problems('default deny := input.x\n')[0],
      'error rego_parse_error 2: a default value is a constant',
    );
    assert.is(
      problems('deny contains "x" if any([true])\n')[0],
      'error rego_type_error 2: deprecated built-in function called: any',
    );
  });

  test('the built-in policy has nothing to complain of', () => {
    assert.equal(lintPolicySet(loadPolicySet([defaultPolicy()])), []);
  });
});
