import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { repositoryState } from '../operation/fixture.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';
import { type Disk, mayMount, openOperations, refused, run, smallDisk, sound } from './program.ts';

/** A repository on a disk of its own, used by bit once, with something to commit. */
async function onDisk(w: World, megabytes: number): Promise<{ disk: Disk; dir: string }> {
  const disk = smallDisk(w, megabytes);
  const dir = join(disk.path, 'repo');
  mkdirSync(dir);
  w.gitIn(dir, 'init', '-q', '-b', 'main');
  w.write(join(dir, 'a.txt'), 'one\n');
  w.gitIn(dir, 'add', '.');
  w.gitIn(dir, 'commit', '-qm', 'first');
  assert.is((await run(w, ['tag', 'new', 'v0'], { dir })).code, 0);
  w.write(join(dir, 'a.txt'), 'two\n');
  w.write(join(dir, 'new.txt'), 'new\n');
  return { disk, dir };
}

const ACTIONS: readonly (readonly string[])[] = [
  ['tag', 'new', 'v1'],
  ['branch', 'new', 'topic'],
  ['commit', '-m', 'two', '--stage', '.'],
  ['tag', 'delete', 'v0', '--yes'],
  ['init'],
  ['policy', 'accept'],
  ['undo'],
  ['repair'],
];

suite('a disk that refuses', (test) => {
  test('because it is read-only: queries answer, every action says so, and afterwards all goes on', async () => {
    const w = world();
    if (!mayMount(w)) return w.close();
    const { disk, dir } = await onDisk(w, 16);
    try {
      const before = repositoryState(w, dir);
      disk.readOnly(true);
      for (const query of [
        ['status'],
        ['log'],
        ['log', 'audit'],
        ['ledger', 'verify'],
        ['diff', '--stat'],
        ['undo', '--dry-run'],
      ])
        assert.is((await run(w, query, { dir })).code, 0, query.join(' '));
      for (const action of ACTIONS) refused(await run(w, action, { dir }), 1, /read-only/);
      disk.readOnly(false);
      assert.is(repositoryState(w, dir), before);
      await sound(w, dir);
      assert.is((await run(w, ['commit', '-m', 'two', '--stage', '.'], { dir })).code, 0);
    } finally {
      disk.close();
      w.close();
    }
  });

  test("because a state folder is somebody else's: every action says so", async () => {
    const root = process.getuid?.() === 0;
    const w = world();
    w.start();
    assert.is((await run(w, ['tag', 'new', 'v0'])).code, 0);
    w.write('a.txt', 'two\n');
    const state = join(w.dir, '.git', 'bit');
    const uid = root ? 65534 : undefined;
    if (root) {
      // nobody may read all, and write nothing of it
      for (const path of [w.root, w.dir]) chmodSync(path, 0o755);
      w.git('config', '--global', '--add', 'safe.directory', '*');
    } else chmodSync(state, 0o500);
    const options = uid === undefined ? {} : { uid, env: { XDG_DATA_HOME: '/nowhere/at/all' } };
    for (const action of [
      ['tag', 'new', 'v1'],
      ['commit', '-m', 'two', '--stage', '.'],
    ]) {
      const ran = await run(w, action, options);
      refused(ran, 1, /permission denied|not permitted/i);
    }
    if (!root) chmodSync(state, 0o700);
    await sound(w);
    w.close();
  });

  test('because it is full, wherever an action writes: a clear word, nothing lost, and with room again all goes on', async () => {
    const w = world();
    if (!mayMount(w)) return w.close();
    const { disk, dir } = await onDisk(w, 6);
    try {
      let failures = 0;
      for (const [round, free] of [0, 4, 12, 24, 40, 64, 96, 160].entries()) {
        const text = `round ${round}\n`.repeat(50);
        w.write(join(dir, 'a.txt'), text);
        const actions = [
          ['commit', '-m', `c${round}`, '--stage', '.'],
          ['tag', 'new', `t${round}`],
          round % 2 === 0 ? ['init'] : ['branch', 'new', `b${round}`],
          ['undo'],
        ];
        disk.fill(free);
        for (const action of actions) {
          const ran = await run(w, action, { dir });
          if (ran.code === 0) continue;
          failures++;
          assert.is(ran.code, 1, `${action.join(' ')}: ${ran.stderr}`);
          assert.match(ran.stderr, /disk|space|write|nothing|can't go back|create/, action.join(' '));
        }
        disk.empty();
        assert.is(w.read(join(dir, 'a.txt')), text);
        const repaired = await run(w, ['repair'], { dir });
        assert.is(repaired.code, 0, repaired.stdout + repaired.stderr);
        await sound(w, dir);
      }
      assert.ok(failures > 10, `${failures} failures`);
      assert.equal(openOperations(dir), []);
      w.write(join(dir, 'a.txt'), 'last\n');
      assert.is((await run(w, ['commit', '-m', 'last', '--stage', '.'], { dir })).code, 0);
      assert.is((await run(w, ['undo'], { dir })).code, 0);
      assert.is(w.read(join(dir, 'a.txt')), 'last\n');
    } finally {
      disk.close();
      w.close();
    }
  });

  test('where the keys, settings and cache are kept: a clear word, and queries go on', async () => {
    const w = world();
    if (!mayMount(w)) return w.close();
    w.start();
    const disk = smallDisk(w, 1);
    const env = { XDG_DATA_HOME: disk.path, XDG_CACHE_HOME: disk.path, XDG_CONFIG_HOME: disk.path };
    try {
      disk.fill(0);
      assert.is((await run(w, ['status'], { env })).code, 0);
      refused(await run(w, ['tag', 'new', 'v1'], { env }), 1, /disk is full/);
      assert.is(w.git('tag'), '');
      disk.empty();
      disk.readOnly(true);
      assert.is((await run(w, ['status'], { env })).code, 0);
      refused(await run(w, ['tag', 'new', 'v1'], { env }), 1, /read-only/);
      disk.readOnly(false);
      assert.is((await run(w, ['tag', 'new', 'v1'], { env })).code, 0);
      rmSync(join(w.dir, 'nothing'), { force: true });
    } finally {
      disk.close();
      w.close();
    }
  });
});
