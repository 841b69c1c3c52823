import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

/** Everything git knows of the index, the files and what it is in the middle of. */
function standing({ git, exists, read }: World): Record<string, string> {
  const middle = ['MERGE_HEAD', 'MERGE_MSG', 'CHERRY_PICK_HEAD'].filter((name) => exists(`.git/${name}`));
  return {
    index: git('ls-files', '--stage'),
    status: git('status', '--porcelain=v2'),
    refs: git('for-each-ref', 'refs/heads'),
    head: git('symbolic-ref', 'HEAD'),
    a: read('a.txt'),
    b: read('b.txt'),
    ...Object.fromEntries(middle.map((name) => [name, read(`.git/${name}`)])),
  };
}

async function works(place: World, ...words: string[]): Promise<void> {
  const run = await place.bit(...words);
  assert.is(run.code, 0, `bit ${words.join(' ')}: ${run.stdout}${run.stderr}`);
}

suite<{ world: World }>('undo through merge conflicts', (test) => {
  test.before.each((context) => {
    const place = world();
    context.world = place;
    place.start();
    place.write('b.txt', 'one\n');
    place.git('add', '.');
    place.git('commit', '-q', '-m', 'b');
    place.git('switch', '-q', '-c', 'topic');
    for (const name of ['a.txt', 'b.txt']) place.write(name, 'topic\n');
    place.git('commit', '-q', '-am', 'topic');
    place.git('switch', '-q', 'main');
    for (const name of ['a.txt', 'b.txt']) place.write(name, 'main\n');
    place.git('commit', '-q', '-am', 'main');
  });
  test.after.each((context) => context.world.close());

  for (const last of [['resume'], ['commit', '-m', 'merged'], ['git', 'commit', '-m', 'merged']]) {
    test(`merge, resolve, bit ${last.join(' ')}: each step goes back and forth to just how it was`, async ({
      world,
    }) => {
      const first = standing(world);
      assert.is((await world.bit('merge', 'topic', '--leave-conflicts')).code, 1);
      for (const name of ['a.txt', 'b.txt']) world.write(name, 'resolved\n');
      const edited = standing(world);
      await works(world, 'add', 'a.txt');
      const half = standing(world);
      await works(world, 'add', 'b.txt');
      const staged = standing(world);
      await works(world, ...last);
      const merged = standing(world);
      for (const state of [staged, half, edited]) {
        await works(world, 'undo');
        assert.equal(standing(world), state);
      }
      await works(world, 'redo', '3');
      assert.equal(standing(world), merged, 'redo');
      await works(world, 'rollback', 'chain', '4');
      assert.equal(standing(world), first, 'all at once, with what was edited by hand between');
      await works(world, 'redo');
      assert.equal(standing(world), merged, 'and forth');
      world.git('fsck', '--strict');
    });
  }

  test('a conflict that somebody went on with is left alone', async ({ world }) => {
    assert.is((await world.bit('merge', 'topic', '--leave-conflicts')).code, 1);
    world.write('a.txt', 'mine\n');
    world.git('add', 'a.txt');
    const before = standing(world);
    const run = await world.bit('undo');
    assert.is(run.code, 1);
    assert.match(run.stderr, /the index/);
    assert.equal(standing(world), before);
  });

  test('a file edited since stays, and everything with it', async ({ world }) => {
    assert.is((await world.bit('merge', 'topic', '--leave-conflicts')).code, 1);
    world.write('a.txt', 'half resolved\n');
    const before = standing(world);
    const run = await world.bit('undo');
    assert.is(run.code, 1);
    assert.match(run.stderr, /a\.txt/);
    assert.equal(standing(world), before);
  });
});
