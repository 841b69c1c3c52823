import * as assert from 'uvu/assert';
import { isBitError } from '../../src/kernel/errors.ts';
import { jq } from '../../src/kernel/jq.ts';
import { suite } from '../suite.ts';

suite('jq', (test) => {
  test('prints strings raw and one result a line', async () => {
    assert.is(await jq({ a: ['x', 1, null] }, '.a[]'), 'x\n1\nnull');
    assert.is(await jq('a string', '.'), 'a string');
  });

  test('takes a document of some megabytes, in and out', async () => {
    const items = Array.from({ length: 30_000 }, (_, n) => ({ n, text: 'x'.repeat(60) }));
    const started = performance.now();
    assert.is((await jq({ items }, '.items[]')).split('\n').length, items.length);
    // a binding that copied its input at each byte took hours for this
    assert.ok(performance.now() - started < 60_000);
  });

  test('tells what is wrong with a program, or with what it met', async () => {
    for (const [program, message] of [
      ['.a |', 'syntax error'],
      ['error("of mine")', 'of mine'],
    ] as const) {
      const error = await jq({}, program).catch((thrown: unknown) => thrown);
      assert.ok(isBitError(error, 'usage'));
      assert.match(error.message, message);
    }
  });
});
