import * as assert from 'uvu/assert';
import { isBitError } from '../../src/kernel/errors.ts';
import { onlyReads } from '../../src/passthrough/reads.ts';
import { resolveGitLine } from '../../src/passthrough/resolve.ts';
import { parseGitLine, splitAlias } from '../../src/passthrough/words.ts';
import { suite } from '../suite.ts';

const lines = (text: string): string[][] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));

const READS = `
  log --oneline
  status
  diff --stat HEAD~1
  branch
  branch -vv
  branch --list topic
  branch --contains HEAD topic
  branch -a --sort=-committerdate
  tag
  tag -l v*
  tag -n3
  config user.name
  config --get-all remote.origin.fetch
  config --list --show-origin
  config get user.name
  stash list
  stash show -p
  remote
  remote -v
  remote get-url origin
  worktree list
  reflog
  reflog show main
  symbolic-ref HEAD
  submodule status
  notes show
  hash-object --stdin
  rebase --help
  rebase -h
  -c color.ui=always log
  --no-pager show HEAD
  --version
`;

const WRITES = `
  log --output=x
  log --outp x
  diff --out=x
  ls-remote --upload-pack=x .
  ls-remote --upl x .
  ls-remote --exec=x .
  grep -Oless x
  grep -nOless x
  grep --open x
  fsck --lost-found
  -c core.pager=x log
  -c diff.external=x diff
  branch topic
  branch -v topic
  branch --format --list topic
  branch --sort --list topic
  branch -f --list x
  branch -D topic
  branch --edit-description
  tag v1
  tag -a -l
  tag -d v1
  tag -n --sort -l v1
  config user.name x
  config --unset user.name
  config --uns user.name --get
  config -e
  config --list -f x --add a.b c
  config set user.name x
  stash
  stash pop
  stash drop
  remote add x y
  remote -v update
  reflog expire --all
  reflog delete main@{0}
  worktree add x
  symbolic-ref HEAD refs/heads/x
  symbolic-ref -d HEAD
  hash-object -w x
  hash-object -tw x
  submodule foreach x
  notes add -m x
  bisect run x
  rebase main
  rebase main -h
  reset --hard
  fetch
  show-no-such
  interpret-trailers --in-place x
`;

suite('git commands that only read', (test) => {
  test('are known for what they are', () => {
    for (const words of lines(READS)) assert.ok(onlyReads(parseGitLine(words)), words.join(' '));
  });

  test('are not taken for such where an option or a setting could write or run something', () => {
    for (const words of lines(WRITES)) assert.not.ok(onlyReads(parseGitLine(words)), words.join(' '));
  });
});

suite('the words of a git command line', (test) => {
  const refused = (words: readonly string[], code: 'usage'): void => {
    try {
      parseGitLine(words);
    } catch (error) {
      assert.ok(isBitError(error, code), String(error));
      return;
    }
    throw new Error(`not refused: ${words.join(' ')}`);
  };

  test('what disguises the verb or leads elsewhere is refused', () => {
    const cases = `
      -c alias.x=!sh x
      -c Alias.X=push x
      -c include.path=x status
      -c includeIf.onbranch:x.path=y status
      -c protocol.ext.allow=always fetch
      -c core.worktree=/ status
      -c help.autocorrect=immediate pusj
      -c
      -c novalue status
      --config-env=alias.x=HOME x
      --config-env alias.x=HOME x
      --exec-path=/tmp status
      --git-dir=/x status
      --work-tree /x status
      -C /x status
      --namespace=x status
      --bare status
      --super-prefix=x status
      --unknown status
    `;
    for (const words of lines(cases)) refused(words, 'usage');
    for (const verb of ['', 'a b', '../x', 'a/b', 'x\n', 'ä']) refused([verb], 'usage');
  });

  test('an alias is split as git splits it', () => {
    assert.equal(splitAlias('x', `log --format='%h  %s' "a \\"b\\"" c\\ d ''`), [
      'log',
      '--format=%h  %s',
      'a "b"',
      'c d',
      '',
    ]);
    assert.throws(() => splitAlias('x', 'log "open'));
  });

  const asking =
    (aliases: Record<string, string>) =>
    async (args: readonly string[]): Promise<string> => {
      if (args[0] === '--list-cmds=builtins') return 'log\nswitch\npush\n';
      if (args[0] === '--list-cmds=main') return 'log\nsubtree\n';
      if (args[0] === '--list-cmds=others') return 'lfs\n';
      return aliases[(args[2] ?? '').replace('alias.', '')] ?? '';
    };
  const failing = (words: readonly string[], aliases: Record<string, string>): Promise<unknown> =>
    resolveGitLine(words, asking(aliases)).then(
      () => undefined,
      (error: unknown) => (isBitError(error) ? error.code : error),
    );

  test('the verb that runs is the one that is named: aliases are resolved, also one inside another', async () => {
    const aliases = {
      p: 'q --tags',
      q: '-c color.ui=never push origin',
      switch: 'push --force',
      push: 'log',
    };
    const line = await resolveGitLine(['p', 'main'], asking(aliases));
    assert.equal(
      [line.verb, line.args, line.globals, line.alias],
      ['push', ['origin', '--tags', 'main'], ['-c', 'color.ui=never'], 'p'],
    );
    assert.is((await resolveGitLine(['switch', 'x'], asking(aliases))).verb, 'switch');
    assert.equal((await resolveGitLine(['push'], asking(aliases))).args, []);
    assert.is((await resolveGitLine(['lfs'], asking({}))).external, true);
    assert.is((await resolveGitLine(['subtree'], asking({}))).external, false);
  });

  test('an alias that runs a shell, or leads back to itself, is refused; an unknown verb is exit 4', async () => {
    assert.is(await failing(['x'], { x: '!rm -rf .' }), 'usage');
    assert.is(await failing(['x'], { x: 'y', y: '!sh' }), 'usage');
    assert.is(await failing(['x'], { x: 'y', y: 'x' }), 'usage');
    assert.is(await failing(['x'], { x: '--git-dir=/x log' }), 'usage');
    assert.is(await failing(['x'], { x: '"' }), 'usage');
    assert.is(await failing(['x'], { x: ' ' }), 'usage');
    assert.is(await failing(['pusj'], {}), 'not-found');
  });
});
