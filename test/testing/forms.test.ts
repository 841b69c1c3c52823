/** Against outputs of the real runners, in `output/`: jest 30, vitest 4, mocha 11, uvu 0.5, node 24, pytest 9, go 1.19, cargo 1.95. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { OutputCounts, parseJunit } from '../../src/testing/index.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

const OUTPUTS: Readonly<Record<string, readonly [string, number, number, number, readonly string[]]>> = {
  'jest.txt': ['jest', 1, 2, 2, ['bad', 'group › inner bad']],
  'vitest.txt': ['vitest', 1, 2, 2, ['v/a.test.mjs > bad', 'v/a.test.mjs > group > inner bad']],
  'mocha.txt': ['mocha', 1, 1, 2, ['group bad']],
  'uvu.txt': ['uvu', 1, 1, 1, ['group bad']],
  'node-spec.txt': ['node:test', 1, 2, 2, ['bad', 'inner bad']],
  'node-tap.txt': ['TAP', 1, 2, 2, ['bad', 'inner bad']],
  'pytest.txt': ['pytest', 1, 2, 1, ['test_x.py::test_bad', 'test_x.py::test_err']],
  'pytest-quiet.txt': ['pytest', 1, 2, 1, ['test_x.py::test_bad', 'test_x.py::test_err']],
  'go-verbose.txt': ['go test', 2, 2, 1, ['x TestBad', 'x TestSub/two']],
  'go.txt': ['go test', 0, 2, 0, ['x TestBad', 'x TestSub/two']],
  'cargo.txt': ['cargo', 1, 1, 1, ['tests::bad']],
};

function read(text: string) {
  const counts = new OutputCounts();
  for (const line of text.split('\n')) counts.line(line);
  return counts.counts;
}

function output(name: string): string {
  return readFileSync(join(import.meta.dirname, 'output', name), 'utf8');
}

suite('counts of tests', (test) => {
  for (const [name, [form, passed, failed, skipped, failures]] of Object.entries(OUTPUTS)) {
    test(`are read from ${name}`, () => {
      assert.equal(read(output(name)), { form, passed, failed, skipped, failures });
    });
  }

  test('are read from pytest’s JUnit XML', () => {
    assert.equal(parseJunit(output('pytest-junit.xml')), {
      form: 'JUnit XML',
      passed: 1,
      failed: 2,
      skipped: 1,
      failures: ['test_x test_bad', 'test_x test_err'],
    });
  });

  test('of a JUnit report come from its cases, whatever its totals claim or its comments hold', () => {
    const text =
      '<!DOCTYPE x [<!ENTITY a "aaaa">]><testsuites tests="999" failures="0"><!-- <testcase name="no"/> -->' +
      '<testsuite><testcase name="a &lt; b &#38; c" classname=\'k\'><failure message="1 > 2"><![CDATA[<testcase name="inner"/>]]></failure></testcase>' +
      '<testcase name="good"><system-out>x</system-out></testcase><testcase name="late"><skipped/></testcase></testsuite></testsuites>';
    assert.equal(parseJunit(text), {
      form: 'JUnit XML',
      passed: 1,
      failed: 1,
      skipped: 1,
      failures: ['k a < b & c'],
    });
    assert.is(parseJunit('{"not": "xml"}'), undefined);
  });

  test('of TAP count what was promised and did not come as failed', () => {
    assert.equal(read('1..3\nok 1 - a\nok 2 - b # SKIP no'), {
      form: 'TAP',
      passed: 1,
      failed: 1,
      skipped: 1,
      failures: ['1 of the 3 planned did not come'],
    });
    assert.is(read('TAP version 14\nok 1 - a\nBail out! the disk is full')?.failed, 1);
    assert.is(read('ok then, nothing was tested'), undefined);
  });

  test('of several runs in one output are added', () => {
    assert.equal(read(`${output('uvu.txt')}\n${output('cargo.txt')}`)?.passed, 2);
    assert.is(read('colour: \u001b[31mno\u001b[0m\n  \u001b[32m3 passing\u001b[0m (2ms)')?.passed, 3);
  });

  test('never throw, whatever a runner prints', () => {
    const word = fc.constantFrom(
      'ok',
      'not ok',
      '1..2',
      ' - ',
      '# SKIP',
      '<testcase',
      'name="',
      '>',
      '<![CDATA[',
      '--- FAIL: ',
      'Tests:',
      '  1 failing',
      ' in 1s',
      '\t',
      '    ',
      'FAIL\tx',
    );
    const text = fc.array(fc.oneof(word, fc.string()), { maxLength: 30 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(text), (lines) => {
        read(lines.join('\n'));
        parseJunit(lines.join('\n'));
      }),
    );
  });
});
