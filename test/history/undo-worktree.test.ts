import { chmodSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Twins, withTwins } from '../repository/twins.ts';
import { suite } from '../suite.ts';

/** A branch `other` that changes, adds and removes files of every kind; back on main. */
function otherBranch(place: Twins): void {
  place.write('.gitattributes', '*.crlf text eol=crlf\n*.up filter=upper\n');
  place.write('w.crlf', 'one\r\ntwo\r\n');
  place.write('w.up', 'shout\n');
  place.write('run.sh', '#!/bin/sh\n');
  place.write('deep/x', 'x\n');
  place.write('ü n\nl', 'odd\n');
  symlinkSync('a.txt', join(place.dir, 'link'));
  place.git('config', 'filter.upper.clean', "tr 'a-z' 'A-Z'");
  place.git('config', 'filter.upper.smudge', "tr 'A-Z' 'a-z'");
  place.git('add', '.');
  place.git('commit', '-q', '-m', 'kinds');
  place.git('switch', '-q', '-c', 'other');
  chmodSync(join(place.dir, 'run.sh'), 0o755);
  rmSync(join(place.dir, 'link'));
  symlinkSync('nowhere', join(place.dir, 'link'));
  place.write('w.crlf', 'two\r\n');
  place.write('w.up', 'louder\n');
  rmSync(join(place.dir, 'deep'), { recursive: true });
  place.write('deep', 'now a file\n');
  rmSync(join(place.dir, 'ü n\nl'));
  place.write('new', 'new\n');
  place.git('add', '-A');
  place.git('commit', '-q', '-m', 'other');
  place.git('switch', '-q', 'main');
}

suite('undo and redo, whatever lies in the work tree', (test) => {
  test('files of every kind', () =>
    withTwins(async (place) => {
      otherBranch(place);
      await place.undone('branch', 'switch', 'other');
      await place.undone('branch', 'switch', 'main');
      await place.undone('merge', 'other');
      await place.undone('revert', 'HEAD~1', 'force', '--yes');
    }));

  test('local changes beside it: staged, unstaged, untracked, ignored', () =>
    withTwins(async (place) => {
      otherBranch(place);
      place.write('.git/info/exclude', '*.ignored\n');
      place.write('x.ignored', 'ignored\n');
      place.write('a.txt', 'unstaged\n');
      place.write('staged.txt', 'staged\n');
      place.git('add', 'staged.txt');
      place.write('staged.txt', 'and more\n');
      place.write('loose.txt', 'loose\n');
      await place.undone('branch', 'switch', 'other');
      await place.undone('revert', 'main', 'force', '--yes');
    }));

  test('a sparse checkout stays sparse', () =>
    withTwins(async (place) => {
      otherBranch(place);
      place.write('wide/d.txt', 'd\n');
      place.git('add', '.');
      place.git('commit', '-q', '-m', 'wide');
      place.git('sparse-checkout', 'set', 'deep');
      place.write('a.txt', 'dirty\n');
      await place.undone('branch', 'switch', 'other');
      await place.undone('commit', 'a.txt', '-m', 'sparse');
      assert.not.ok(place.exists('wide/d.txt'));
      await place.undone('revert', 'HEAD');
    }));

  test('a submodule is moved in the index, and its own files stay', () =>
    withTwins(async (place) => {
      place.gitIn(place.root, 'clone', '-q', place.dir, 'lib');
      const allow = ['-c', 'protocol.file.allow=always'];
      place.git(...allow, 'submodule', '--quiet', 'add', join(place.root, 'lib'), 'lib');
      place.git('commit', '-q', '-m', 'lib');
      place.gitIn(join(place.dir, 'lib'), 'commit', '-q', '--allow-empty', '-m', 'newer');
      await place.undone('commit', '--stage', 'lib', '-m', 'newer lib');
      place.gitIn(join(place.dir, 'lib'), 'commit', '-q', '--allow-empty', '-m', 'newest');
      await place.undone('commit', 'lib', '-m', 'newest lib');
    }));

  test('a file that is only going to be added, and one git is told to leave alone', () =>
    withTwins(async (place) => {
      otherBranch(place);
      place.write('soon.txt', 'soon\n');
      place.git('add', '--intent-to-add', 'soon.txt');
      place.git('update-index', '--assume-unchanged', 'run.sh');
      place.write('a.txt', 'two\n');
      await place.undone('commit', 'a.txt', '-m', 'two');
      await place.undone('branch', 'new', 'x', '--switch');
    }));

  test('names that are no UTF-8, from a subdirectory', () =>
    withTwins(async (place) => {
      const odd = Buffer.concat([Buffer.from(`${place.dir}/bad`), Buffer.from([0xff, 0xfe])]);
      const look = (): string => place.git('ls-files', '--stage') + place.git('status', '--porcelain');
      writeFileSync(odd, 'odd\n');
      place.write('below/x', 'x\n');
      const below = join(place.dir, 'below');
      const before = look();
      await place.bitIn(below, 'commit', '--stage', ':/', '-m', 'odd');
      const after = look();
      assert.match(after, 'bad\\377\\376');
      for (const [verb, wanted] of [
        ['undo', before],
        ['redo', after],
      ] as const) {
        const run = await place.bitIn(below, verb, '--yes');
        assert.is(run.code, 0, run.stderr);
        assert.is(look(), wanted);
      }
      await place.ok('revert', 'HEAD~1', 'force', '--yes');
      await place.ok('undo', '--yes');
      assert.is(look(), after);
    }));

  test('what was written since is never overwritten', () =>
    withTwins(async (place) => {
      otherBranch(place);
      await place.ok('branch', 'switch', 'other');
      place.write('w.up', 'precious\n');
      assert.match((await place.refused(1, 'undo', '--yes')).stderr, 'w.up');
      place.git('checkout', '-q', 'w.up');
      writeFileSync(join(place.dir, 'ü n\nl'), 'came back untracked\n');
      const { stderr } = await place.refused(1, 'undo', '--yes');
      assert.match(stderr, 'ü n');
      rmSync(join(place.dir, 'ü n\nl'));
      place.write('loose.txt', 'in nobody’s way\n');
      await place.ok('undo', '--yes');
      assert.is(place.read('loose.txt'), 'in nobody’s way\n');
    }));
});
