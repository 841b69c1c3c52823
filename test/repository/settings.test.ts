/** Whatever a person has set in git, `bit` understands what git says and leaves behind what git would. */
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type Twins, withTwins } from './twins.ts';

const SETTINGS: readonly (readonly [string, string])[] = [
  ['color.ui', 'always'],
  ['column.ui', 'always'],
  ['core.pager', 'false'],
  ['core.editor', 'false'],
  ['core.commentChar', ';'],
  ['core.quotePath', 'true'],
  ['core.abbrev', '4'],
  ['core.autocrlf', 'input'],
  ['core.splitIndex', 'true'],
  ['core.untrackedCache', 'true'],
  ['index.version', '4'],
  ['feature.manyFiles', 'true'],
  ['commit.cleanup', 'scissors'],
  ['commit.status', 'false'],
  ['log.showSignature', 'true'],
  ['log.date', 'relative'],
  ['log.decorate', 'full'],
  ['log.showRoot', 'false'],
  ['format.pretty', 'oneline'],
  ['branch.sort', '-committerdate'],
  ['tag.sort', 'version:refname'],
  ['status.short', 'true'],
  ['status.relativePaths', 'false'],
  ['status.showUntrackedFiles', 'no'],
  ['status.branch', 'true'],
  ['diff.noprefix', 'true'],
  ['diff.mnemonicPrefix', 'true'],
  ['diff.external', 'false'],
  ['diff.renames', 'copies'],
  ['diff.ignoreSubmodules', 'all'],
  ['diff.orderFile', '/dev/null'],
  ['diff.wsErrorHighlight', 'all'],
  ['merge.conflictStyle', 'diff3'],
  ['merge.ff', 'false'],
  ['merge.autoStash', 'true'],
  ['merge.stat', 'true'],
  ['rebase.autoStash', 'true'],
  ['submodule.recurse', 'true'],
  ['blame.showEmail', 'true'],
  ['blame.date', 'relative'],
  ['i18n.logOutputEncoding', 'ISO-8859-1'],
  ['alias.commit', '!false'],
  ['alias.tag', '!false'],
  ['grep.lineNumber', 'true'],
  ['fetch.prune', 'true'],
  ['rerere.enabled', 'true'],
];

function set(place: Twins): void {
  place.write(join(place.root, 'home', '.gitconfig'), configText());
}

function configText(): string {
  const own: [string, string][] = [
    ['user.name', 'Ada Lovelace-Ünï'],
    ['user.email', 'ada@example.org'],
    ['init.defaultBranch', 'main'],
    ['gc.auto', '0'],
    ['maintenance.auto', 'false'],
  ];
  return [...own, ...SETTINGS]
    .map(([key, value]) => {
      const at = key.lastIndexOf('.');
      return `[${key.slice(0, at)}]\n\t${key.slice(at + 1)} = ${value === ';' ? '";"' : value}\n`;
    })
    .join('');
}

suite('under everything a person can have set in git', (test) => {
  test('a day’s work comes out as git’s', () =>
    withTwins(async (place) => {
      set(place);
      place.split();
      const write = (path: string, text: string): void => {
        place.write(path, text);
        place.write(join(place.twin, path), text);
      };
      write('ü.txt', 'eins\r\nzwei\r\n');
      await place.ok('commit', '--stage', '*', '-m', 'ümlaut\n\n; a comment?\n# another');
      place.theirs('add', '*');
      place.theirs('-c', 'alias.commit=', 'commit', '-q', '-m', 'ümlaut\n\n; a comment?\n# another');
      place.alike();
      await place.ok('branch', 'new', 'topic', '--switch');
      place.theirs('switch', '-q', '-c', 'topic');
      write('a.txt', 'topic\n');
      await place.ok('commit', 'a.txt', '-m', 'topic');
      place.theirs('commit', '-q', '-m', 'topic', '--', 'a.txt');
      await place.ok('tag', 'new', 'v1', '-m', 'ü ; x');
      place.theirs('tag', '-a', 'v1', '-m', 'ü ; x');
      await place.ok('revert', 'HEAD~1');
      place.theirs('revert', '--no-edit', 'HEAD~1');
      place.alike();
      await place.ok('branch', 'switch', 'main');
      place.theirs('switch', '-q', 'main');
      write('a.txt', 'main\n');
      await place.ok('commit', 'a.txt', '-m', 'main');
      place.theirs('commit', '-q', '-m', 'main', '--', 'a.txt');
      place.alike();
      await place.refused(1, 'merge', 'topic');
      await place.ok('commit', '--amend', '-m', 'other words');
      place.theirs('commit', '-q', '--amend', '-m', 'other words');
      place.alike();
    }));

  test('what is read is read right', () =>
    withTwins(async (place) => {
      set(place);
      place.write('ü.txt', 'eins\n');
      place.write('loose.txt', 'loose\n');
      place.git('add', 'ü.txt');
      const json = async (...words: string[]): Promise<string> => (await place.ok(...words, '--json')).stdout;
      const status = JSON.parse(await json('status')) as { staged: unknown; untracked: unknown };
      assert.equal(status.staged, [{ path: 'ü.txt', state: 'added' }]);
      await place.ok('commit', '-m', 'zwölf');
      await place.ok('branch', 'new', 'other');
      await place.ok('tag', 'new', 'v1', '-m', 'größer');
      assert.match(await json('branch'), '"zwölf"');
      assert.match(await json('tag'), '"größer"');
      assert.match(await json('log'), 'Ada Lovelace-Ünï');
      assert.match((await place.ok('log')).stdout, 'zwölf');
      assert.match(await json('why', 'ü.txt:1'), '"zwölf"');
      assert.match((await place.ok('diff', 'HEAD~1', 'HEAD')).stdout, 'ü.txt');
      for (const words of [['status'], ['branch'], ['tag'], ['log'], ['diff', 'HEAD~1', 'HEAD']])
        assert.not.match((await place.ok(...words)).stdout, '\u001b');
    }));

  test('and undone byte for byte', () =>
    withTwins(async (place) => {
      set(place);
      place.write('b.txt', 'b\n');
      place.git('add', 'b.txt');
      place.write('a.txt', 'two\n');
      await place.undone('commit', 'a.txt', '-m', 'two');
      await place.undone('branch', 'new', 'x', '--switch');
      await place.undone('branch', 'delete', 'main');
      await place.undone('commit', '--stage', '*.txt', '-m', 'both');
      await place.undone('revert', 'HEAD');
    }));
});
