import * as assert from 'uvu/assert';
import { checkImageName, checkRegistry, isLoopback, timestampTag } from '../../src/image/names.ts';
import { testWords } from '../../src/image/words.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

suite('a test command', (test) => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    [`/bin/sh -lc 'echo "OK: $HOSTNAME"'`, ['/bin/sh', '-lc', 'echo "OK: $HOSTNAME"']],
    ['a  b\tc', ['a', 'b', 'c']],
    [`a"b c"'d e'f`, ['ab cd ef']],
    ['a\\ b "\\"" ""', ['a b', '"', '']],
    ['$HOME `id` ; rm', ['$HOME', '`id`', ';', 'rm']],
  ];
  for (const [command, words] of cases) {
    test(`${command} is ${words.length} words`, () => assert.equal(testWords(command), words));
  }

  test('words that are quoted come back as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (words) => {
        const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
        assert.equal(testWords(quoted), words);
      }),
    );
  });
});

suite('names of images', (test) => {
  test('what a registry would not take is refused', () => {
    for (const name of ['', 'A', '-a', 'a/', 'a//b', 'a..b', 'a:b', 'a@b', 'a\nb', 'x'.repeat(201)])
      assert.throws(() => checkImageName('the owner', name), /can't be part/, JSON.stringify(name));
    for (const name of ['a', 'a/b-c', 'a__b', 'a.b/c_d', 'a---b'])
      assert.is(checkImageName('the owner', name), name);
    for (const name of ['-x', 'a b', 'http://x', 'a/b', ''])
      assert.throws(() => checkRegistry(name), /no registry/);
    for (const name of ['ghcr.io', 'localhost:5000', '[::1]:5000', '127.0.0.1:80'])
      assert.is(checkRegistry(name), name);
  });

  test('only a registry on this machine may do without TLS', () => {
    assert.ok(['localhost:1', '127.1.2.3', '[::1]:5'].every(isLoopback));
    assert.not.ok(['ghcr.io', 'localhost.example.org', '127.0.0.1.example.org', '10.0.0.1'].some(isLoopback));
  });

  test('the tag is the time in UTC', () =>
    assert.is(timestampTag(new Date('2026-11-21T18:30:05.123Z')), '20261121183005'));
});
