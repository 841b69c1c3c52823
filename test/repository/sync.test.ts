import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { repositoryState } from '../operation/fixture.ts';
import { suite } from '../suite.ts';
import { digestOf } from './digest.ts';
import { type Remotes, remotes } from './remotes.ts';

suite<{ at: Remotes }>('bit sync', (test) => {
  test.before.each(async (context) => {
    context.at = await remotes();
  });
  test.after.each(({ at }) => at.close());

  const sync = async (at: Remotes, dir: string, ...words: string[]) => {
    const run = await at.world.bitIn(dir, 'sync', ...words, '--json');
    return { ...run, out: JSON.parse(run.stdout) };
  };

  test('two clones end at the same commits and trees, whoever goes first, and local changes stay', async ({
    at,
  }) => {
    const { world, one, two, bare } = at;
    at.commit(one, 'one.txt', '1\n');
    at.commit(two, 'two.txt', '2\n');
    world.write(join(two, 'a.txt'), 'edited\n');
    const first = await sync(at, one);
    assert.equal([first.code, first.out.taken, first.out.pushed], [0, 'up-to-date', true], first.stdout);
    const second = await sync(at, two);
    assert.equal([second.out.taken, second.out.pushed, second.out.stashed], ['rebased', true, false]);
    assert.is(world.read(join(two, 'a.txt')), 'edited\n');
    const third = await sync(at, one, 'from');
    assert.equal([third.out.taken, third.out.pushed], ['updated', false]);
    const tips = [one, two, bare].map((dir) => world.gitIn(dir, 'rev-parse', 'main'));
    assert.is(new Set(tips).size, 1);
    assert.is(world.gitIn(one, 'status', '--porcelain'), '');
    for (const dir of [one, two, bare]) assert.is(world.gitIn(dir, 'fsck', '--strict', '--no-dangling'), '');
    const entries = (
      await world.bitIn(
        two,
        'ledger',
        'list',
        '--jq',
        '[.entries[] | select(.phase != "note") | .event + " " + .phase] | sort | join(", ")',
      )
    ).stdout;
    assert.match(entries, 'PUSH intent, PUSH outcome, SYNC intent, SYNC outcome');
  });

  test('a conflict stops in git’s own state; --abort puts every byte back', async ({ at }) => {
    const { world, one, two } = at;
    at.commit(one, 'a.txt', 'theirs\n');
    at.commit(two, 'a.txt', 'mine\n');
    world.write(join(two, 'kept.txt'), 'untracked\n');
    assert.is((await sync(at, one)).code, 0);
    world.gitIn(two, 'fetch', '-q', at.bare, '+main:refs/remotes/origin/main');
    const before = repositoryState(world, two);
    const stopped = await sync(at, two);
    assert.is(stopped.code, 1);
    assert.equal(stopped.out.error.details.conflicts, ['a.txt']);
    assert.match(stopped.out.error.hint, 'bit sync with --continue');
    assert.match(world.gitIn(two, 'status'), 'rebase in progress');
    assert.is((await sync(at, two, '--continue')).code, 1, 'conflicts are still there');
    assert.is((await sync(at, two)).code, 1, 'one at a time');
    const aborted = await sync(at, two, '--abort');
    assert.equal([aborted.code, aborted.out.taken], [0, 'aborted']);
    assert.is(repositoryState(world, two), before);
    assert.is((await sync(at, two, '--abort')).code, 1);
  });

  test('--continue finishes and pushes what was resolved', async ({ at }) => {
    const { world, one, two, bare } = at;
    at.commit(one, 'a.txt', 'theirs\n');
    at.commit(two, 'a.txt', 'mine\n');
    await sync(at, one);
    await sync(at, two);
    world.write(join(two, 'a.txt'), 'both\n');
    world.gitIn(two, 'add', 'a.txt');
    const done = await sync(at, two, '--continue');
    assert.equal([done.code, done.out.taken, done.out.pushed], [0, 'rebased', true], done.stdout);
    assert.is(world.gitIn(bare, 'show', 'main:a.txt'), 'both');
    assert.is(world.gitIn(two, 'status', '--porcelain'), '');
    assert.is((await sync(at, one, 'from')).out.taken, 'updated');
    assert.is(world.read(join(one, 'a.txt')), 'both\n');
  });

  test('somebody who pushes in between is taken in too', async ({ at }) => {
    const { world, one, two, bare } = at;
    at.commit(one, 'one.txt', '1\n');
    at.commit(two, 'two.txt', '2\n');
    // the other's push lands while ours runs its hook, once
    writeFileSync(
      join(one, '.git/hooks/pre-push'),
      `#!/bin/sh\n[ -e "${world.root}/once" ] || { touch "${world.root}/once"; env -u GIT_DIR git -C "${two}" push -q "${bare}" main; }\n`,
      { mode: 0o755 },
    );
    const run = await sync(at, one);
    assert.is(run.code, 0, run.stdout);
    assert.is(run.out.pushed, true);
    assert.is(world.gitIn(bare, 'rev-parse', 'main~1'), world.gitIn(two, 'rev-parse', 'main'));
  });

  test('undo of a sync takes back what came in, dirty files and stash and all', async ({ at }) => {
    const { world, one, two } = at;
    at.commit(two, 'two.txt', '2\n');
    await sync(at, two);
    at.commit(one, 'one.txt', '1\n');
    world.write(join(one, 'a.txt'), 'stashed before\n');
    world.gitIn(one, 'stash', '-q');
    world.write(join(one, 'a.txt'), 'edited\n');
    world.gitIn(one, 'fetch', '-q', at.bare, '+main:refs/remotes/origin/main');
    const [before, stashes] = [repositoryState(world, one), world.gitIn(one, 'stash', 'list')];
    assert.is((await sync(at, one, 'from')).out.taken, 'rebased');
    assert.is(world.read(join(one, 'a.txt')), 'edited\n');
    const undone = await world.bitIn(one, 'undo', '--yes');
    assert.is(undone.code, 0, undone.stderr);
    assert.is(repositoryState(world, one), before);
    assert.is(world.gitIn(one, 'stash', 'list'), stashes);
  });

  test('local changes that do not fit are kept in the stash, and it says so', async ({ at }) => {
    const { world, one, two } = at;
    at.commit(two, 'a.txt', 'theirs\n');
    await sync(at, two);
    world.write(join(one, 'a.txt'), 'mine, uncommitted\n');
    const run = await sync(at, one, 'from');
    assert.is(run.code, 0, run.stdout);
    assert.is(run.out.stashed, true);
    assert.match(world.gitIn(one, 'stash', 'show', '-p'), 'mine, uncommitted');
  });

  test('--dry-run changes nothing, a first sync of a new branch sets what it tracks, a dead server is exit 6', async ({
    at,
  }) => {
    const { world, one, bare } = at;
    world.gitIn(one, 'switch', '-qc', 'topic');
    at.commit(one, 't.txt', 't\n');
    const before = digestOf(one, bare);
    const dry = await world.bitIn(one, 'sync', '--dry-run');
    assert.match(dry.stdout, 'push topic to origin');
    assert.is(digestOf(one, bare), before);
    const run = await sync(at, one);
    assert.equal([run.code, run.out.taken, run.out.pushed], [0, 'nothing-there', true]);
    assert.is(world.gitIn(one, 'rev-parse', '--abbrev-ref', '@{upstream}'), 'origin/topic');
    for (const remote of ['--upload-pack=x', 'ext::sh -c x'])
      assert.is((await world.bitIn(one, 'sync', 'with', '--', remote)).code, 2);
    assert.is((await world.bitIn(one, 'sync', 'form')).code, 2);
    await at.server.close();
    assert.is((await world.bitIn(one, 'sync')).code, 6);
    assert.not.ok(existsSync(join(one, '.git/rebase-merge')));
  });
});
