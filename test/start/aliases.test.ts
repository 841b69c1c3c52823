import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { expandAlias, readAliases } from '../../src/cli/aliases.ts';
import { BitError } from '../../src/kernel/errors.ts';
import { splitWords } from '../../src/kernel/text.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

suite('aliases', (test) => {
  test('what is given follows the expansion, or fills its places', () => {
    assert.equal(expandAlias('co', 'pr checkout', ['7']), ['pr', 'checkout', '7']);
    assert.equal(expandAlias('by', 'log --actor $1 -n $2', ['ada', '3', '--json']), [
      'log',
      '--actor',
      'ada',
      '-n',
      '3',
      '--json',
    ]);
    assert.equal(expandAlias('all', 'commit $@ --stage "*.ts"', ['-m', 'two words']), [
      'commit',
      '-m',
      'two words',
      '--stage',
      '*.ts',
    ]);
  });

  test('a place that nothing fills, an open quote and an empty alias are usage errors', () => {
    for (const [expansion, given] of [
      ['log $2', ['x']],
      ['log "x', []],
      ['', []],
    ] as const) {
      assert.throws(
        () => expandAlias('a', expansion, given),
        (error: BitError) => error.code === 'usage',
      );
    }
  });

  test('a value that looks like a place is not filled again', () => {
    assert.equal(expandAlias('a', 'log $1', ['$1']), ['log', '$1']);
  });

  test('quoted words come back whole', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
        assert.equal(splitWords(line), words);
      }),
    );
  });

  test('a file that is not an object of strings is named in the error', () => {
    const directory = mkdtempSync(join(tmpdir(), 'bit-aliases-'));
    try {
      assert.equal(readAliases(directory), {});
      for (const text of ['{', '[]', '{"a": 1}', 'null']) {
        writeFileSync(join(directory, 'aliases.json'), text);
        assert.throws(
          () => readAliases(directory),
          (error: BitError) => error instanceof BitError && error.message.includes('aliases.json'),
        );
      }
      writeFileSync(join(directory, 'aliases.json'), '{"s": "status deep"}');
      assert.equal(readAliases(directory), { s: 'status deep' });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
