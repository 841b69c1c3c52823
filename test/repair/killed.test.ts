import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openLedgerReader } from '../../src/ledger/index.ts';
import { suite } from '../suite.ts';
import { BIT_PROGRAM, type World, world } from '../world.ts';

/** `bit` in a process of its own that is killed, with the git it had started, from within one of git's hooks. */
function killedIn(place: World, hook: string, words: readonly string[]): void {
  const path = join('.git', 'hooks', hook);
  place.write(
    path,
    '#!/bin/sh\nbit=$(sed "s/.*) . //" /proc/$PPID/stat | cut -d" " -f1)\nkill -9 $PPID $bit\n',
  );
  chmodSync(join(place.dir, path), 0o755);
  const { signal } = spawnSync(process.execPath, [BIT_PROGRAM, ...words], { cwd: place.dir, env: place.env });
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
        // index.lock, and the lock of the index that only the commit was to have
        ['locks', 'locks', 'intents'],
      );
      const again = JSON.parse((await place.bit('repair', '--json')).stdout);
      assert.equal(again.fixed, []);
      assert.is((await place.bit('commit', 'a.txt', '-m', 'second')).code, 0);
    } finally {
      place.close();
    }
  });

  /** What repair made of the one operation that died: `completed` or `untouched`, and the refs it had moved. */
  async function settled(place: World): Promise<{ settled: string; moved: readonly { ref: string }[] }> {
    assert.is((await place.bit('repair')).code, 0);
    const ledger = openLedgerReader({ directory: join(place.dir, '.git', 'bit', 'ledger') });
    const [outcome] = [...ledger.entries({ event: 'COMMIT', phase: 'outcome' })];
    return outcome?.payload as never;
  }

  async function afterKill(
    hook: string,
    check: (place: World) => Promise<void>,
    detach = false,
  ): Promise<void> {
    const place = world();
    try {
      place.start();
      if (detach) place.git('switch', '-q', '--detach');
      place.write('a.txt', 'two\n');
      place.git('add', '.');
      killedIn(place, hook, ['commit', '-m', 'second']);
      await check(place);
    } finally {
      place.close();
    }
  }

  test('a commit whose branch had moved is recorded as done', () =>
    afterKill('post-commit', async (place) => {
      const outcome = await settled(place);
      assert.is(outcome.settled, 'completed');
      assert.equal(
        outcome.moved.map(({ ref }) => ref),
        ['refs/heads/main'],
      );
    }));

  test('a commit on a detached HEAD that had moved is recorded as done', () =>
    afterKill('post-commit', async (place) => assert.is((await settled(place)).settled, 'completed'), true));

  test('a reflog line whose ref never got there is no move', () =>
    afterKill('pre-commit', async (place) => {
      const ledger = openLedgerReader({ directory: join(place.dir, '.git', 'bit', 'ledger') });
      const { op } = ledger.openIntents()[0] ?? { op: '' };
      const [from, to] = [place.git('rev-parse', 'HEAD'), place.git('rev-parse', 'HEAD^{tree}')];
      for (const log of ['HEAD', 'refs/heads/main'])
        appendFileSync(
          join(place.dir, '.git', 'logs', log),
          `${from} ${to} Ada <ada@example.org> 1 +0000\tbit ${op}: commit: second\n`,
        );
      assert.is((await settled(place)).settled, 'untouched');
    }));
});
