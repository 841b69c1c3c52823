import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type Twins, withTwins } from './twins.ts';

/** A commit of its own on `name`, back on the branch before. */
function branchWith(place: Twins, name: string, file = `${name.replaceAll('/', '-')}.txt`): void {
  place.git('switch', '-q', '-c', name);
  place.write(file, `${name}\n`);
  place.git('add', '.');
  place.git('commit', '-q', '-m', `on ${name}`);
  place.git('switch', '-q', '-');
}

/** `origin`, with its own `main` and `topic`, fetched. */
function withRemote(place: Twins): void {
  branchWith(place, 'topic');
  place.gitIn(place.root, 'clone', '-q', '--bare', place.dir, 'origin.git');
  place.git('branch', '-q', '-D', 'topic');
  place.git('remote', 'add', 'origin', join(place.root, 'origin.git'));
  place.git('fetch', '-q', 'origin');
}

suite('branch, side by side with git', (test) => {
  test('makes branches: here, at a revision, tracking one of a remote or of this repository', () =>
    withTwins(async (place) => {
      withRemote(place);
      place.write('a.txt', 'kept\n');
      place.split();
      await place.rehearsed('branch', 'new', 'plain');
      place.theirs('branch', 'plain');
      await place.ok('branch', 'new', 'ü/näme', '--from', 'origin/topic~1');
      place.theirs('branch', 'ü/näme', 'origin/topic~1');
      await place.ok('branch', 'new', 'theirs', '--from', 'origin/topic');
      place.theirs('branch', 'theirs', 'origin/topic');
      await place.ok('branch', 'new', 'ours', '--from', 'main', '--track');
      place.theirs('branch', '--track', 'ours', 'main');
      await place.ok('branch', 'new', 'loose', '--from', 'origin/topic', '--no-track', '--switch');
      place.theirs('switch', '-q', '--no-track', '-c', 'loose', 'origin/topic');
      place.alike();
    }));

  test('obeys branch.autoSetupMerge and autoSetupRebase', () =>
    withTwins(async (place) => {
      withRemote(place);
      place.git('config', 'branch.autoSetupRebase', 'always');
      place.split();
      await place.ok('branch', 'new', 'one', '--from', 'origin/topic');
      place.theirs('branch', 'one', 'origin/topic');
      place.alike();
      for (const dir of [place.dir, place.twin]) place.gitIn(dir, 'config', 'branch.autoSetupMerge', 'false');
      await place.ok('branch', 'new', 'two', '--from', 'origin/topic');
      place.theirs('branch', 'two', 'origin/topic');
      for (const dir of [place.dir, place.twin])
        place.gitIn(dir, 'config', 'branch.autoSetupMerge', 'always');
      await place.ok('branch', 'new', 'three', '--from', 'main');
      place.theirs('branch', 'three', 'main');
      place.alike();
    }));

  test('refuses names that are none, are taken or stand in the way, and says which', () =>
    withTwins(async (place) => {
      branchWith(place, 'folder/one');
      for (const name of [
        '-x',
        'a..b',
        'a b',
        'HEAD',
        'refs/heads/x',
        'x.lock',
        '/x',
        'a\nb',
        'x\u001b[31m',
        '',
        '@',
      ])
        await place.refused(2, 'branch', 'new', '--', name);
      assert.match((await place.refused(1, 'branch', 'new', 'main')).stderr, 'bit branch switch main');
      assert.match((await place.refused(1, 'branch', 'new', 'folder')).stderr, 'folder/one');
      assert.match((await place.refused(1, 'branch', 'new', 'main/x')).stderr, 'main');
      assert.match((await place.refused(4, 'branch', 'new', 'x', '--from', 'mian')).stderr, 'main');
      await place.refused(2, 'branch', 'new', 'x', '--from', '--force');
      await place.refused(2, 'branch', 'new', 'x', '--from', 'HEAD~0', '--track');
      assert.match((await place.refused(4, 'branch', 'delete', 'folder/on')).stderr, 'folder/one');
      assert.match((await place.refused(4, 'branch', 'switch', 'folder/on')).stderr, 'folder/one');
      for (const name of ['-x', 'a..b', 'x\u001b[31m']) {
        const run = await place.refused(2, 'branch', 'delete', '--', name);
        assert.not.match(run.stderr, '\u001b');
      }
    }));

  test('switches as git does: local changes come along, what would be lost stops it', () =>
    withTwins(async (place) => {
      branchWith(place, 'topic');
      branchWith(place, 'clash', 'a.txt');
      place.write('loose.txt', 'loose\n');
      place.write('b.txt', 'staged\n');
      place.git('add', 'b.txt');
      place.split();
      await place.rehearsed('branch', 'switch', 'topic');
      place.theirs('switch', '-q', 'topic');
      place.alike();
      await place.ok('branch', 'switch', '-');
      place.theirs('switch', '-q', '-');
      await place.ok('branch', 'switch', 'fresh', '--create', '--from', 'topic~1');
      place.theirs('switch', '-q', '-c', 'fresh', 'topic~1');
      place.alike();
      assert.is(place.git('rev-parse', '--symbolic-full-name', '@{-1}'), 'refs/heads/main');
      place.write('a.txt', 'precious\n');
      assert.match((await place.refused(1, 'branch', 'switch', 'clash')).stderr, 'a.txt');
    }));

  test('goes to a branch only a remote has, and tells which remote where more than one has it', () =>
    withTwins(async (place) => {
      withRemote(place);
      place.split();
      await place.rehearsed('branch', 'switch', 'topic');
      place.theirs('switch', '-q', 'topic');
      place.alike();
      await place.ok('branch', 'switch', 'main');
      await place.ok('branch', 'delete', 'topic');
      place.git('remote', 'add', 'other', join(place.root, 'origin.git'));
      place.git('fetch', '-q', 'other');
      const { stderr } = await place.refused(2, 'branch', 'switch', 'topic');
      assert.match(stderr, 'other/topic');
    }));

  test('says how to look at what is no branch', () =>
    withTwins(async (place) => {
      place.git('tag', 'v1');
      for (const revision of ['v1', place.git('rev-parse', 'HEAD'), 'HEAD~0']) {
        const { stderr } = await place.refused(4, 'branch', 'switch', revision);
        assert.match(stderr, '--detach');
      }
    }));

  test('deletes with git’s settings of the branch, and brings all of it back', () =>
    withTwins(async (place) => {
      withRemote(place);
      place.git('branch', '-q', 'gone', 'origin/topic');
      place.git('config', 'branch.gone.description', 'what it is for');
      place.git('branch', '-q', 'gone2');
      place.split();
      await place.undone('branch', 'delete', 'gone', 'gone2');
      place.theirs('branch', '-q', '-D', 'gone', 'gone2');
      place.alike();
      await place.ok('undo', '--yes');
      assert.match(place.git('reflog', 'show', 'gone'), 'Created from');
    }));

  test('refuses to lose commits, and with --force records what went', () =>
    withTwins(async (place) => {
      branchWith(place, 'own');
      place.git('branch', 'twin', 'own');
      // each is on the other, but not on what stays
      assert.match((await place.refused(1, 'branch', 'delete', 'own', 'twin')).stderr, '--force');
      await place.rehearsed('branch', 'delete', 'twin');
      place.split();
      const tip = place.git('rev-parse', 'own');
      await place.refused(1, 'branch', 'delete', 'own', 'main', '--force', '--yes');
      await place.refused(2, 'branch', 'delete', 'own', '--force');
      const { stdout } = await place.ok('branch', 'delete', 'own', '--force', '--yes', '--json');
      assert.equal((JSON.parse(stdout) as { deleted: unknown }).deleted, [{ branch: 'own', tip, lost: 1 }]);
      place.theirs('branch', '-q', '-D', 'own');
      place.alike();
      const query = await place.ok('history', 'query', '--event', 'BRANCH_DELETE', '--json');
      assert.match(query.stdout, tip);
      place.git('gc', '-q', '--prune=now');
      await place.ok('undo', '--yes');
      assert.is(place.git('rev-parse', 'own'), tip);
    }));

  test('keeps its hands off a branch that is used: here, in another work tree, in a rebase or a bisect', () =>
    withTwins(async (place) => {
      assert.match(
        (await place.refused(1, 'branch', 'delete', 'main', '--force', '--yes')).stderr,
        'branch you are on',
      );
      branchWith(place, 'other');
      place.git('worktree', 'add', '-q', '../else', 'other');
      assert.match((await place.refused(1, 'branch', 'delete', 'other', '--force', '--yes')).stderr, 'else');
      assert.match((await place.refused(1, 'branch', 'switch', 'other')).stderr, 'else');
      branchWith(place, 'clash', 'a.txt');
      place.write('a.txt', 'ours\n');
      place.git('commit', '-q', '-a', '-m', 'ours');
      place.git('switch', '-q', 'clash');
      assert.throws(() => place.git('rebase', '-q', 'main'));
      assert.match(
        (await place.refused(1, 'branch', 'delete', 'clash', '--force', '--yes')).stderr,
        'rebase',
      );
      place.git('rebase', '--abort');
      place.git('bisect', 'start');
      place.git('bisect', 'bad', 'HEAD');
      place.git('bisect', 'good', 'main~1');
      place.git('checkout', '-q', '--detach');
      assert.match(
        (await place.refused(1, 'branch', 'delete', 'clash', '--force', '--yes')).stderr,
        'bisect',
      );
    }));

  test('undoes a new branch and a switch', () =>
    withTwins(async (place) => {
      withRemote(place);
      place.write('loose.txt', 'loose\n');
      await place.undone('branch', 'new', 'x', '--from', 'origin/topic', '--switch');
      await place.undone('branch', 'switch', 'main');
      place.write('a.txt', 'dirty\n');
      await place.undone('branch', 'switch', 'x');
      await place.undone('branch', 'new', 'y');
    }));

  test('works detached, bare, and on SHA-256', () =>
    withTwins(async (place) => {
      branchWith(place, 'topic');
      place.git('checkout', '-q', '--detach');
      place.split();
      await place.undone('branch', 'switch', 'topic');
      place.theirs('switch', '-q', 'topic');
      place.alike();
      place.gitIn(place.root, 'clone', '-q', '--bare', place.dir, 'bare.git');
      const bare = join(place.root, 'bare.git');
      assert.is((await place.bitIn(bare, 'branch', 'new', 'x', '--from', 'topic')).code, 0);
      assert.is(place.gitIn(bare, 'rev-parse', 'x'), place.git('rev-parse', 'topic'));
      assert.is((await place.bitIn(bare, 'branch', 'delete', 'x')).code, 0);
      assert.is((await place.bitIn(bare, 'undo', '--yes')).code, 0);
      assert.is(place.gitIn(bare, 'rev-parse', 'x'), place.git('rev-parse', 'topic'));
      const head = place.gitIn(bare, 'symbolic-ref', '--short', 'HEAD');
      assert.is((await place.bitIn(bare, 'branch', 'delete', head, '--force', '--yes')).code, 1);
      assert.is((await place.bitIn(bare, 'branch', 'switch', 'x')).code, 1);
    }));

  test('lists what there is, hostile names and subjects made harmless', () =>
    withTwins(async (place) => {
      withRemote(place);
      place.git('branch', '-q', 'tracks', 'origin/topic');
      place.git('commit', '-q', '--allow-empty', '-m', 'evil \u001b[2Jsubject');
      const { stdout } = await place.ok('branch', 'list', '--all');
      assert.match(stdout, 'origin/topic');
      assert.not.match(stdout, '\u001b');
      const listing = JSON.parse((await place.ok('branch', '--json')).stdout) as {
        branches: { short: string }[];
      };
      assert.equal(listing.branches.map((branch) => branch.short).sort(), ['main', 'tracks']);
      rmSync(join(place.dir, '.git'), { recursive: true });
      place.git('init', '-q', '-b', 'unborn');
      assert.equal(JSON.parse((await place.ok('branch', '--json')).stdout), { branches: [] });
    }));
});
