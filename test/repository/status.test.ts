import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';
import { digestOf } from './digest.ts';

const json = async (place: World, ...words: string[]): Promise<Record<string, unknown>> =>
  JSON.parse((await place.bit('status', ...words, '--json')).stdout) as Record<string, unknown>;

suite('status', (test) => {
  test('tells staged, unstaged and untracked files apart', () =>
    within({}, async (place) => {
      place.write('b.txt', 'b\n');
      place.git('add', 'b.txt');
      place.write('a.txt', 'two\n');
      place.write('c d.txt', 'c\n');
      const status = await json(place);
      assert.equal(status['staged'], [{ path: 'b.txt', state: 'added' }]);
      assert.equal(status['unstaged'], [{ path: 'a.txt', state: 'modified' }]);
      assert.equal(status['untracked'], ['c d.txt']);
      assert.is(status['branch'], 'main');
      assert.is(status['head'], place.git('rev-parse', 'HEAD'));
    }));

  test('names both sides of a staged rename', () =>
    within({}, async (place) => {
      place.git('mv', 'a.txt', 'z.txt');
      assert.equal((await json(place))['staged'], [{ path: 'z.txt', from: 'a.txt', state: 'renamed' }]);
    }));

  test('counts what is ahead of and behind the upstream', () =>
    within({}, async (place) => {
      place.gitIn(place.root, 'clone', '-q', place.dir, 'there');
      place.git('remote', 'add', 'origin', `${place.root}/there`);
      place.gitIn(`${place.root}/there`, 'commit', '-q', '--allow-empty', '-m', 'theirs');
      place.git('fetch', '-q');
      place.git('branch', '-q', '-u', 'origin/main');
      place.git('commit', '-q', '--allow-empty', '-m', 'ours');
      place.git('commit', '-q', '--allow-empty', '-m', 'ours too');
      assert.equal((await json(place))['upstream'], { name: 'origin/main', ahead: 2, behind: 1 });
      assert.match((await place.bit('status')).stdout, '2 ahead, 1 behind of origin/main: bit sync');
      place.git('update-ref', '-d', 'refs/remotes/origin/main');
      assert.equal((await json(place))['upstream'], { name: 'origin/main', ahead: null, behind: null });
    }));

  test('shows a merge in conflict and how to go on', () =>
    within({}, async (place) => {
      conflict(place);
      const status = await json(place);
      assert.is(status['inProgress'], 'merge');
      assert.equal(status['conflicted'], ['a.txt']);
      assert.match((await place.bit('status')).stdout, 'bit resume');
    }));

  test('says so inside of .git, a linked one too, rather than call it bare', () =>
    within({}, async (place) => {
      place.git('worktree', 'add', '-q', `${place.root}/linked`);
      for (const inside of ['.git', '.git/refs', '.git/worktrees/linked']) {
        const run = await place.bitIn(`${place.dir}/${inside}`, 'status');
        assert.is(run.code, 2, run.stdout);
        assert.match(run.stderr, 'is the inside of a repository, not a work tree');
      }
      assert.match((await place.bitIn(`${place.dir}/.git`, 'status')).stderr, `cd ${place.dir}`);
      // git init leaves no doubt; a repository without the setting is judged as git does
      place.git('config', '--unset', 'core.bare');
      assert.is((await place.bit('status')).code, 0);
    }));

  test('answers before the first commit, with HEAD detached and in a bare repository', () =>
    within({}, async (place) => {
      place.git('checkout', '-q', '--detach');
      const detached = await json(place);
      assert.is(detached['branch'], null);
      assert.is(detached['head'], place.git('rev-parse', 'HEAD'));
      place.gitIn(place.root, 'init', '-q', '-b', 'trunk', 'empty');
      const empty = await place.bitIn(`${place.root}/empty`, 'status', '--json');
      assert.is((JSON.parse(empty.stdout) as { head: unknown }).head, null);
      place.gitIn(place.root, 'clone', '-q', '--bare', place.dir, 'bare.git');
      const bare = await place.bitIn(`${place.root}/bare.git`, 'status');
      assert.is(bare.code, 0);
      assert.match(bare.stdout, 'bare repository');
    }));

  test('says outside a repository how to start one', () =>
    within({}, async (place) => {
      const { code, stderr } = await place.bitIn(place.root, 'status');
      assert.is(code, 4);
      assert.match(stderr, 'is not inside a git repository');
      assert.match(stderr, 'bit init');
    }));

  test('looks for no untracked files when shallow', () =>
    within({}, async (place) => {
      place.write('new.txt', 'x');
      assert.is((await json(place, 'shallow'))['untracked'], null);
    }));

  test('shows no control character of a file name', () =>
    within({}, async (place) => {
      place.write('evil\u001b[2Jname', 'x');
      const { stdout } = await place.bit('status');
      assert.not.match(stdout, '\u001b');
      assert.match(stdout, 'evil\\x1b[2Jname');
    }));

  test('says when the policies of the tree are not those in force', () =>
    within({}, async (place) => {
      await place.bit('policy', 'accept');
      place.write('.bithub/policies/p.rego', 'package p\n');
      const status = await json(place);
      assert.equal(status['policy'], {
        state: 'differs',
        changed: ['.bithub/policies/p.rego'],
        problem: null,
      });
      assert.match((await place.bit('status')).stdout, 'bit policy accept');
    }));

  test('deep verifies the ledger and exits 7 when an entry was altered', () =>
    within({}, async (place) => {
      await place.bit('policy', 'accept');
      const sound = await json(place, 'deep');
      assert.is((sound['deep'] as { ledger: { ok: boolean } }).ledger.ok, true);
      const { default: Database } = await import('better-sqlite3');
      const database = new Database(`${place.dir}/.git/bit/ledger/ledger.db`);
      database.exec(`UPDATE entries SET payload = replace(payload, 'accept', 'ACCEPT') WHERE id = 1`);
      database.close();
      const broken = await place.bit('status', 'deep');
      assert.is(broken.code, 7);
      assert.match(broken.stdout, 'DOES NOT VERIFY');
    }));

  test('starts git once and leaves every byte as it was', () =>
    within({}, async (place) => {
      place.write('a.txt', 'two\n');
      await place.bit('policy', 'accept');
      // a stat-dirty index is what a careless status would rewrite
      place.git('update-index', '-q', '--refresh');
      const before = digestOf(place.root);
      const { stderr } = await place.bit('status', '--show-git');
      assert.is(stderr.split('\n').filter((line) => line.startsWith('+ git')).length, 1);
      assert.is(digestOf(place.root), before);
    }));
});

export function conflict(place: World): void {
  place.git('checkout', '-q', '-b', 'topic');
  place.write('a.txt', 'topic\n');
  place.git('commit', '-q', '-am', 'topic');
  place.git('checkout', '-q', 'main');
  place.write('a.txt', 'main\n');
  place.git('commit', '-q', '-am', 'main');
  try {
    place.git('merge', '-q', 'topic');
  } catch {
    // the conflict that was wanted
  }
}
