import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { isHeld, tryLock } from '../../src/kernel/lock.ts';
import { suite } from '../suite.ts';

suite('a lock', (test) => {
  test('is held by one until it lets go, and asking takes nothing and makes no file', () => {
    const directory = mkdtempSync(join(tmpdir(), 'bit-lock-'));
    try {
      const path = join(directory, 'one.lock');
      assert.is(isHeld(path), false);
      assert.is(existsSync(path), false, 'asked of one that nobody ever took');
      const lock = tryLock(path);
      assert.ok(lock);
      assert.is(isHeld(path), true);
      assert.is(tryLock(path), undefined);
      lock.release();
      assert.is(isHeld(path), false);
      const again = tryLock(path);
      assert.ok(again, 'asking whether it is held kept it from nobody');
      again.release();
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
