import * as assert from 'uvu/assert';
import {
  calls,
  evaluateCondition,
  evaluateText,
  parseCondition,
  parseExpression,
  parseTemplate,
  references,
} from '../../src/expression/index.ts';
import type { Json } from '../../src/kernel/json.ts';
import { suite } from '../suite.ts';
import { CONTEXTS, NAMES } from './table.ts';

const TEXTS: readonly (readonly [string, Json])[] = [
  ['plain', 'plain'],
  ['', ''],
  ['$ { { x } }', '$ { { x } }'],
  ['${{ github.actor }}', 'octocat'],
  ['${{github.actor}}', 'octocat'],
  ['hi ${{ github.actor }}!', 'hi octocat!'],
  ['${{ github.actor }}${{ github.run_number }}', 'octocat17'],
  ['${{ github.run_number }}', 17],
  [' ${{ github.run_number }}', ' 17'],
  ['${{ matrix.experimental }}', true],
  ['x${{ matrix.experimental }}', 'xtrue'],
  ['${{ github.nothing }}', null],
  ['[${{ github.nothing }}]', '[]'],
  ['${{ list }}', ['a', 'B', 'c', 3, true, null]],
  ['${{ list }}.', 'Array.'],
  ['${{ matrix }}.', 'Object.'],
  ["${{ '}}' }}", '}}'],
  ["${{ '${{' }}", '${{'],
  ["a ${{ 'it''s' }} b", "a it's b"],
  ["${{ format('{0}', '}}') }}", '}}'],
  ['a }} b', 'a }} b'],
  ['{{ ${{ 1 }} }}', '{{ 1 }}'],
  ['line\n${{ github.ref_name }}\nend', 'line\nmain\nend'],
  ['${{\n  github.actor\n}}', 'octocat'],
  ["${{ fromJSON('[1,2]') }}", [1, 2]],
];

suite('templates', (test) => {
  for (const [text, value] of TEXTS)
    test(`${JSON.stringify(text)} is ${JSON.stringify(value)}`, () => {
      assert.equal(evaluateText(text, { contexts: CONTEXTS }, NAMES), value);
    });

  test('what is put in is not read again', () => {
    const contexts = {
      github: { event: { issue: { title: '${{ secrets.TOKEN }}' } } },
      secrets: { TOKEN: 'x' },
    };
    assert.is(evaluateText('${{ github.event.issue.title }}', { contexts }), '${{ secrets.TOKEN }}');
  });

  test('one that is not closed is an error', () => {
    for (const text of ['${{ github.actor', "${{ 'a }}", '${{ }}', 'x ${{'])
      assert.throws(() => parseTemplate(text), /missing|end/);
  });
});

const S = { success: true, failure: false, cancelled: false };
const F = { success: false, failure: true, cancelled: false };
const C = { success: false, failure: false, cancelled: true };

/** An `if` and what it says after success, after a failure, when cancelled. */
const CONDITIONS: readonly (readonly [string, boolean, boolean, boolean])[] = [
  ['', true, false, false],
  ['true', true, false, false],
  ['false', false, false, false],
  ['success()', true, false, false],
  ['failure()', false, true, false],
  ['cancelled()', false, false, true],
  ['always()', true, true, true],
  ['!cancelled()', true, true, false],
  ['!success()', false, true, true],
  ['!failure()', true, false, true],
  ['success() || failure()', true, true, false],
  ['failure() || cancelled()', false, true, true],
  ['always() && false', false, false, false],
  ["always() && github.ref == 'refs/heads/main'", true, true, true],
  ["github.ref == 'refs/heads/main'", true, false, false],
  ["github.ref == 'refs/heads/other'", false, false, false],
  ["${{ github.ref == 'refs/heads/main' }}", true, false, false],
  ['${{ failure() }}', false, true, false],
  ['${{ always() }}', true, true, true],
  ['${{ false }}', false, false, false],
  ['${{ false }} ', true, false, false],
  ['${{ false }} && ${{ true }}', true, false, false],
  ['!${{ true }}', true, false, false],
  ["success() && 'false'", true, false, false],
  ["contains('x', 'x') && failure()", false, true, false],
  ["format('{0}', always())", true, true, true],
  ["'failure()'", true, false, false],
  ['github.nothing', false, false, false],
  ['0', false, false, false],
  ["'0'", true, false, false],
  ['SUCCESS()', true, false, false],
  ['Failure()', false, true, false],
  ['(always())', true, true, true],
  ['!always()', false, false, false],
  ['none || always()', true, true, true],
];

suite('conditions', (test) => {
  for (const [text, ...expected] of CONDITIONS)
    test(`${JSON.stringify(text)}: ${expected.join(', ')}`, () => {
      const condition = parseCondition(text, NAMES);
      assert.equal(
        [S, F, C].map((status) => evaluateCondition(condition, { contexts: CONTEXTS, status })),
        expected,
      );
    });
});

suite('references', (test) => {
  test('every context with its path, in the order written', () => {
    const expression = parseExpression(
      "contains(github.event.issue['title'], env.X) && matrix[env.KEY].y || steps.a.outputs.*",
    );
    assert.equal(
      references(expression).map(({ path }) => path.join('.')),
      ['github.event.issue.title', 'env.X', 'matrix.*.y', 'env.KEY', 'steps.a.outputs.*'],
    );
    assert.equal(references(expression)[0]?.within, ['contains']);
  });
  test('a context alone is a reference too', () => {
    assert.equal(references(parseExpression('toJSON(github)')), [
      { path: ['github'], at: 7, within: ['tojson'] },
    ]);
    assert.equal(calls(parseExpression("always() && hashFiles('a')")), ['always', 'hashfiles']);
  });
});
