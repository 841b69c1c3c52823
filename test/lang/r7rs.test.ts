import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { evaluate } from '../../src/lang/lisp/index.ts';
import { suite } from '../suite.ts';
import { EXAMPLES } from './r7rs-examples.ts';

const LIBRARIES = 'base write char cxr inexact lazy case-lambda eval read'
  .split(' ')
  .map((name) => `(scheme ${name})`)
  .join(' ');

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
    const { status, stdout, error } = spawnSync('guile', ['--no-auto-compile', '--r7rs', '/dev/stdin'], {
      input: program,
      encoding: 'utf8',
    });
    if (error !== undefined || status !== 0) return;
    const theirs = stdout.trimEnd().split('\n');
    assert.is(theirs.length, all.length);
    // The abbreviations of quotations are how one prints, not what one has.
    const plain = (text: string): string =>
      text.replace(
        /\((quote|quasiquote|unquote) (\S+?|\(.*\))\)/g,
        (_, word: string, of: string) => `${{ quote: "'", quasiquote: '`', unquote: ',' }[word]}${of}`,
      );
    for (const [index, [expression, shown]] of all.entries())
      assert.is(plain(theirs[index] ?? ''), shown, expression);
  });
});
