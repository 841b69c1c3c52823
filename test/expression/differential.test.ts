import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import * as assert from 'uvu/assert';
import { evaluate, parseExpression } from '../../src/expression/index.ts';
import { BitError } from '../../src/kernel/errors.ts';
import type { Json } from '../../src/kernel/json.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';
import { CONTEXTS, NAMES } from './table.ts';

/** Without the member `constructor`, which GitHub's own loses. */
const PLAIN = JSON.parse(JSON.stringify(CONTEXTS).replace('"constructor":"ours"', '"own":"ours"')) as Record<
  string,
  Json
>;

/** GitHub's own evaluator, which differs where it is known to: texts of numbers, and quotes doubled more than once. */
function theirs(text: string): Json {
  const tree = new Parser(new Lexer(text).lex().tokens, [...NAMES.contexts], []).parse();
  const contexts = JSON.parse(JSON.stringify(PLAIN), data.reviver) as data.Dictionary;
  return JSON.parse(JSON.stringify(new Evaluator(tree, contexts).evaluate() ?? null, data.replacer)) as Json;
}

const leaf = fc.constantFrom(
  'null',
  'true',
  'false',
  '0',
  '1',
  '20',
  '-1',
  "''",
  "'a'",
  "'A'",
  "'20'",
  "'main'",
  "'it''s'",
  "' 1 '",
  "'x y'",
  'github',
  'github.actor',
  'github.event.issue.labels',
  'github.event.nested',
  'matrix.node',
  'env.Zero',
  'list',
  'list[3]',
  'github.nothing',
  'fruits.*.colors',
  'fruits.*.colors.*',
  'none',
  'list.*',
  "github['REF']",
  'list[9]',
);
const expression: fc.Arbitrary<string> = fc.letrec<{ e: string }>((tie) => ({
  e: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc
      .tuple(tie('e'), fc.constantFrom('==', '!=', '<', '<=', '>', '>=', '&&', '||'), tie('e'))
      .map((p) => `(${p.join(' ')})`),
    tie('e').map((e) => `!${e}`),
    fc
      .tuple(fc.constantFrom('contains', 'startsWith', 'endsWith', 'join'), tie('e'), tie('e'))
      .map(([f, a, b]) => `${f}(${a}, ${b})`),
    fc.tuple(tie('e'), tie('e')).map(([a, b]) => `format('<{0}|{1}>', ${a}, ${b})`),
    tie('e').map((e) => `toJSON(${e})`),
    tie('e').map((e) => `fromJSON(toJSON(${e}))`),
    fc
      .tuple(tie('e'), fc.constantFrom('.*', '.name', '[0]', "['colors']", '[1].x'))
      .map(([e, i]) => `(${e})${i}`),
  ),
})).e;

suite("beside GitHub's own evaluator", (test) => {
  test('the same value for any expression', () => {
    fc.assert(
      fc.property(expression, (text) => {
        let expected: Json;
        try {
          expected = theirs(text);
        } catch {
          return;
        }
        const ours = evaluate(parseExpression(text, NAMES), { contexts: PLAIN });
        assert.equal(JSON.parse(JSON.stringify(ours)), expected);
      }),
      { numRuns: 2000 },
    );
  });

  test('any text parses or is refused by name, and never anything else', () => {
    const pieces = fc.constantFrom(
      'github',
      '.',
      '*',
      '[',
      ']',
      '(',
      ')',
      ',',
      "'",
      '1',
      '-',
      '0x',
      ' ',
      '\n',
      '==',
      '!',
      '<',
      '&&',
      '||',
      '&',
      'a',
      'contains',
      'é',
      '\0',
      '"',
      '{',
      '}}',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            evaluate(parseExpression(text, NAMES), { contexts: CONTEXTS });
          } catch (error) {
            if (!(error instanceof BitError)) throw error;
            const offset = Number(error.details['offset']);
            assert.ok(offset >= 0 && offset <= text.length);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});
