import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readTextIfExists, writeFileAtomic } from '../../src/kernel/files.ts';
import { suite } from '../suite.ts';

suite('writeFileAtomic', (test) => {
  const directory = mkdtempSync(join(tmpdir(), 'bit-files-'));
  test.after(() => rmSync(directory, { recursive: true }));

  test('writes bytes and mode, making folders on the way, and leaves no temporary file', () => {
    const path = join(directory, 'a', 'b.txt');
    writeFileAtomic(path, 'one', { mode: 0o600 });
    writeFileAtomic(path, 'two', { mode: 0o600 });
    assert.is(readFileSync(path, 'utf8'), 'two');
    if (process.platform !== 'win32') assert.is(statSync(path).mode & 0o777, 0o600);
    assert.equal(readdirSync(join(directory, 'a')), ['b.txt']);
  });

  test('leaves the old file as it was when the rename is refused', () => {
    const path = join(directory, 'taken');
    mkdirSync(join(path, 'full'), { recursive: true });
    writeFileSync(join(path, 'full', 'x'), 'x');
    assert.throws(() => writeFileAtomic(path, 'new'));
    assert.ok(existsSync(join(path, 'full', 'x')));
    assert.equal(
      readdirSync(directory).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });

  test('tells a missing file from a broken one', () => {
    assert.is(readTextIfExists(join(directory, 'none')), undefined);
    assert.throws(() => readTextIfExists(directory));
  });
});
