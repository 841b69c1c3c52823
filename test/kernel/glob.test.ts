import * as assert from 'uvu/assert';
import { BitError } from '../../src/kernel/errors.ts';
import { compileGlob, globBase, globSet } from '../../src/kernel/glob.ts';
import { processorTime, suite } from '../suite.ts';

const HOLDS: readonly (readonly [string, string])[] = [
  ['src/**', 'src/a/b.ts'],
  ['src/**/*.ts', 'src/b.ts'],
  ['**/*.ts', 'a/b/c.ts'],
  ['**', 'a'],
  ['*.{js,ts}', 'a.ts'],
  ['a{b,{c,d}e}', 'ade'],
  ['[a-c]?', 'bx'],
  ['[!a]', 'b'],
  ['.*', '.npmrc'],
  ['\\*', '*'],
  ['a/**/b/**/c', 'a/x/b/y/z/c'],
  ['./a', 'a'],
  ['*a*b*', 'xxaxxbxx'],
];
const HOLDS_NOT: readonly (readonly [string, string])[] = [
  ['src/**', 'src'],
  ['*.ts', 'a/b.ts'],
  ['a/*', 'a/b/c'],
  ['[a-c]', 'd'],
  ['[!a]', 'a'],
  ['dist', 'dist/x'],
  ['a/**/c', 'a/b'],
  ['?', ''],
];

suite('globs', (test) => {
  test('match what they should', () => {
    for (const [pattern, path] of HOLDS) assert.ok(compileGlob(pattern)(path), `${pattern} ${path}`);
  });

  test('match nothing else', () => {
    for (const [pattern, path] of HOLDS_NOT) assert.not.ok(compileGlob(pattern)(path), `${pattern} ${path}`);
  });

  test('of a folder hold for what is below it where that is asked for', () => {
    assert.ok(compileGlob('dist', { below: true })('dist/a/b'));
    assert.not.ok(compileGlob('dist', { below: true })('distant/a'));
  });

  test('in a set take out again what a later one denies', () => {
    const matches = globSet(['src/**', '!src/**/*.test.ts', 'src/keep.test.ts']);
    assert.equal(['src/a.ts', 'src/a.test.ts', 'src/keep.test.ts'].map(matches), [true, false, true]);
  });

  test('name the folder they begin in', () => {
    assert.equal(['dist/**', '*.ts', 'a/b/c', 'a/{b,c}/d'].map(globBase), ['dist', '', 'a/b/c', 'a']);
  });

  test('stay quick on what was made to be slow', () => {
    const began = processorTime();
    assert.not.ok(compileGlob(`${'*a'.repeat(200)}b`)('a'.repeat(5000)));
    assert.not.ok(compileGlob(`${'**/a/'.repeat(100)}b`)('a/'.repeat(2000)));
    assert.ok(processorTime() - began < 5000);
  });

  test('with braces without end are refused', () => {
    assert.throws(
      () => compileGlob('{a,b}'.repeat(20)),
      (error: unknown) => error instanceof BitError && error.code === 'usage',
    );
    assert.ok(compileGlob('{a')('{a'));
  });
});
