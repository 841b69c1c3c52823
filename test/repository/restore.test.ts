import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

suite<{ world: World }>('bit restore of files', (test) => {
  test.before.each((context) => {
    context.world = world();
    context.world.start();
    context.world.write('dir/b.txt', 'b1\n');
    context.world.write('kept.txt', 'kept\n');
    context.world.git('add', '.');
    context.world.git('commit', '-qm', 'more');
    context.world.write('a.txt', 'two\n');
    context.world.git('rm', '-q', 'dir/b.txt');
    context.world.git('commit', '-qam', 'changed');
  });
  test.after.each((context) => context.world.close());

  test('brings named files back in the index and on disk, as git checkout does', async ({ world }) => {
    const run = await world.bit('restore', 'HEAD~1', 'dir', '--json');
    assert.is(run.code, 0, run.stderr);
    assert.equal(JSON.parse(run.stdout).files, ['dir/b.txt']);
    assert.is(world.read('dir/b.txt'), 'b1\n');
    assert.is(world.read('a.txt'), 'two\n');
    assert.is(world.git('status', '--porcelain'), 'A  dir/b.txt');
  });

  test('without paths brings the whole commit back, and undo takes it away again', async ({ world }) => {
    const run = await world.bit('restore', 'HEAD~1');
    assert.is(run.code, 0, run.stderr);
    assert.is(world.git('diff', '--cached', '--name-only', 'HEAD~1'), '');
    assert.is(world.read('a.txt'), 'one\n');
    const undone = await world.bit('undo', '--yes');
    assert.is(undone.code, 0, undone.stderr);
    assert.is(world.git('status', '--porcelain'), '');
    assert.is(world.read('a.txt'), 'two\n');
    assert.not.ok(world.exists('dir/b.txt'));
  });

  test('refuses to overwrite uncommitted work: edited, staged, untracked or ignored', async ({ world }) => {
    world.write('.git/info/exclude', 'dir/\n');
    const cases: [string, () => void][] = [
      ['a.txt', () => world.write('a.txt', 'edited\n')],
      ['a.txt', () => world.git('add', 'a.txt')],
      ['dir/b.txt', () => world.write('dir/b.txt', 'mine, ignored\n')],
    ];
    for (const [path, make] of cases) {
      make();
      const mine = world.read(path);
      const run = await world.bit('restore', 'HEAD~1', path);
      assert.is(run.code, 1, `${path}: ${run.stderr}`);
      assert.match(run.stderr, path);
      assert.is(world.read(path), mine);
    }
    assert.is((await world.bit('restore', 'HEAD~1', 'kept.txt')).code, 0);
  });

  test('with --force stashes everything that was in the way, and undo brings it back byte for byte', async ({
    world,
  }) => {
    world.write('a.txt', 'edited\n');
    world.write('kept.txt', 'staged\n');
    world.git('add', 'kept.txt');
    world.write('dir/b.txt', 'mine, untracked\n');
    const run = await world.bit('restore', 'HEAD~1', '--force', '--json');
    assert.is(run.code, 0, run.stderr);
    const { stash } = JSON.parse(run.stdout);
    assert.is(world.git('rev-parse', 'refs/stash'), stash);
    assert.is(world.git('show', 'stash@{0}:a.txt'), 'edited');
    assert.is(world.git('show', 'stash@{0}^2:kept.txt'), 'staged');
    assert.is(world.git('show', 'stash@{0}^3:dir/b.txt'), 'mine, untracked');
    assert.is(world.read('a.txt'), 'one\n');
    assert.is(world.read('dir/b.txt'), 'b1\n');
    const undone = await world.bit('undo', '--yes');
    assert.is(undone.code, 0, undone.stderr);
    assert.is(world.read('a.txt'), 'edited\n');
    assert.is(world.read('kept.txt'), 'staged\n');
    assert.is(world.read('dir/b.txt'), 'mine, untracked\n');
    assert.is(world.git('status', '--porcelain'), ' M a.txt\nM  kept.txt\n?? dir/');
  });

  test('the stash of --force pops like any other', async ({ world }) => {
    world.write('a.txt', 'edited\n');
    world.write('dir/b.txt', 'mine\n');
    assert.is((await world.bit('restore', 'HEAD~1', '--force')).code, 0);
    world.git('reset', '-q', '--hard');
    world.git('stash', 'pop', '-q');
    assert.is(world.read('a.txt'), 'edited\n');
    assert.is(world.read('dir/b.txt'), 'mine\n');
  });

  test('changes nothing under --dry-run', async ({ world }) => {
    const run = await world.bit('restore', 'HEAD~1', '--dry-run');
    assert.is(run.code, 0, run.stderr);
    assert.match(run.stdout, 'restore dir/b.txt');
    assert.is(world.git('status', '--porcelain'), '');
  });

  test('suggests what is near, and refuses hostile words', async ({ world }) => {
    const near = await world.bit('restore', 'HEAD~1', 'dir/b.tx');
    assert.is(near.code, 4);
    assert.match(near.stderr, 'dir/b.txt');
    assert.is((await world.bit('restore', 'mian')).code, 4);
    assert.is((await world.bit('restore', 'gone.zip')).code, 4);
    for (const words of [
      ['-x'],
      ['a\nb'],
      ['HEAD', '../x'],
      ['HEAD', '/etc/passwd'],
      ['HEAD', '.git/config'],
      ['HEAD..main'],
    ]) {
      assert.is((await world.bit('restore', '--', ...words)).code, 2, JSON.stringify(words));
    }
    assert.is(world.git('status', '--porcelain'), '');
  });
});
