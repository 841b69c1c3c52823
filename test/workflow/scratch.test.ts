import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ulid } from '../../src/kernel/ids.ts';
import { suite } from '../suite.ts';
import { world } from '../world.ts';

suite('what a killed run left in memory', (test) => {
  test('goes with the next run of the same user, also where its clone is gone; what is in use stays', async () => {
    if (!existsSync('/dev/shm')) return;
    const place = world();
    const folder = (state: string | undefined): string => {
      const path = join('/dev/shm', `bit-run-${process.getuid?.() ?? 0}-${ulid(Date.now())}`);
      mkdirSync(path, { mode: 0o700 });
      if (state !== undefined) writeFileSync(join(path, '.state'), state);
      return path;
    };
    const gone = folder(join(place.root, 'no-such-clone'));
    const begun = folder(undefined);
    try {
      place.start();
      place.write(
        '.bithub/workflows/hello.yml',
        'name: hello\njobs:\n  a:\n    steps:\n      - run: echo hi\n',
      );
      const run = await place.bit('run', 'hello');
      assert.is(run.code, 0, run.stderr);
      assert.not.ok(existsSync(gone));
      // made by somebody who has not said yet whose it is
      assert.ok(existsSync(begun));
    } finally {
      place.close();
      for (const path of [gone, begun]) rmSync(path, { recursive: true, force: true });
    }
  });
});
