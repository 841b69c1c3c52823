import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { repositoryState } from '../operation/fixture.ts';
import { suite } from '../suite.ts';
import { digestOf } from './digest.ts';
import { type Remotes, remotes } from './remotes.ts';

suite<{ at: Remotes }>('bit pull', (test) => {
  test.before.each(async (context) => {
    context.at = await remotes();
  });
  test.after.each(({ at }) => at.close());

  /** `two` pushed a commit that `one` has not seen. */
  const ahead = (at: Remotes, path = 'b.txt', text = 'two\n'): string => {
    const oid = at.commit(at.two, path, text);
    at.world.gitIn(at.two, 'push', '-q', at.bare, 'main');
    return oid;
  };
  const state = (stdout: string): string => JSON.parse(stdout).branches[0].state;

  test('fast-forwards with local changes that are not in the way, and undo brings back every byte', async ({
    at,
  }) => {
    const { world, one } = at;
    const oid = ahead(at);
    world.write(join(one, 'a.txt'), 'edited\n');
    const before = repositoryState(world, one);
    const run = await world.bitIn(one, 'pull', '--json');
    assert.is(run.code, 0, run.stderr);
    assert.is(state(run.stdout), 'updated');
    assert.is(world.gitIn(one, 'rev-parse', 'HEAD'), oid);
    assert.is(world.read(join(one, 'a.txt')), 'edited\n');
    assert.is(state((await world.bitIn(one, 'pull', '--json')).stdout), 'up-to-date');
    const undone = await world.bitIn(one, 'undo', '--yes');
    assert.is(undone.code, 0, undone.stderr);
    assert.is(repositoryState(world, one), before);
    assert.is(world.gitIn(one, 'symbolic-ref', 'refs/remotes/origin/HEAD'), 'refs/remotes/origin/main');
    assert.is(world.gitIn(one, 'fsck', '--strict', '--no-dangling'), '');
  });

  test('where both sides have commits it does what it is told, or what git is set to, or nothing', async ({
    at,
  }) => {
    const { world, one } = at;
    const theirs = ahead(at);
    const mine = at.commit(one, 'c.txt', 'one\n');
    const refused = await world.bitIn(one, 'pull');
    assert.is(refused.code, 1);
    assert.match(refused.stderr, 'say how: --rebase or --merge');
    assert.is(world.gitIn(one, 'rev-parse', 'HEAD'), mine);
    assert.is((await world.bitIn(one, 'pull', '--ff-only')).code, 1);
    assert.is(state((await world.bitIn(one, 'pull', '--merge', '--json')).stdout), 'merged');
    assert.is(world.gitIn(one, 'log', '-1', '--format=%P'), `${mine} ${theirs}`);
    const tree = world.gitIn(one, 'rev-parse', 'HEAD^{tree}');
    assert.is((await world.bitIn(one, 'undo', '--yes')).code, 0);
    assert.is(world.gitIn(one, 'rev-parse', 'HEAD'), mine);
    world.gitIn(one, 'config', 'pull.rebase', 'true');
    assert.is(state((await world.bitIn(one, 'pull', '--json')).stdout), 'rebased');
    assert.is(world.gitIn(one, 'log', '-1', '--format=%P'), theirs);
    assert.is(world.gitIn(one, 'rev-parse', 'HEAD^{tree}'), tree);
  });

  test('pull.rebase=merges keeps local merges', async ({ at }) => {
    const { world, one } = at;
    ahead(at);
    world.gitIn(one, 'switch', '-qc', 'side');
    at.commit(one, 's.txt', 's\n');
    world.gitIn(one, 'switch', '-q', 'main');
    at.commit(one, 'c.txt', 'c\n');
    world.gitIn(one, 'merge', '-q', '--no-edit', 'side');
    world.gitIn(one, 'config', 'pull.rebase', 'merges');
    assert.is(state((await world.bitIn(one, 'pull', '--json')).stdout), 'rebased');
    assert.is(world.gitIn(one, 'log', '-1', '--format=%P').split(' ').length, 2);
    assert.is((await world.bitIn(one, 'undo', '--yes')).code, 0);
    assert.is(state((await world.bitIn(one, 'pull', '--rebase', '--json')).stdout), 'rebased');
    assert.is(world.gitIn(one, 'log', '-1', '--format=%P').split(' ').length, 1);
  });

  test('a conflict lists the files and leaves branch, index and files as before, either way', async ({
    at,
  }) => {
    const { world, one } = at;
    ahead(at, 'a.txt', 'theirs\n');
    at.commit(one, 'a.txt', 'ours\n');
    world.gitIn(one, 'fetch', '-q', at.bare, '+main:refs/remotes/origin/main');
    const before = repositoryState(world, one);
    for (const how of ['--rebase', '--merge']) {
      const run = await world.bitIn(one, 'pull', how, '--json');
      assert.is(run.code, 1);
      assert.equal(JSON.parse(run.stdout).error.details.conflicts, ['a.txt'], how);
      assert.is(repositoryState(world, one), before, how);
      assert.not.match(world.gitIn(one, 'status'), /rebase in progress|unmerged/);
    }
  });

  test('all brings every tracking branch forward, checked out or not, and tells of those it leaves', async ({
    at,
  }) => {
    const { world, one, two, bare } = at;
    for (const name of ['still', 'behind', 'apart', 'gone', 'held']) {
      world.gitIn(two, 'branch', name);
      world.gitIn(two, 'push', '-q', bare, name);
    }
    world.gitIn(one, 'fetch', '-q', bare, '+refs/heads/*:refs/remotes/origin/*');
    for (const name of ['still', 'behind', 'apart', 'gone', 'held'])
      world.gitIn(one, 'branch', '-q', '--track', name, `origin/${name}`);
    world.gitIn(one, 'branch', 'mine-only');
    world.gitIn(one, 'worktree', 'add', '-q', join(world.root, 'wt'), 'held');
    world.gitIn(one, 'switch', '-q', 'apart');
    at.commit(one, 'mine.txt', 'mine\n');
    world.gitIn(one, 'switch', '-q', 'main');
    for (const name of ['behind', 'apart', 'held', 'main']) {
      world.gitIn(two, 'switch', '-q', name);
      at.commit(two, `${name}.txt`, 'x\n');
      world.gitIn(two, 'push', '-q', bare, name);
    }
    world.gitIn(bare, 'branch', '-D', 'gone');
    world.gitIn(one, 'config', 'fetch.prune', 'true');
    const before = repositoryState(world, one);
    const run = await world.bitIn(one, 'pull', 'all', '--json');
    assert.is(run.code, 0, run.stderr);
    const told = Object.fromEntries(
      JSON.parse(run.stdout).branches.map((item: { branch: string; state: string }) => [
        item.branch,
        item.state,
      ]),
    );
    assert.equal(told, {
      apart: 'diverged',
      behind: 'updated',
      gone: 'gone',
      held: 'elsewhere',
      main: 'updated',
      still: 'up-to-date',
    });
    assert.is(world.gitIn(one, 'rev-parse', 'behind'), world.gitIn(bare, 'rev-parse', 'behind'));
    assert.is(world.gitIn(one, 'status', '--porcelain'), '');
    const undone = await world.bitIn(one, 'undo', '--yes');
    assert.is(undone.code, 0, undone.stderr);
    assert.is(repositoryState(world, one), before);
    world.write(join(one, 'main.txt'), 'in the way\n');
    const blocked = await world.bitIn(one, 'pull', 'all');
    assert.is(blocked.code, 1);
    assert.match(blocked.stdout, /main +left alone: local changes are in the way/);
    assert.is(world.gitIn(one, 'rev-parse', 'behind'), world.gitIn(bare, 'rev-parse', 'behind'));
  });

  test('pulls another branch from another place, and from an address', async ({ at }) => {
    const { world, one, bare } = at;
    const oid = ahead(at);
    world.gitIn(one, 'switch', '-qc', 'away');
    const run = await world.bitIn(one, 'pull', 'main', '--json');
    assert.is(run.code, 0, run.stderr);
    assert.is(world.gitIn(one, 'rev-parse', 'main'), oid);
    assert.is(world.gitIn(one, 'symbolic-ref', '--short', 'HEAD'), 'away');
    world.gitIn(one, 'branch', '-f', 'main', `${oid}~1`);
    const direct = await world.bitIn(join(one), 'pull', 'main', bare.replace(world.root, '..'));
    assert.is(direct.code, 0, direct.stderr);
    assert.is(world.gitIn(one, 'rev-parse', 'main'), oid);
  });

  test('--dry-run changes nothing; names that are none are refused; a dead server is exit 6', async ({
    at,
  }) => {
    const { world, one } = at;
    ahead(at);
    const before = digestOf(one);
    const dry = await world.bitIn(one, 'pull', '--dry-run');
    assert.match(dry.stdout, 'fast-forward main to main of origin');
    assert.is(digestOf(one), before);
    for (const [branch, remote] of [
      ['--all', 'origin'],
      ['main', '--upload-pack=x'],
      ['main', 'ext::sh -c x'],
    ] as const)
      assert.is((await world.bitIn(one, 'pull', '--', branch, remote)).code, 2);
    assert.is((await world.bitIn(one, 'pull', 'mian')).code, 4);
    assert.is((await world.bitIn(one, 'pull', 'all', '--rebase')).code, 2);
    await at.server.close();
    const kept = repositoryState(world, one);
    assert.is((await world.bitIn(one, 'pull')).code, 6);
    assert.is(repositoryState(world, one), kept);
  });
});
