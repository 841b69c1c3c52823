import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

suite<{ world: World }>('bit branch switch before the first commit', (test) => {
  test.before.each((context) => {
    context.world = world();
    context.world.git('init', '-q', '-b', 'main');
  });
  test.after.each((context) => context.world.close());

  test('--create lets HEAD name the new branch, and undo takes it back', async ({ world }) => {
    const run = await world.bit('branch', 'switch', '--create', 'topic', '--json');
    assert.is(run.code, 0, run.stderr);
    const { operation, ...out } = JSON.parse(run.stdout);
    assert.equal(out, { branch: 'topic', oid: null, from: 'main', created: true, upstream: null });
    assert.match(operation.id, /^[0-9a-z]{26}$/);
    assert.is(world.git('symbolic-ref', 'HEAD'), 'refs/heads/topic');
    assert.is((await world.bit('undo')).code, 0);
    assert.is(world.git('symbolic-ref', 'HEAD'), 'refs/heads/main');
  });

  test('--dry-run leaves HEAD alone, a bad name is refused', async ({ world }) => {
    assert.is((await world.bit('branch', 'switch', '--create', 'topic', '--dry-run')).code, 0);
    assert.is((await world.bit('branch', 'switch', '--create', 'a..b')).code, 2);
    assert.is(world.git('symbolic-ref', 'HEAD'), 'refs/heads/main');
  });
});
