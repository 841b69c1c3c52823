import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type Twins, withTwins } from './twins.ts';

function commitOf(place: Twins, file: string, text: string, message = `${file}: ${text.trim()}`): string {
  place.write(file, text);
  place.git('add', '.');
  place.git('commit', '-q', '-m', message);
  return place.git('rev-parse', 'HEAD');
}

/** A merge of `side` into main; its id. */
function merged(place: Twins): string {
  place.git('switch', '-q', '-c', 'side');
  commitOf(place, 'side.txt', 'side\n');
  place.git('switch', '-q', 'main');
  commitOf(place, 'main.txt', 'main\n');
  place.git('merge', '-q', '--no-edit', 'side');
  return place.git('rev-parse', 'HEAD');
}

suite('revert, side by side with git', (test) => {
  test('reverts one commit, a branch’s tip and a range, newest first', () =>
    withTwins(async (place) => {
      commitOf(place, 'b.txt', 'b\n', 'add b\n\nwith a body');
      commitOf(place, 'c.txt', 'c\n');
      commitOf(place, 'a.txt', 'two\n');
      place.write('loose.txt', 'loose\n');
      place.split();
      await place.rehearsed('revert', 'HEAD');
      place.theirs('revert', '--no-edit', 'HEAD');
      await place.ok('revert', 'main~4..main~2', 'safe');
      place.theirs('revert', '--no-edit', 'main~4..main~2');
      await place.ok('revert', 'main');
      place.theirs('revert', '--no-edit', 'main');
      place.alike();
    }));

  test('reverts a merge once told which side to keep', () =>
    withTwins(async (place) => {
      const merge = merged(place);
      place.split();
      const { stderr } = await place.refused(2, 'revert', merge);
      assert.match(stderr, '-m 1 keeps');
      await place.refused(2, 'revert', merge, '-m', '3');
      await place.refused(2, 'revert', 'HEAD~1', '-m', '2');
      await place.rehearsed('revert', merge, '-m', '1');
      place.theirs('revert', '--no-edit', '-m', '1', merge);
      place.alike();
    }));

  test('leaves everything as before on a conflict, local changes beside it too', () =>
    withTwins(async (place) => {
      const second = commitOf(place, 'a.txt', 'two\n');
      commitOf(place, 'a.txt', 'three\n');
      place.write('loose.txt', 'loose\n');
      const { stderr } = await place.refused(1, 'revert', second);
      assert.match(stderr, 'a.txt');
      assert.match(stderr, 'bit git revert');
      commitOf(place, 'z.txt', 'z\n');
      // the newest of the range goes well, an older one does not
      await place.refused(1, 'revert', `${second}~1..HEAD~2`);
      place.write('a.txt', 'precious\n');
      await place.refused(1, 'revert', 'HEAD~1');
      place.git('add', 'a.txt');
      await place.refused(1, 'revert', 'HEAD');
    }));

  test('keeps its hands off a revert, merge or cherry-pick somebody is in the middle of', () =>
    withTwins(async (place) => {
      const second = commitOf(place, 'a.txt', 'two\n');
      commitOf(place, 'a.txt', 'three\n');
      commitOf(place, 'b.txt', 'b\n');
      place.git('switch', '-q', '-c', 'beside', 'HEAD~1');
      commitOf(place, 'beside.txt', 'beside\n');
      place.git('switch', '-q', 'main');
      for (const start of [
        ['revert', second],
        ['cherry-pick', second],
      ]) {
        assert.throws(() => place.git(...start));
        place.write('a.txt', 'half resolved\n');
        assert.match((await place.refused(1, 'revert', 'HEAD')).stderr, start[0] ?? '');
        await place.refused(1, 'revert', 'HEAD~1', 'force', '--yes');
        assert.match((await place.refused(1, 'merge', 'beside')).stderr, start[0] ?? '');
        await place.refused(1, 'branch', 'switch', 'beside');
        place.git(start[0] ?? '', '--abort');
      }
    }));

  test('says so where there is nothing to take back', () =>
    withTwins(async (place) => {
      commitOf(place, 'b.txt', 'b\n');
      await place.ok('revert', 'HEAD');
      await place.refused(1, 'revert', 'HEAD~1');
      await place.refused(1, 'revert', 'HEAD..HEAD');
    }));

  test('leaves everything as before where a hook or a missing key refuses', () =>
    withTwins(async (place) => {
      commitOf(place, 'b.txt', 'b\n');
      commitOf(place, 'c.txt', 'c\n');
      mkdirSync(join(place.dir, '.git/hooks'), { recursive: true });
      const hook = join(place.dir, '.git/hooks/prepare-commit-msg');
      writeFileSync(hook, '#!/bin/sh\ngrep -q "add c\\|c.txt" "$1" || { echo "only c" >&2; exit 1; }\n');
      chmodSync(hook, 0o755);
      const { stderr } = await place.refused(1, 'revert', 'HEAD~2..HEAD');
      assert.match(stderr, 'only c');
    }));

  test('force moves a branch, checked out or not, and keeps local changes', () =>
    withTwins(async (place) => {
      commitOf(place, 'b.txt', 'b\n');
      commitOf(place, 'c.txt', 'c\n');
      place.git('branch', 'other');
      place.write('a.txt', 'mine\n');
      place.write('loose.txt', 'loose\n');
      place.split();
      await place.refused(2, 'revert', 'HEAD~2', 'force');
      await place.rehearsed('revert', 'HEAD~2', 'force', '--yes');
      place.theirs('reset', '-q', '--keep', 'HEAD~2');
      await place.ok('revert', 'main', 'force', '--branch', 'other', '--yes');
      place.theirs('branch', '-f', 'other', 'main');
      place.alike();
      place.git('gc', '-q', '--prune=now');
      await place.ok('undo', '2', '--yes');
      assert.is(place.git('log', '-1', '--format=%s', 'main'), 'c.txt: c');
    }));

  test('force stops where local changes would be overwritten', () =>
    withTwins(async (place) => {
      commitOf(place, 'a.txt', 'two\n');
      place.write('a.txt', 'mine\n');
      assert.match((await place.refused(1, 'revert', 'HEAD~1', 'force', '--yes')).stderr, 'a.txt');
      place.git('worktree', 'add', '-q', '-b', 'there', '../else');
      assert.match(
        (await place.refused(1, 'revert', 'HEAD~1', 'force', '--branch', 'there', '--yes')).stderr,
        'else',
      );
    }));

  test('is taken back and brought again, byte for byte', () =>
    withTwins(async (place) => {
      const second = commitOf(place, 'b.txt', 'b\n');
      const merge = merged(place);
      place.write('loose.txt', 'loose\n');
      await place.undone('revert', merge, '-m', '2');
      place.write('a.txt', 'dirty\n');
      await place.undone('revert', second);
      await place.undone('revert', 'side', 'force', '--yes');
    }));

  test('works detached, on the first commit, in a linked work tree; not bare, not unborn', () =>
    withTwins(async (place) => {
      commitOf(place, 'b.txt', 'b\n');
      place.git('checkout', '-q', '--detach');
      place.split();
      await place.undone('revert', 'HEAD');
      place.theirs('revert', '--no-edit', 'HEAD');
      await place.ok('revert', 'main~1');
      place.theirs('revert', '--no-edit', 'main~1');
      place.alike();
      await place.refused(1, 'revert', 'main', 'force', '--yes');
      place.git('worktree', 'add', '-q', '-b', 'linked', '../linked', 'main');
      const linked = join(place.root, 'linked');
      assert.is((await place.bitIn(linked, 'revert', 'HEAD')).code, 0);
      assert.is((await place.bitIn(linked, 'undo', '--yes')).code, 0);
      assert.is(place.gitIn(linked, 'rev-parse', 'HEAD'), place.git('rev-parse', 'main'));
      assert.is(place.gitIn(linked, 'status', '--porcelain'), '');
      place.gitIn(place.root, 'clone', '-q', '--bare', place.dir, 'bare.git');
      const bare = join(place.root, 'bare.git');
      assert.is((await place.bitIn(bare, 'revert', 'main')).code, 1);
      assert.is((await place.bitIn(bare, 'revert', 'main~1', 'force', '--branch', 'main', '--yes')).code, 0);
      assert.is(place.gitIn(bare, 'rev-parse', 'main'), place.git('rev-parse', 'main~1'));
    }));

  test('refuses what is no revision', () =>
    withTwins(async (place) => {
      assert.match((await place.refused(4, 'revert', 'mian')).stderr, 'main');
      for (const revision of ['--all', '^main', 'a...b', 'a..b..c', 'x\u001b[31m', ''])
        await place.refused(2, 'revert', '--', revision);
      await place.refused(4, 'revert', 'main..nowhere');
      await place.refused(2, 'revert', 'main', 'gently');
      await place.refused(1, 'revert', 'main', 'force', '--yes');
    }));
});
