import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';

const place = (name: string): string => pathToFileURL(join(import.meta.dirname, '..', '..', name)).href;

/** Runs a test file of these tests, the second of which throws, in a process of its own. */
function outcomeOf(throwing: string): { total: number; passed: number; code: number | null; output: string } {
  const directory = mkdtempSync(join(tmpdir(), 'bit-suite-'));
  try {
    const file = join(directory, 'inner.test.ts');
    writeFileSync(
      file,
      `import { suite } from ${JSON.stringify(place('test/suite.ts'))};
       import { BitError } from ${JSON.stringify(place('src/kernel/errors.ts'))};
       suite('inner', (test) => {
         test('before', () => {});
         test('in the middle', async () => { ${throwing} });
         test('after', () => {});
       });`,
    );
    const child = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', file], {
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    const output = child.stdout + child.stderr;
    const figure = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(output)?.[1] ?? -1);
    return { total: figure('Total'), passed: figure('Passed'), code: child.status, output };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

suite('the test wrapper', (test) => {
  for (const [what, throwing, said] of [
    [
      'an error whose details are an object',
      "throw new BitError('changed', 'it moved', { details: { at: 1 } })",
      'it moved',
    ],
    ['a string', "throw 'only text'", 'only text'],
    ['nothing', 'throw undefined', 'undefined'],
    [
      'an error without a stack',
      "throw Object.assign(new Error('bare'), { stack: undefined, details: {} })",
      'bare',
    ],
  ] as const) {
    test(`counts a test that throws ${what} as failed, says why and goes on`, () => {
      const outcome = outcomeOf(throwing);
      assert.is(outcome.total, 3, outcome.output);
      assert.is(outcome.passed, 2, outcome.output);
      assert.is(outcome.code, 1, outcome.output);
      assert.match(outcome.output, said);
    });
  }

  test('leaves a failed assertion its comparison', () => {
    const url = JSON.stringify(import.meta.resolve('uvu/assert'));
    const outcome = outcomeOf(`(await import(${url})).equal({ a: 1 }, { a: 2 })`);
    assert.is(outcome.passed, 2, outcome.output);
    assert.is(outcome.code, 1);
    assert.match(outcome.output, 'Actual');
  });
});
