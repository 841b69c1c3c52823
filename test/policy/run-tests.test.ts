import * as assert from 'uvu/assert';
import { runPolicyTests } from '../../src/policy/index.ts';
import { suite } from '../suite.ts';

const POLICY = {
  path: 'p.rego',
  text: `package acme

deny contains msg if {
	input.action == "repo.push"
	input.args.force == true
	msg := "no force"
}

deny contains "late" if {
	hour > 18
}

hour := time.clock(time.parse_rfc3339_ns(input.now))[0]

never if {
	input.action == "x"
}
`,
};

function tests(body: string) {
  return { path: 'p_test.rego', text: `package acme\n\n${body}` };
}

suite('policy tests', (test) => {
  test('a failure shows the literal, what it came to and what was expected', () => {
    const { results } = runPolicyTests([
      POLICY,
      tests(
        'test_count if count(deny) == 2 with input as {"action": "repo.push", "args": {"force": true}, "now": "2026-01-01T20:00:00Z"}\n' +
          'test_hour if {\n\th := hour with input as {"now": "2026-01-01T20:00:00Z"}\n\th == 9\n}\n',
      ),
    ]);
    const [count, hour] = results;
    assert.is(count?.passed, true);
    assert.is(hour?.passed, false);
    assert.is(hour?.failing?.literal, 'h == 9');
    assert.equal(hour?.failing?.compared, { actual: 20, expected: 9 });
    assert.equal(hour?.failing?.values, { h: 20 });
    assert.is(hour?.failing?.at.line, 6);
  });

  test('both sides are told under with, too', () => {
    const { results } = runPolicyTests([
      POLICY,
      tests(
        'test_none if deny == {"x"} with input as {"action": "repo.push", "args": {"force": true}, "now": "2026-01-01T08:00:00Z"}\n' +
          'test_two if {\n\tmost := 3\n\tcount(deny) == most with input.action as "y" with input.now as "2026-01-01T08:00:00Z"\n}\n',
      ),
    ]);
    assert.equal(results[0]?.failing?.compared?.expected, ['x']);
    assert.ok(Array.isArray(results[0]?.failing?.compared?.actual));
    assert.equal(results[1]?.failing?.compared, { actual: 0, expected: 3 });
  });

  test('a constant on the left is what was expected', () => {
    const { results } = runPolicyTests([tests('test_left if {\n\tx := 1\n\t2 == x\n}\n')]);
    assert.equal(results[0]?.failing?.compared, { actual: 1, expected: 2 });
  });

  test('an undefined side is null', () => {
    const { results } = runPolicyTests([tests('test_none if data.acme.nothing == 1\nnothing if false\n')]);
    assert.equal(results[0]?.failing?.compared, { actual: null, expected: 1 });
  });

  test('coverage names each line no test reached, and why', () => {
    const { coverage } = runPolicyTests([
      POLICY,
      tests(
        'test_push if count(deny) == 0 with input as {"action": "repo.push", "args": {}, "now": "2026-01-01T08:00:00Z"}\n',
      ),
    ]);
    assert.equal(
      coverage.missed.map(({ at, rule, why, stop }) => [at.line, rule, why, stop?.literal, stop?.values]),
      [
        [6, 'data.acme.deny', 'stopped', 'input.args.force == true', { 'input.args.force': null }],
        [15, 'data.acme.never', 'unasked', undefined, undefined],
        [16, 'data.acme.never', 'unasked', undefined, undefined],
      ],
    );
    assert.is(coverage.lines - coverage.covered, 3);
  });

  test('what several tests reach together is covered', () => {
    const { coverage } = runPolicyTests([
      { path: 'p.rego', text: 'package acme\n\np if {\n\tinput.args.a\n\tinput.args.b\n}\n' },
      tests(
        'test_a if not p with input.args as {"a": false}\ntest_b if p with input.args as {"a": 1, "b": 2}\n',
      ),
    ]);
    assert.equal(coverage.missed, []);
    assert.is(coverage.lines, 3);
  });

  test('only those asked for run', () => {
    const { results } = runPolicyTests([tests('test_one if true\ntest_two if true\n')], { only: 'two' });
    assert.equal(
      results.map(({ name }) => name),
      ['data.acme.test_two'],
    );
  });
});
