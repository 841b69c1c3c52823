import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { list, type Value } from '../../src/lang/lisp/data.ts';
import { equal } from '../../src/lang/lisp/equal.ts';
import { dataOf } from '../../src/lang/lisp/from-tree.ts';
import { evaluate, readLisp } from '../../src/lang/lisp/index.ts';
import { suite } from '../suite.ts';
import { EXAMPLES } from './r7rs-examples.ts';

const LIBRARIES = 'base write char cxr inexact lazy case-lambda eval read'
  .split(' ')
  .map((name) => `(scheme ${name})`)
  .join(' ');

function datum(text: string): Value {
  return list(dataOf(text, readLisp(text, 'scheme').tree));
}

suite('lisp: the expressions of R7RS', (test) => {
  for (const [section, examples] of Object.entries(EXAMPLES)) {
    test(`${section}: each of ${examples.length} comes to what the report says`, async () => {
      for (const [expression, shown] of examples) {
        const ended = await evaluate(expression, { write: () => undefined }, { fuel: 100_000 });
        assert.is(ended.ended === 'value' ? ended.shown : JSON.stringify(ended), shown, expression);
      }
    });
  }

  test('another Scheme says the same, where one is installed', () => {
    const all = Object.values(EXAMPLES).flat();
    const program = [
      `(import ${LIBRARIES})`,
      ...all.map(([expression]) => `(guard (e (#t (display "error"))) (write ${expression}))(newline)`),
    ].join('\n');
    const folder = mkdtempSync(join(tmpdir(), 'bit-r7rs-'));
    writeFileSync(join(folder, 'all.scm'), program);
    const { status, stdout, error } = spawnSync(
      'guile',
      ['--no-auto-compile', '--r7rs', '-s', join(folder, 'all.scm')],
      { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } },
    );
    rmSync(folder, { recursive: true, force: true });
    if (error !== undefined || status !== 0) return;
    const theirs = stdout.trimEnd().split('\n');
    assert.is(theirs.length, all.length);
    for (const [index, [expression, shown]] of all.entries()) {
      const said = theirs[index] ?? '';
      // Guile writes names of odd characters in a way of its own.
      if (said.includes('#{')) continue;
      // As data: whether a quotation is abbreviated is how one prints.
      assert.ok(equal(datum(said), datum(shown)), `${expression}: ${said}`);
    }
  });
});
