import { existsSync, readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { readCases } from '../../scripts/conformance/rego.ts';
import { formatPolicy } from '../../src/policy/index.ts';
import { requireService, suite } from '../suite.ts';

function laidOut(text: string): string {
  const formatted = formatPolicy({ path: 'p.rego', text });
  if ('problem' in formatted) throw new Error(formatted.problem.message);
  return formatted.text;
}

const CASES = new URL('../../../shared/conformance/rego/v1.json', import.meta.url);

suite('policy layout', (test) => {
  test('tabs by bracket, spaces around operators, one blank line at most, comments where they are', () => {
    assert.is(
      laidOut(
        'package a # one\n\n\n\ndeny contains msg if {\n  input.a==1   # two\n      x:=-1\n  y := foo( x ,2-x )\n z := [\n1,\n{"a" :2}\n]\n\tmsg:=$"{x+1} {y}"\n}\n# end',
      ),
      'package a # one\n\ndeny contains msg if {\n\tinput.a == 1 # two\n\tx := -1\n\ty := foo(x, 2 - x)\n\tz := [\n\t\t1,\n\t\t{"a": 2}\n\t]\n\tmsg := $"{x+1} {y}"\n}\n# end\n',
    );
  });

  test('brackets opened on one line indent once', () => {
    assert.is(
      laidOut('package a\np := f({\n"a": 1,\n})\nf(x) := x\n'),
      'package a\np := f({\n\t"a": 1,\n})\nf(x) := x\n',
    );
  });

  test('text in quotes and backquotes stays byte for byte', () => {
    const text = 'package a\np := [`a\n   b  # no comment`, "c  :=d"]\n';
    assert.is(laidOut(text), text);
  });

  test('a file that does not parse is told by its place', () => {
    const formatted = formatPolicy({ path: 'p.rego', text: 'package a\np := {' });
    assert.ok('problem' in formatted && formatted.problem.at.line === 2);
  });

  test('every module of the conformance cases says the same afterwards, and is laid out once for all', () => {
    if (!requireService('the conformance data', existsSync(CASES))) return;
    const texts = readCases(readFileSync(CASES, 'utf8')).flatMap(({ modules }) => modules ?? []);
    let read = 0;
    for (const text of texts) {
      const formatted = formatPolicy({ path: 'p.rego', text });
      if ('problem' in formatted) continue;
      read++;
      assert.is(laidOut(formatted.text), formatted.text);
    }
    assert.ok(read > 1500);
  });
});
