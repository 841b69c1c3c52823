import * as assert from 'uvu/assert';
import { evaluate, parseExpression, parseTemplate } from '../../src/expression/index.ts';
import { BitError } from '../../src/kernel/errors.ts';
import { suite } from '../suite.ts';
import { answer, NAMES } from './table.ts';

function caught(run: () => unknown): BitError {
  try {
    run();
  } catch (error) {
    assert.instance(error, BitError);
    if (error instanceof BitError) return error;
  }
  throw new Error('nothing was refused');
}

/** An expression that doesn't parse and the offset of what is wrong with it. */
const UNPARSED: readonly (readonly [string, number])[] = [
  ['1 +2', 2],
  ['a b', 0],
  ['github.actor github', 13],
  ['github.', 7],
  ['github..actor', 7],
  ['github.0', 7],
  ["github['actor'", 14],
  ['github[', 6],
  ['(true', 1],
  ['true)', 4],
  ['()', 1],
  ["'open", 0],
  ["github == 'it's'", 14],
  ['"double"', 0],
  ['a = b', 2],
  ['true & false', 5],
  ['true | false', 5],
  ['true &&', 5],
  ['|| true', 0],
  ['! ', 0],
  ['0x', 0],
  ['0b11', 0],
  ['12abc', 0],
  ['1.2.3', 0],
  ['--1', 0],
  ['git hub', 0],
  ['githup.actor', 0],
  ['@x', 0],
  ['$env', 0],
  ['unknown()', 0],
  ["containz('a','b')", 0],
  ["contains('a')", 0],
  ["contains('a','b','c')", 0],
  ['format()', 0],
  ['toJSON()', 0],
  ['toJSON(1,2)', 0],
  ['always(1)', 0],
  ["case(true, 'a')", 0],
  ["case(true, 'a', false, 'b')", 0],
  ["format('a',)", 11],
  ["format('a' 'b')", 11],
  ["'x'.length", 3],
  ['matrix.*.*.', 11],
  ['', 0],
];

/** One that parses and is refused when it is evaluated. */
const REFUSED: readonly (readonly [string, number])[] = [
  ["format('{0}')", 0],
  ["format('{', 1)", 0],
  ["format('}', 1)", 0],
  ["format('{a}', 1)", 0],
  ["format('{0:x}', 1)", 0],
  ["format('{-1}', 1)", 0],
  ["true && format('{2}', 1, 2)", 8],
  ["fromJSON('')", 0],
  ['fromJSON(null)', 0],
  ["fromJSON('{')", 0],
  ["fromJSON('{a:1}')", 0],
  ["fromJSON('[1,]')", 0],
  ['fromJSON(github)', 0],
  ["case('yes', 'a', 'b')", 5],
  ["hashFiles('**')", 0],
  ['success()', 0],
];

suite('faults', (test) => {
  for (const [text, offset] of UNPARSED)
    test(`${JSON.stringify(text)} does not parse, at ${offset}`, () => {
      const error = caught(() => parseExpression(text, NAMES));
      assert.is(error.code, 'usage');
      assert.is(error.details['offset'], offset);
    });

  for (const [text, offset] of REFUSED)
    test(`${text} is refused, at ${offset}`, () => {
      const error = caught(() => answer(text));
      assert.is(error.code, 'usage');
      assert.is(error.details['offset'], offset);
    });

  test('a name that is nearly right is suggested', () => {
    assert.match(caught(() => parseExpression('githup.actor')).hint ?? '', /github/);
    assert.match(caught(() => parseExpression("startWith('a', 'b')")).hint ?? '', /startsWith/);
  });

  test('the place counts from the start of the template', () => {
    const error = caught(() => parseTemplate('v${{ github.actor }}-${{ githup.x }}'));
    assert.is(error.details['offset'], 25);
  });

  test('a place after a string with a line end in it is still right', () => {
    assert.is(caught(() => parseExpression("'a\nb' == nope")).details['offset'], 9);
  });

  test('depth, length and what it makes are bounded', () => {
    assert.match(
      caught(() => parseExpression(`${'('.repeat(60)}1${')'.repeat(60)}`)).message,
      /nested deeper/,
    );
    assert.match(caught(() => parseExpression('!'.repeat(20_000))).message, /nested deeper/);
    assert.match(caught(() => parseExpression(`'${'x'.repeat(21_000)}'`)).message, /longer than/);
    let bomb = "'xxxxxxxxxx'";
    for (let level = 0; level < 12; level++) bomb = `format('{0}{0}{0}{0}{0}{0}{0}{0}', ${bomb})`;
    assert.match(caught(() => answer(bomb)).message, /MiB of text/);
    const deep = `${'['.repeat(200)}${']'.repeat(200)}`;
    assert.match(caught(() => answer(`fromJSON('${deep}')`)).message, /nested deeper/);
  });

  test('a chain as long as an expression may be is evaluated', () => {
    assert.is(answer(`1${'==1'.repeat(6900)}`), true);
    assert.is(answer(`true${' && true'.repeat(2600)}`), true);
  });

  test('many filters over a large array end by the count of steps', () => {
    const big = Array.from({ length: 200_000 }, (_, at) => ({ at }));
    const text = Array.from({ length: 40 }, () => 'list.*.at').join(' && ');
    const error = caught(() => evaluate(parseExpression(text, NAMES), { contexts: { list: big } }));
    assert.match(error.message, /steps/);
  });
});
