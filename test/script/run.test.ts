import * as assert from 'uvu/assert';
import { withTwins } from '../repository/twins.ts';
import { suite } from '../suite.ts';

suite('bit run of a .bit script', (test) => {
  test('runs line by line, each an operation inside this one; undo takes back the whole', () =>
    withTwins(async (place) => {
      place.write('.gitignore', '*.bit\n');
      place.write(
        'release.bit',
        '# a release\nbit.branch new rel-$VERSION --switch\nbit.commit --stage . -m "release $VERSION"\nbit tag new v$VERSION\n',
      );
      const before = place.standing();
      assert.match((await place.refused(2, 'run', 'release.bit')).stderr, 'release.bit:2:20');
      await place.ok('run', 'release.bit', '--input', 'VERSION=1', '--dry-run');
      assert.equal(place.standing(), before);
      const { stdout } = await place.ok('run', 'release.bit', '--input', 'VERSION=1', '--json');
      assert.is((JSON.parse(stdout) as { ran: number }).ran, 3);
      assert.is(place.git('log', '-1', '--format=%s', 'v1'), 'release 1');
      await place.ok('undo', '--yes');
      assert.equal(place.standing(), before);
    }));

  test('stops at the first line that fails, and with --atomic takes back what ran', () =>
    withTwins(async (place) => {
      place.write('x.bit', 'branch new one\nbranch delete nope\nbranch new two\n');
      const before = place.standing();
      const atomic = await place.refused(1, 'run', 'x.bit', '--atomic');
      assert.match(atomic.stderr, 'x.bit:2: branch delete nope ended with 4');
      assert.equal(place.standing(), before);
      const run = await place.bit('run', 'x.bit');
      assert.is(run.code, 1);
      assert.match(run.stderr, '1 of 3');
      assert.is(place.git('branch', '--list', 'one', 'two', '--format=%(refname:short)'), 'one');
      await place.ok('undo', '--yes');
      assert.equal(place.standing(), before);
    }));

  test('ends a script that runs itself', () =>
    withTwins(async (place) => {
      place.write('self.bit', 'run self.bit\n');
      const run = await place.bit('run', 'self.bit');
      assert.is(run.code, 1);
    }));

  test('says what is wrong with what it was given', () =>
    withTwins(async (place) => {
      assert.match((await place.refused(4, 'run', 'none.bit')).stderr, 'none.bit');
      place.write('x.bit', 'branch new one\n');
      await place.refused(2, 'run', 'x.bit', '--input', 'novalue');
      await place.refused(4, 'run', '.');
      place.write('open.bit', 'commit -m "open\n');
      assert.match((await place.refused(2, 'run', 'open.bit')).stderr, 'open.bit:1:11');
    }));
});
