import * as assert from 'uvu/assert';
import { combinationLabel, expandMatrix } from '../../src/github-workflow/matrix.ts';
import type { Json } from '../../src/kernel/json.ts';
import fc from '../property.ts';
import { processorTime, suite } from '../suite.ts';

const ROWS: readonly (readonly [name: string, matrix: Json, jobs: readonly Json[]])[] = [
  ['one name', { version: [10, 12, 14] }, [{ version: 10 }, { version: 12 }, { version: 14 }]],
  [
    'two names, the first slowest',
    { os: ['ubuntu', 'windows'], version: [10, 12] },
    [
      { os: 'ubuntu', version: 10 },
      { os: 'ubuntu', version: 12 },
      { os: 'windows', version: 10 },
      { os: 'windows', version: 12 },
    ],
  ],
  [
    'objects as values',
    { node: [{ version: 14 }, { version: 20, env: 'X=1' }] },
    [{ node: { version: 14 } }, { node: { version: 20, env: 'X=1' } }],
  ],
  [
    'the includes of the documentation: added where nothing of its own is overwritten, else alone',
    {
      fruit: ['apple', 'pear'],
      animal: ['cat', 'dog'],
      include: [
        { color: 'green' },
        { color: 'pink', animal: 'cat' },
        { fruit: 'apple', shape: 'circle' },
        { fruit: 'banana' },
        { fruit: 'banana', animal: 'cat' },
      ],
    },
    [
      { fruit: 'apple', animal: 'cat', color: 'pink', shape: 'circle' },
      { fruit: 'apple', animal: 'dog', color: 'green', shape: 'circle' },
      { fruit: 'pear', animal: 'cat', color: 'pink' },
      { fruit: 'pear', animal: 'dog', color: 'green' },
      { fruit: 'banana' },
      { fruit: 'banana', animal: 'cat' },
    ],
  ],
  [
    'an include that fits a combination extends it',
    { os: ['windows', 'ubuntu'], node: [14, 16], include: [{ os: 'windows', node: 16, npm: 6 }] },
    [
      { os: 'windows', node: 14 },
      { os: 'windows', node: 16, npm: 6 },
      { os: 'ubuntu', node: 14 },
      { os: 'ubuntu', node: 16 },
    ],
  ],
  [
    'an include that fits none is a job of its own',
    { os: ['a', 'b'], version: [1], include: [{ os: 'c', version: 9 }] },
    [
      { os: 'a', version: 1 },
      { os: 'b', version: 1 },
      { os: 'c', version: 9 },
    ],
  ],
  [
    'only includes',
    { include: [{ site: 'production' }, { site: 'staging' }] },
    [{ site: 'production' }, { site: 'staging' }],
  ],
  [
    'an exclude by some of the names',
    {
      os: ['mac', 'win'],
      version: [12, 14, 16],
      environment: ['staging', 'production'],
      exclude: [
        { os: 'mac', version: 12, environment: 'production' },
        { os: 'win', version: 16 },
      ],
    },
    [
      { os: 'mac', version: 12, environment: 'staging' },
      { os: 'mac', version: 14, environment: 'staging' },
      { os: 'mac', version: 14, environment: 'production' },
      { os: 'mac', version: 16, environment: 'staging' },
      { os: 'mac', version: 16, environment: 'production' },
      { os: 'win', version: 12, environment: 'staging' },
      { os: 'win', version: 12, environment: 'production' },
      { os: 'win', version: 14, environment: 'staging' },
      { os: 'win', version: 14, environment: 'production' },
    ],
  ],
  [
    'an exclude comes before the includes, which can bring back',
    { os: ['a', 'b'], exclude: [{ os: 'b' }], include: [{ os: 'b', extra: true }] },
    [{ os: 'a' }, { os: 'b', extra: true }],
  ],
  ['everything excluded but one included', { a: [1], exclude: [{ a: 1 }], include: [{ b: 2 }] }, [{ b: 2 }]],
  ['an exclude of a name there is not', { a: [1], exclude: [{ b: 1 }] }, [{ a: 1 }]],
  [
    'an exclude by a part of an object',
    { n: [{ v: 1, e: 'x' }, { v: 2 }], exclude: [{ n: { v: 1 } }] },
    [{ n: { v: 2 } }],
  ],
  ['an exclude by a number where text stands', { v: ['20', '22'], exclude: [{ v: 20 }] }, [{ v: '22' }]],
  [
    'a later include overwrites what one before it added',
    { a: [1], include: [{ c: 'x' }, { c: 'y' }] },
    [{ a: 1, c: 'y' }],
  ],
];

suite('matrix', (test) => {
  for (const [name, matrix, jobs] of ROWS) test(name, () => assert.equal(expandMatrix(matrix), jobs));

  test('more than 256 jobs are refused, also by includes, and 256 are not', () => {
    const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);
    assert.is(expandMatrix({ a: numbers(16), b: numbers(16) }).length, 256);
    assert.throws(() => expandMatrix({ a: numbers(16), b: numbers(17) }), /more than 256 jobs/);
    assert.throws(() => expandMatrix({ include: numbers(257).map((at) => ({ at })) }), /more than 256 jobs/);
    const started = processorTime();
    const huge = Object.fromEntries(numbers(20).map((at) => [`n${at}`, numbers(10)]));
    assert.throws(() => expandMatrix(huge), /combinations/);
    assert.ok(processorTime() - started < 1000);
  });

  test('what is no matrix is refused by name', () => {
    assert.throws(() => expandMatrix([]), /mapping/);
    assert.throws(() => expandMatrix({ a: 'x' }), /matrix\.a must be a list/);
    assert.throws(() => expandMatrix({ a: [] }), /matrix\.a has no values/);
    assert.throws(() => expandMatrix({ a: [1], exclude: [{ a: 1 }] }), /no job/);
    assert.throws(() => expandMatrix({ a: [1], include: 'x' }), /matrix\.include/);
    assert.throws(() => expandMatrix({ a: [1], exclude: ['x'] }), /matrix\.exclude\[0\]/);
  });

  test('the label is what GitHub puts behind the name', () => {
    assert.is(combinationLabel({ os: 'ubuntu', node: 20 }), '(ubuntu, 20)');
    assert.is(combinationLabel({ node: { version: 14, env: 'X=1' }, flag: false }), '(14, X=1, false)');
  });

  test('without includes there are as many as the product, all different', () => {
    const list = fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(list, list, list, (a, b, c) => {
        const made = expandMatrix({ a, b, c });
        assert.is(made.length, a.length * b.length * c.length);
        assert.is(new Set(made.map((item) => JSON.stringify(item))).size, made.length);
      }),
    );
  });
});
