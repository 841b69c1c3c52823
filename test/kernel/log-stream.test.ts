import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { isBitError } from '../../src/kernel/errors.ts';
import { openLogStream } from '../../src/kernel/log-stream.ts';
import { suite } from '../suite.ts';

suite('a log', (test) => {
  const root = mkdtempSync(join(tmpdir(), 'bit-log-'));
  test.after(() => rmSync(root, { recursive: true, force: true }));

  test('holds what was written, in its order', async () => {
    const path = join(root, 'a.log');
    const log = openLogStream(path);
    log.write('one\n');
    log.write('two\n');
    await log.end();
    assert.is(readFileSync(path, 'utf8'), 'one\ntwo\n');
  });

  test('that can not be written ends nothing before its end, and is told of there', async () => {
    const log = openLogStream(join(root, 'nowhere', 'b.log'));
    log.write('one\n');
    await new Promise((resolve) => setTimeout(resolve, 50));
    log.write('two\n');
    const error: unknown = await log.end().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(isBitError(error, 'io'));
    assert.match((error as Error).message, 'b.log');
  });
});
