import { spawnSync } from 'node:child_process';
import { chmodSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

const DEV = join(import.meta.dirname, '..', '..', 'bin', 'dev.js');

/** `bit` in a process of its own that is killed, with the git it had started, from within one of git's hooks. */
function killedIn(place: World, hook: string, words: readonly string[]): void {
  const path = join('.git', 'hooks', hook);
  place.write(
    path,
    '#!/bin/sh\nbit=$(sed "s/.*) . //" /proc/$PPID/stat | cut -d" " -f1)\nkill -9 $PPID $bit\n',
  );
  chmodSync(join(place.dir, path), 0o755);
  const { signal } = spawnSync(process.execPath, [DEV, ...words], { cwd: place.dir, env: place.env });
  assert.is(signal, 'SIGKILL');
  place.write(path, '');
  chmodSync(join(place.dir, path), 0o644);
}

suite('repair after kill -9', (test) => {
  if (process.platform !== 'linux') return;
  test('removes the lock of a killed git before it settles the intent that needs the index', async () => {
    const place = world();
    try {
      place.start();
      place.write('a.txt', 'two\n');
      killedIn(place, 'pre-commit', ['commit', 'a.txt', '-m', 'second']);
      const lock = join(place.dir, '.git', 'index.lock');
      assert.ok(place.exists(lock), 'git was killed while it held the index');
      utimesSync(lock, 1, 1);
      const repaired = JSON.parse((await place.bit('repair', '--json')).stdout);
      assert.equal(repaired.failed, []);
      assert.equal(
        repaired.fixed
          .map((item: { scope: string }) => item.scope)
          .filter((scope: string) => scope !== 'hooks'),
        ['locks', 'intents'],
      );
      const again = JSON.parse((await place.bit('repair', '--json')).stdout);
      assert.equal(again.fixed, []);
      assert.is((await place.bit('commit', 'a.txt', '-m', 'second')).code, 0);
    } finally {
      place.close();
    }
  });
});
