import { existsSync, readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { readCases } from '../../scripts/conformance/rego.ts';
import { formatPolicy } from '../../src/policy/index.ts';
import { parseModule } from '../../src/policy/rego/parse-module.ts';
import fc from '../property.ts';
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

  test('braces on one line stand alike on both sides', () => {
    assert.is(
      laidOut(
        'package a\np if { x}\nq := {y |some y in [1] }\nr := {"a":1 }\ns := {{ 1},{2}}\nt := { }\nu := { -1}\nx if {true;true }\n',
      ),
      'package a\np if { x }\nq := { y | some y in [1] }\nr := { "a": 1 }\ns := {{ 1 }, {2}}\nt := {}\nu := { -1 }\nx if { true; true }\n',
    );
  });

  test('every module of the conformance cases says the same afterwards, and is laid out once for all', () => {
    if (!requireService('the conformance data', existsSync(CASES))) return;
    let read = 0;
    for (const version of ['v0', 'v1'] as const) {
      const cases = readCases(readFileSync(new URL(`${version}.json`, CASES), 'utf8'));
      for (const text of cases.flatMap(({ modules }) => modules ?? [])) {
        const formatted = formatPolicy({ path: 'p.rego', text });
        if ('problem' in formatted) continue;
        read++;
        saysTheSame(text, formatted.text);
      }
    }
    assert.ok(read > 3000);
  });

  test('so does anything generated, however it is spaced', () => {
    fc.assert(
      fc.property(fc.array(RULE, { minLength: 1, maxLength: 6 }), (rules) => {
        const text = `package a\n${rules.join('\n')}\n`;
        saysTheSame(text, laidOut(text));
      }),
      { numRuns: 400 },
    );
  });
});

/** Nothing but white space differs, it parses to the same, and laying it out again changes nothing. */
function saysTheSame(text: string, after: string): void {
  const bare = (source: string): string => source.replace(/\s+/g, '');
  assert.is(bare(after), bare(text));
  const version = parseModule({ path: 'p.rego', text }).version;
  assert.is(
    spoken(parseModule({ path: 'p.rego', text: after }, version)),
    spoken(parseModule({ path: 'p.rego', text })),
  );
  assert.is(laidOut(after), after);
}

/** A module without its places. */
function spoken(module: unknown): string {
  return JSON.stringify(module, (key, value: unknown) => {
    if (/^(at|packageAt|file|comments|start|end)$/.test(key)) return undefined;
    if (typeof value === 'bigint') return `${value}n`;
    return value instanceof Map ? [...(value as Map<unknown, unknown>)] : value;
  });
}

const GAP = fc.constantFrom('', ' ', '  ', '\t');
const NAME = fc.constantFrom('x', 'input.a', 'data.b["c d"]', 'yy[0]');

/** Terms, with any white space where it may stand and no words that need it. */
const { term: TERM } = fc.letrec<{ term: string }>((tie) => {
  const part = tie('term');
  const put = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
    fc.tuple(...parts.flatMap((item) => [GAP, item])).map((texts) => texts.join(''));
  const say = (text: string): fc.Arbitrary<string> => fc.constant(text);
  return {
    term: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom('1', '-2', '1.5e3', '"s {x} "', '`r  {`', 'null', 'true', '$"t { 1+1 }"'),
      NAME,
      put(say('['), part, say(','), part, say(']')),
      put(say('{'), part, say('}')),
      put(say('{'), say('"k"'), say(':'), part, say('}')),
      put(say('{'), part, say(' |'), say('x'), say(':='), part, say('}')),
      put(say('('), part, say('-'), part, say(')')),
      put(say('count('), part, say(')')),
      fc.constantFrom('{}', '{ }', '[]', '[ ]', 'set()'),
    ),
  };
});
const RULE = fc.tuple(TERM, TERM, GAP, GAP, fc.boolean()).map(([left, right, a, b, multi]) => {
  const gap = multi ? '\n' : '';
  return `p${a}:=${b}x if${a} {${b}${gap}x${a}:=${b}${left}${multi ? '\n' : ';'}${a}x${b}==${right}${a}${gap}}`;
});
