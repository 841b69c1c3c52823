/** A day's transcript. Each line of `bit` beside what plain git is asked for in the twin, which must come out alike. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type Day, sameStanding, startDay } from './day.ts';
import { COMMITS } from './history.ts';

suite<{ day: Day }>('a day with bit', (test) => {
  test.before(async (context) => {
    context.day = await startDay();
  });
  test.after((context) => context.day.close());

  test('09:00 Ada clones a repository of some thousand commits', async ({ day }) => {
    await day.both('ada', `clone ${day.url}/bit.git ada`, `clone -q ${day.url}/git.git ada`);
    const { stdout } = await day.bit('ada', 'status --json');
    assert.is(JSON.parse(stdout).branch, 'main');
    const log = await day.bit('ada', 'log full -n 0 --json --jq ".items | length"');
    assert.ok(Number(log.stdout) >= COMMITS, log.stdout);
  });

  test('she branches, edits and commits', async ({ day }) => {
    await day.both('ada', 'branch new parser --switch', 'switch -q -c parser');
    day.edit('ada', 'src/parser.txt', 'tokens\n');
    day.edit('ada', 'README.md', 'the parser\n');
    assert.match((await day.bit('ada', 'status')).stdout, 'src/parser.txt');
    await day.both(
      'ada',
      `commit --stage 'src/*' -m "begin the parser"`,
      `add src`,
      `commit -q -m "begin the parser"`,
    );
    await day.both('ada', `commit README.md -m "say so"`, `commit -q -m "say so" README.md`);
    day.edit('ada', 'src/parser.txt', 'tokens\nterms\n');
    await day.both('ada', `commit src/parser.txt --amend`, `commit -q --amend --no-edit src/parser.txt`);
  });

  test('plain git goes on beside it, and bit notices', async ({ day }) => {
    day.edit('ada', 'src/parser.txt', 'tokens\nterms\nby hand\n');
    await day.plain('ada', 'commit -q -am "by plain git"');
    await day.both('ada', 'branch switch main', 'switch -q main');
    const { stdout } = await day.bit('ada', 'ledger list --event REFS_MOVED --json');
    assert.match(stdout, 'REFS_MOVED');
  });

  test('she merges: by moving on, with a merge commit, and into a branch that is not checked out', async ({
    day,
  }) => {
    await day.both('ada', 'branch new quick --from parser~1', 'branch -q quick parser~1');
    await day.both('ada', 'merge quick', 'merge -q quick');
    day.edit('ada', 'docs/notes.txt', 'meanwhile\n');
    await day.both('ada', `commit --stage docs -m "meanwhile"`, 'add docs', 'commit -q -m "meanwhile"');
    await day.both('ada', 'merge parser', 'merge -q --no-edit parser');
    await day.both('ada', 'branch new stable --from v0.5', 'branch -q stable v0.5');
    await day.both('ada', 'merge v0.6 stable --ff-only', 'branch -q -f stable v0.6');
  });

  test('a conflict leaves everything as it was, unless she wants to resolve it', async ({ day }) => {
    await day.both('ada', 'branch new clash --from main~1 --switch', 'switch -q -c clash main~1');
    day.edit('ada', 'README.md', 'their word\n');
    await day.both('ada', `commit README.md -m "their word"`, 'commit -q -m "their word" README.md');
    await day.both('ada', 'branch switch main', 'switch -q main');
    day.edit('ada', 'README.md', 'our word\n');
    await day.both('ada', `commit README.md -m "our word"`, 'commit -q -m "our word" README.md');
    assert.match((await day.bit('ada', 'merge clash', 1)).stderr, 'README.md');
    await day.alike('ada');
    await day.bit('ada', 'merge clash --leave-conflicts', 1);
    assert.match(day.read('ada', 'README.md'), '<<<<<<<');
    await day.bit('ada', 'git merge --abort');
    await day.alike('ada');
    await day.bit('ada', 'merge clash --leave-conflicts', 1);
    await day.conflict('ada', 'merge -q clash');
    day.edit('ada', 'README.md', 'both words\n');
    await day.both('ada', 'git add README.md', 'add README.md');
    await day.both('ada', `commit -m "take in the clash"`, `commit -q -m "take in the clash"`);
  });

  test('she takes commits back and tags', async ({ day }) => {
    day.edit('ada', 'docs/more.txt', 'more\n');
    await day.both('ada', `commit --stage docs -m "more"`, 'add docs', 'commit -q -m "more"');
    await day.both('ada', 'revert HEAD~1 -m 1', 'revert --no-edit -m 1 HEAD~1');
    await day.both('ada', 'revert HEAD~1', 'revert --no-edit HEAD~1');
    await day.both('ada', `tag new v1.0 -m "first"`, 'tag -a -m "first" v1.0');
    await day.both('ada', 'branch delete quick clash', 'branch -q -d quick clash');
    await day.both('ada', 'tag delete v0.1', 'tag -d v0.1');
  });

  test('12:00 Grace clones, and both sync', async ({ day }) => {
    await day.both('ada', 'sync', 'pull -q --rebase=false', 'push -q');
    await day.both('grace', `clone ${day.url}/bit.git grace`, `clone -q ${day.url}/git.git grace`);
    day.edit('grace', 'grace.txt', 'hello\n');
    await day.both(
      'grace',
      `commit --stage grace.txt -m "from Grace"`,
      'add grace.txt',
      'commit -q -m "from Grace"',
    );
    await day.both('grace', 'sync', 'pull -q --rebase', 'push -q');
    day.edit('ada', 'ada.txt', 'hello\n');
    await day.both('ada', `commit --stage ada.txt -m "from Ada"`, 'add ada.txt', 'commit -q -m "from Ada"');
    await day.both('ada', 'sync', 'pull -q --rebase', 'push -q');
    await day.both('grace', 'sync from origin', 'pull -q --rebase');
    assert.is(day.read('grace', 'ada.txt'), 'hello\n');
    assert.is(day.standing('grace').head, day.standing('ada').head);
  });

  test('she archives everything, and it comes back whole', async ({ day }) => {
    await day.bit('ada', 'archive full ../backup.tar.gz');
    await day.bit('ada', 'restore ../backup.tar.gz --into ../again');
    const again = join(day.world.root, 'bit', 'again');
    const refs = (dir: string): string =>
      day.world.gitIn(dir, 'for-each-ref', '--format=%(refname) %(objectname)', 'refs/heads', 'refs/tags');
    assert.is(refs(again), refs(day.folder('ada')));
    assert.is(day.world.gitIn(again, 'fsck', '--no-dangling', '--no-progress'), '');
    await day.both(
      'ada',
      'restore HEAD~4 README.md',
      'restore --staged --worktree --source=HEAD~4 README.md',
    );
    await day.plain('ada', 'restore --staged --worktree README.md');
  });

  test('17:00 she takes the last five operations back, to the byte, and once more forward', async ({
    day,
  }) => {
    await day.plain('ada', 'branch -q evening main~2');
    await day.plain('ada', 'switch -q evening');
    day.edit('ada', 'evening.txt', 'tea\n');
    await day.plain('ada', 'add evening.txt');
    await day.plain('ada', 'commit -q -m "evening"');
    await day.plain('ada', 'switch -q main');
    day.edit('ada', 'late.txt', 'late\n');
    day.edit('ada', 'README.md', 'not committed yet\n');
    const before = day.standing('ada');
    await day.bit('ada', `commit --stage late.txt -m "late"`);
    await day.bit('ada', `tag new v2.0 -m "late"`);
    await day.bit('ada', 'merge evening');
    await day.bit('ada', 'revert HEAD -m 1');
    await day.bit('ada', 'branch delete evening --force --yes');
    const after = day.standing('ada');
    await day.bit('ada', 'rollback chain 5 --yes');
    sameStanding(day.standing('ada'), before);
    await day.bit('ada', 'redo --yes');
    sameStanding(day.standing('ada'), after);
    await day.bit('ada', 'undo 5 --yes');
    sameStanding(day.standing('ada'), before);
  });

  test('the ledger tells the day, and every repository is whole', async ({ day }) => {
    for (const who of ['ada', 'grace'] as const) {
      const { stdout } = await day.bit(who, 'ledger verify --json');
      assert.is(JSON.parse(stdout).ok, true);
      assert.is(day.world.gitIn(day.folder(who), 'fsck', '--full', '--no-dangling', '--no-progress'), '');
      assert.match((await day.bit(who, 'repair')).stdout, 'nothing is wrong');
    }
    assert.match((await day.bit('ada', 'log audit -n 0')).stdout, 'MERGE');
    assert.ok(readFileSync(join(day.folder('ada'), '.git', 'HEAD'), 'utf8').startsWith('ref: '));
    await day.alike('grace');
  });
});
