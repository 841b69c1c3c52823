import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type Twins, withTwins } from './twins.ts';

const NAMES = [
  '-x',
  'a b.txt',
  'a\nb',
  'tab\there',
  '"quoted"',
  'ü/ñandú',
  ':(top)magic',
  'emoji-🙂',
  '*',
  'back\\slash',
];

/** A hook in `.git/hooks` of the repository and of its copy. */
function hook(place: Twins, name: string, script: string): void {
  for (const dir of [place.dir, place.twin]) {
    const path = join(dir, '.git', 'hooks', name);
    mkdirSync(join(dir, '.git', 'hooks'), { recursive: true });
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
  }
}

suite('commit, side by side with git', (test) => {
  test('commits what is staged and nothing else', () =>
    withTwins(async (place) => {
      place.write('b.txt', 'b\n');
      place.write('a.txt', 'two\n');
      place.write('loose.txt', 'loose\n');
      place.git('add', 'b.txt');
      place.split();
      await place.rehearsed('commit', '-m', 'second', '-m', 'with a body\nof two lines');
      place.theirs('commit', '-q', '-m', 'second', '-m', 'with a body\nof two lines');
      place.alike();
    }));

  test('commits just the paths given, and keeps what else is staged', () =>
    withTwins(async (place) => {
      place.write('dir/c.txt', 'c\n');
      place.git('add', '.');
      place.git('commit', '-q', '-m', 'c');
      place.write('b.txt', 'b\n');
      place.git('add', 'b.txt');
      place.write('a.txt', 'two\n');
      rmSync(join(place.dir, 'dir/c.txt'));
      place.split();
      await place.rehearsed('commit', 'a.txt', 'dir', '-m', 'just these');
      place.theirs('commit', '-q', '--only', '-m', 'just these', '--', 'a.txt', 'dir');
      place.alike();
    }));

  test('stages what matches a glob first: new, changed and deleted files, no ignored one', () =>
    withTwins(async (place) => {
      place.write('src/old.ts', 'old\n');
      place.write('.gitignore', '*.log\n');
      place.git('add', '.');
      place.git('commit', '-q', '-m', 'old');
      rmSync(join(place.dir, 'src/old.ts'));
      place.write('src/new.ts', 'new\n');
      place.write('src/x.log', 'log\n');
      place.write('other.txt', 'other\n');
      place.split();
      await place.rehearsed('commit', '--stage', 'src/**', '-m', 'staged');
      place.theirs('add', '--', 'src/**');
      place.theirs('commit', '-q', '-m', 'staged');
      place.alike();
    }));

  test('stages what changed of the tracked files first, from anywhere, with -a', () =>
    withTwins(async (place) => {
      place.write('deep/b.txt', 'b\n');
      place.write('gone.txt', 'gone\n');
      place.git('add', '.');
      place.git('commit', '-q', '-m', 'b');
      place.write('a.txt', 'two\n');
      place.write('deep/b.txt', 'two\n');
      rmSync(join(place.dir, 'gone.txt'));
      place.write('new.txt', 'staged\n');
      place.git('add', 'new.txt');
      place.write('loose.txt', 'loose\n');
      place.split();
      const run = await place.bitIn(
        join(place.dir, 'deep'),
        'commit',
        '-am',
        'all of it',
        '--auto-validate',
        '--json',
      );
      assert.is(run.code, 0, run.stderr);
      const { changes } = JSON.parse(run.stdout) as { changes: { path: string; change: string }[] };
      assert.equal(
        changes.map(({ path, change }) => `${change} ${path}`),
        ['M a.txt', 'M deep/b.txt', 'D gone.txt', 'A new.txt'],
      );
      place.theirs('commit', '-q', '-a', '-m', 'all of it');
      place.alike();
      await place.refused(1, 'commit', '-am', 'nothing');
      await place.refused(2, 'commit', '-a', 'a.txt', '-m', 'both');
      place.write('a.txt', 'three\n');
      await place.undone('commit', '-am', 'three');
    }));

  test('takes every name a file can have', () =>
    withTwins(async (place) => {
      for (const name of NAMES) place.write(name, `${name}\n`);
      place.split();
      const { stdout } = await place.ok('commit', '--stage', '.', '-m', 'names', '--json');
      const { changes } = JSON.parse(stdout) as { changes: { path: string }[] };
      assert.equal(changes.map((change) => change.path).sort(), [...NAMES].sort());
      place.theirs('add', '--', '.');
      place.theirs('commit', '-q', '-m', 'names');
      place.alike();
      for (const dir of [place.dir, place.twin])
        for (const name of NAMES) writeFileSync(join(dir, name), 'again\n');
      await place.ok(
        'commit',
        '-m',
        'by name',
        '--',
        ...NAMES.filter((name) => name !== '*' && name !== ':(top)magic'),
      );
      place.theirs(
        'commit',
        '-q',
        '-m',
        'by name',
        '--',
        ...NAMES.filter((name) => name !== '*' && name !== ':(top)magic'),
      );
      place.alike();
      assert.not.match((await place.bit('status')).stdout, 'a\nb');
    }));

  test('keeps modes, symbolic links and line endings as git does', () =>
    withTwins(async (place) => {
      place.git('config', 'filter.upper.clean', "tr 'a-z' 'A-Z'");
      place.git('config', 'filter.upper.smudge', 'cat');
      place.write('.gitattributes', '*.crlf text eol=crlf\n*.up filter=upper\n*.bin -text\n');
      place.write('w.crlf', 'one\r\ntwo\r\n');
      place.write('w.bin', 'one\r\n');
      place.write('w.up', 'shout\n');
      place.write('run.sh', '#!/bin/sh\n');
      chmodSync(join(place.dir, 'run.sh'), 0o755);
      symlinkSync('nowhere', join(place.dir, 'link'));
      place.split();
      await place.rehearsed('commit', '--stage', '*', '-m', 'kinds');
      place.theirs('add', '*');
      place.theirs('commit', '-q', '-m', 'kinds');
      place.alike();
      assert.is(place.git('cat-file', 'blob', 'HEAD:w.up'), 'SHOUT');
      assert.match(place.git('ls-files', '--stage', 'run.sh'), /^100755/);
    }));

  test('amends with a new message, with the old one, and with more files', () =>
    withTwins(async (place) => {
      place.write('a.txt', 'two\n');
      place.git('commit', '-q', '-a', '-m', 'second\n\nbody');
      place.write('b.txt', 'b\n');
      place.git('add', '.');
      place.split();
      await place.rehearsed('commit', '--amend');
      place.theirs('commit', '-q', '--amend', '--no-edit');
      place.alike();
      await place.ok('commit', '--amend', '-m', 'other words');
      place.theirs('commit', '-q', '--amend', '-m', 'other words');
      place.alike();
    }));

  test('makes the first commit', () =>
    withTwins(async (place) => {
      rmSync(join(place.dir, '.git'), { recursive: true });
      place.git('init', '-q', '-b', 'trunk');
      place.git('add', 'a.txt');
      place.split();
      await place.refused(1, 'commit', '--amend', '-m', 'none');
      await place.rehearsed('commit', '-m', 'root');
      place.theirs('commit', '-q', '-m', 'root');
      place.alike();
    }));

  test('commits on a detached HEAD', () =>
    withTwins(async (place) => {
      place.git('checkout', '-q', '--detach');
      place.write('a.txt', 'two\n');
      place.git('add', '.');
      place.split();
      const { stdout } = await place.rehearsed('commit', '-m', 'loose');
      assert.match(stdout, 'detached HEAD');
      place.theirs('commit', '-q', '-m', 'loose');
      place.alike();
    }));

  test('finishes a merge once its conflicts are resolved, and not before', () =>
    withTwins(async (place) => {
      place.git('checkout', '-q', '-b', 'side');
      place.write('a.txt', 'side\n');
      place.git('commit', '-q', '-a', '-m', 'side');
      place.git('checkout', '-q', 'main');
      place.write('a.txt', 'main\n');
      place.git('commit', '-q', '-a', '-m', 'main');
      assert.throws(() => place.git('merge', 'side'));
      const { stderr } = await place.refused(1, 'commit', '-m', 'too early');
      assert.match(stderr, 'a.txt');
      place.write('a.txt', 'both\n');
      place.git('add', 'a.txt');
      place.split();
      await place.rehearsed('commit');
      place.theirs('commit', '-q', '--no-edit');
      place.alike();
      assert.is(place.git('rev-list', '--parents', '-1', 'HEAD').split(' ').length, 3);
    }));

  test('works in a subdirectory, a linked work tree, a submodule and a sparse checkout', () =>
    withTwins(async (place) => {
      place.write('deep/er/c.txt', 'c\n');
      place.write('wide/d.txt', 'd\n');
      place.git('add', '.');
      place.git('commit', '-q', '-m', 'deep');
      place.git('sparse-checkout', 'set', 'deep');
      place.write('deep/er/c.txt', 'changed\n');
      place.write('a.txt', 'left\n');
      place.split();
      assert.is((await place.bitIn(join(place.dir, 'deep'), 'commit', 'er', '-m', 'from below')).code, 0);
      place.gitIn(join(place.twin, 'deep'), 'commit', '-q', '-m', 'from below', '--', 'er');
      place.alike();

      for (const dir of [place.dir, place.twin]) {
        place.gitIn(dir, 'worktree', 'add', '-q', '-b', 'linked', `${dir}-linked`);
        writeFileSync(join(`${dir}-linked`, 'a.txt'), 'linked\n');
      }
      assert.is(
        (await place.bitIn(`${place.dir}-linked`, 'commit', '--stage', '*.txt', '-m', 'there')).code,
        0,
      );
      place.gitIn(`${place.twin}-linked`, 'add', '*.txt');
      place.gitIn(`${place.twin}-linked`, 'commit', '-q', '-m', 'there');
      place.alike();
    }));

  test('records where a submodule stands, and commits inside it', () =>
    withTwins(async (place) => {
      place.gitIn(place.root, 'clone', '-q', place.dir, 'lib');
      place.git(
        '-c',
        'protocol.file.allow=always',
        'submodule',
        '--quiet',
        'add',
        join(place.root, 'lib'),
        'lib',
      );
      place.git('commit', '-q', '-m', 'lib');
      place.write('lib/new.txt', 'new\n');
      place.split();
      const inside = await place.bitIn(join(place.dir, 'lib'), 'commit', '--stage', '.', '-m', 'inside');
      assert.is(inside.code, 0, inside.stderr);
      place.gitIn(join(place.twin, 'lib'), 'add', '.');
      place.gitIn(join(place.twin, 'lib'), 'commit', '-q', '-m', 'inside');
      await place.rehearsed('commit', 'lib', '-m', 'newer lib');
      place.theirs('commit', '-q', '-m', 'newer lib', '--', 'lib');
      assert.is(place.git('rev-parse', 'HEAD^{tree}'), place.theirs('rev-parse', 'HEAD^{tree}'));
      assert.is(place.git('rev-parse', 'HEAD'), place.theirs('rev-parse', 'HEAD'));
    }));

  test('works on SHA-256', () =>
    withTwins(async (place) => {
      rmSync(join(place.dir, '.git'), { recursive: true });
      place.git('init', '-q', '-b', 'main', '--object-format=sha256');
      place.split();
      const { stdout } = await place.ok(
        'commit',
        '--stage',
        '.',
        '--auto-validate',
        '-m',
        'long ids',
        '--json',
      );
      assert.is((JSON.parse(stdout) as { commit: string }).commit.length, 64);
      place.theirs('add', '.');
      place.theirs('commit', '-q', '-m', 'long ids');
      place.alike();
      place.write('a.txt', 'two\n');
      await place.undone('commit', 'a.txt', '-m', 'second');
    }));

  test('has no files in a bare repository', () =>
    withTwins(async (place) => {
      place.gitIn(place.root, 'clone', '-q', '--bare', place.dir, 'bare.git');
      const run = await place.bitIn(join(place.root, 'bare.git'), 'commit', '-m', 'no');
      assert.is(run.code, 1);
      assert.match(run.stderr, 'bare');
    }));

  test('obeys hooks that change what is committed, and those that refuse', () =>
    withTwins(async (place) => {
      place.split();
      hook(place, 'pre-commit', 'echo hooked > a.txt && git add a.txt');
      hook(place, 'commit-msg', 'echo "Signed-off-by: hook <h@example.org>" >> "$1"');
      for (const dir of [place.dir, place.twin]) {
        writeFileSync(join(dir, 'b.txt'), 'b\n');
        place.gitIn(dir, 'add', 'b.txt');
      }
      await place.undone('commit', '-m', 'hooked');
      place.theirs('commit', '-q', '-m', 'hooked');
      place.alike();
      hook(place, 'pre-commit', 'echo "no commits on Sundays" >&2; exit 1');
      place.write('b.txt', 'more\n');
      const { stderr } = await place.refused(1, 'commit', '--stage', 'b.txt', '-m', 'refused');
      assert.match(stderr, 'no commits on Sundays');
      assert.match(stderr, '.git/hooks');
    }));

  test('finds hooks where core.hooksPath says', () =>
    withTwins(async (place) => {
      place.git('config', 'core.hooksPath', 'my hooks');
      place.write('my hooks/pre-commit', '#!/bin/sh\necho "from my hooks" >&2; exit 1\n');
      chmodSync(join(place.dir, 'my hooks/pre-commit'), 0o755);
      place.write('a.txt', 'two\n');
      const { stderr } = await place.refused(1, 'commit', 'a.txt', '-m', 'no');
      assert.match(stderr, 'from my hooks');
    }));

  test('takes the message as it is: comments, encodings, templates of the user', () =>
    withTwins(async (place) => {
      place.git('config', 'commit.template', join(place.root, 'template'));
      place.git('config', 'commit.verbose', 'true');
      writeFileSync(join(place.root, 'template'), '# from the template\n');
      writeFileSync(join(place.root, 'message'), '\n\n  subject ñ \n\n\n# kept\nbody  \n\n');
      place.write('a.txt', 'two\n');
      place.split();
      await place.rehearsed('commit', 'a.txt', '--file', join(place.root, 'message'));
      place.theirs('commit', '-q', '--file', join(place.root, 'message'), '--', 'a.txt');
      place.alike();
      assert.match(place.git('log', '-1', '--format=%B'), '# kept');
    }));

  test('signs with an SSH key, asked for or configured', () =>
    withTwins(async (place) => {
      const key = join(place.root, 'id');
      const { execFileSync } = await import('node:child_process');
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
      place.git('config', 'gpg.format', 'ssh');
      place.git('config', 'user.signingKey', key);
      place.write('a.txt', 'two\n');
      place.split();
      await place.ok('commit', 'a.txt', '--sign', '-m', 'signed');
      place.theirs('commit', '-q', '-S', '-m', 'signed', '--', 'a.txt');
      place.alike();
      assert.match(place.git('cat-file', 'commit', 'HEAD'), 'BEGIN SSH SIGNATURE');
      place.git('config', 'commit.gpgSign', 'true');
      place.git('config', 'user.signingKey', join(place.root, 'gone'));
      place.write('a.txt', 'three\n');
      const { stderr } = await place.refused(1, 'commit', '--stage', 'a.txt', '-m', 'cannot be signed');
      assert.match(stderr, /sign/);
    }));

  test('is taken back and brought again, byte for byte', () =>
    withTwins(async (place) => {
      place.write('b.txt', 'b\n');
      place.git('add', 'b.txt');
      place.write('a.txt', 'not staged\n');
      place.write('loose.txt', 'loose\n');
      await place.undone('commit', '-m', 'staged');
      place.write('b.txt', 'bb\n');
      await place.undone('commit', 'a.txt', 'b.txt', '-m', 'paths');
      place.write('c.txt', 'c\n');
      await place.undone('commit', '--stage', '*.txt', '-m', 'globs');
      await place.undone('commit', '--amend', '-m', 'amended');
    }));

  test('says what is wrong with what it was given', () =>
    withTwins(async (place) => {
      place.write('loose.txt', 'loose\n');
      assert.match((await place.refused(1, 'commit', '-m', 'x')).stderr, 'nothing is staged');
      assert.match((await place.refused(1, 'commit', 'a.txt', '-m', 'x')).stderr, 'a.txt');
      assert.match((await place.refused(1, 'commit', 'loose.txt', '-m', 'x')).stderr, '--stage');
      assert.match((await place.refused(1, 'commit', '--stage', 'no/*', '-m', 'x')).stderr, 'no/*');
      place.git('add', 'loose.txt');
      assert.match((await place.refused(2, 'commit')).stderr, '-m');
      assert.match((await place.refused(2, 'commit', '--fixup', 'HEAD')).stderr, 'bit git commit');
      assert.match((await place.refused(2, 'commit', '-m', '  \n')).stderr, 'empty');
      assert.match((await place.refused(2, 'commit', '-m', 'x', '-F', 'y')).stderr, '--file');
      assert.match((await place.refused(4, 'commit', '-F', 'no such\u001b[31m')).stderr, 'no such\\x1b');
      assert.match((await place.refused(2, 'commit', 'a.txt', '--stage', 'x', '-m', 'x')).stderr, '--stage');
      assert.match((await place.refused(2, 'commit', '../outside', '-m', 'x')).stderr, 'outside');
    }));
});
