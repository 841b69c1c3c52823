import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Twins, withTwins } from '../repository/twins.ts';
import { suite } from '../suite.ts';

/** `main` and `side` change the same file twice, each in a commit of its own; `side` is where one stands. */
function twoSides(place: Twins): void {
  const commit = (file: string, text: string): void => {
    place.write(file, text);
    place.git('add', '.');
    place.git('commit', '-q', '-m', `${file} ${text.trim()}`);
  };
  place.git('switch', '-q', '-c', 'side');
  commit('a.txt', 'side\n');
  commit('b.txt', 'side\n');
  place.git('switch', '-q', 'main');
  commit('a.txt', 'main\n');
  commit('b.txt', 'main\n');
  place.git('switch', '-q', 'side');
}

function stops(place: Twins, ...args: string[]): void {
  assert.throws(() => place.git(...args));
}

suite('resume', (test) => {
  test('has nothing to do where nothing was interrupted', () =>
    withTwins(async (place) => {
      assert.match((await place.refused(4, 'resume')).stderr, 'nothing here was interrupted');
      await place.refused(4, 'resume', '--abort', '--yes');
      place.git('bisect', 'start');
      assert.match((await place.refused(1, 'resume')).stderr, 'bisect');
    }));

  for (const [what, start] of [
    ['merge', ['merge', 'main']],
    ['cherry-pick', ['cherry-pick', 'main~1']],
    ['revert', ['revert', '--no-edit', 'side~1']],
  ] as const) {
    test(`continues a ${what} as git would, and gives one up`, () =>
      withTwins(async (place) => {
        twoSides(place);
        if (what === 'revert') {
          place.write('a.txt', 'later\n');
          place.git('commit', '-q', '-a', '-m', 'later');
          stops(place, 'revert', '--no-edit', 'HEAD~2');
        } else stops(place, ...start);
        assert.match((await place.refused(1, 'resume')).stderr, 'a.txt');
        await place.refused(2, 'resume', '--abort');
        const [head, file] = [place.git('rev-parse', 'HEAD'), place.git('show', 'HEAD:a.txt')];
        place.split();
        for (const name of ['a.txt', 'b.txt']) place.write(name, 'both\n');
        place.git('add', '.');
        for (const name of ['a.txt', 'b.txt']) place.write(join(place.twin, name), 'both\n');
        place.theirs('add', '.');
        await place.undone('resume');
        place.theirs('-c', 'core.editor=true', what, '--continue');
        place.alike();
        await place.ok('undo', '--yes');
        assert.match(place.git('status'), new RegExp(what === 'merge' ? 'merging' : what, 'i'));
        await place.ok('resume', '--abort', '--yes');
        assert.is(place.git('rev-parse', 'HEAD'), head);
        assert.is(place.git('status', '--porcelain'), '');
        assert.is(place.read('a.txt').trim(), file);
      }));
  }

  test('goes through a rebase from conflict to conflict, and can go back into the middle of it', () =>
    withTwins(async (place) => {
      twoSides(place);
      stops(place, 'rebase', '-q', 'main');
      place.write('a.txt', 'both\n');
      place.git('add', 'a.txt');
      place.split();
      const { stderr } = await place.bit('resume');
      assert.match(stderr, 'stopped at the next conflict: b.txt');
      assert.match(stderr, 'bit resume --abort');
      assert.throws(() => place.theirs('-c', 'core.editor=true', 'rebase', '--continue'));
      for (const dir of [place.dir, place.twin]) {
        place.write(join(dir, 'b.txt'), 'both\n');
        place.gitIn(dir, 'add', 'b.txt');
      }
      place.alike();
      await place.undone('resume');
      assert.not.ok(existsSync(join(place.dir, '.git/rebase-merge')));
      await place.ok('undo', '--yes');
      assert.match(place.git('status'), 'rebase in progress');
      place.git('-c', 'core.editor=true', 'rebase', '--continue');
      place.theirs('-c', 'core.editor=true', 'rebase', '--continue');
      place.alike();
    }));
});
