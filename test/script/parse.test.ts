import * as assert from 'uvu/assert';
import { BitError } from '../../src/kernel/errors.ts';
import { parseScript } from '../../src/script/index.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

const words = (text: string, variables: Record<string, string> = {}) =>
  parseScript('t.bit', text, variables).map((line) => line.words);

function failure(text: string, variables: Record<string, string> = {}): BitError {
  try {
    words(text, variables);
  } catch (error) {
    if (error instanceof BitError) return error;
    throw error;
  }
  throw new Error('expected a failure');
}

suite('a .bit script', (test) => {
  test('has one command a line, its prefix left out, with comments and blank lines passed over', () => {
    assert.equal(words('# release\n\nbit.tag new v1\r\nbit push main # over\ncommit -m x\n'), [
      ['tag', 'new', 'v1'],
      ['push', 'main'],
      ['commit', '-m', 'x'],
    ]);
  });

  test('keeps the line numbers', () => {
    assert.equal(parseScript('t.bit', '\n\nbit.status\n', {})[0]?.line, 3);
  });

  test('takes quotes as one word and expands only where a shell would', () => {
    assert.equal(words(`bit.commit -m "release $V" '$V' \${V}x \\$V a"b c"d`, { V: '1 2' }), [
      ['commit', '-m', 'release 1 2', '$V', '1 2x', '$V', 'ab cd'],
    ]);
  });

  test('never splits a value into words or options', () => {
    assert.equal(words('bit.tag new $NAME', { NAME: '--force -x' }), [['tag', 'new', '--force -x']]);
  });

  test('names the line and column of a variable that is not set, and the nearest that is', () => {
    const error = failure('bit.status\nbit.tag new $VERSON', { VERSION: '1' });
    assert.is(error.code, 'usage');
    assert.match(error.message, /^t\.bit:2:13: \$VERSON is not set/);
    assert.match(error.hint ?? '', /\$VERSION/);
  });

  test('finds a quote without end, a trailing backslash and a lone dollar', () => {
    assert.match(failure(`bit.commit -m "x`).message, /t\.bit:1:15/);
    assert.match(failure(`bit.commit -m 'x`).message, /has no end/);
    assert.match(failure('bit.commit \\').message, /backslash/);
    assert.match(failure('bit.commit $ x').message, /\$ needs a name/);
  });

  test('does not read variables from the object prototype', () => {
    assert.match(failure('bit.x $constructor').message, /not set/);
  });

  test('parses or explains anything, and quickly', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        try {
          words(text);
        } catch (error) {
          assert.instance(error, BitError);
        }
      }),
    );
    assert.match(failure('a'.repeat(2 * 1024 * 1024)).message, /larger/);
    assert.match(failure('\n'.repeat(20_000)).message, /more than/);
  });
});
