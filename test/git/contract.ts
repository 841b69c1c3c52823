import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { GitWriter, RepositoryPaths } from '../../src/git/index.ts';
import { type BitError, isBitError } from '../../src/kernel/errors.ts';
import { suite } from '../suite.ts';
import { startGitHttp } from './http-backend.ts';
import { type GitWorld, gitWorld } from './world.ts';

export interface Adapter {
  readonly name: 'program' | 'isomorphic';
  open(paths: RepositoryPaths, env: GitWorld['env']): Promise<GitWriter>;
  clone(url: string, directory: string, env: GitWorld['env']): Promise<RepositoryPaths>;
}

export async function failure(work: Promise<unknown>): Promise<BitError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isBitError(error)) throw new Error(`expected a BitError, got ${String(error)}`, { cause: error });
  return error;
}

/** What both adapters must do alike, checked against plain git. */
export function contract(adapter: Adapter): void {
  suite(`git through ${adapter.name}`, (declare) => {
    const test = (name: string, body: () => Promise<void>) =>
      declare(name, async () => {
        await body().catch((error: unknown) => {
          // the reporter reads `details` of an error as text; a BitError's is an object
          throw isBitError(error) ? new Error(`${error.code}: ${error.message}`, { cause: error }) : error;
        });
        assert.is(world.git('r', 'fsck', '--strict', '--no-progress', '--no-dangling'), '');
      });
    let world: GitWorld;
    let git: GitWriter;
    declare.before.each(async () => {
      world = gitWorld();
      git = await adapter.open(world.repository('r'), world.env);
    });
    declare.after.each(() => {
      world.close();
    });
    const plain = (...args: string[]) => world.git('r', ...args);

    test('HEAD is a branch, then detached, then unborn in a new repository', async () => {
      const oid = plain('rev-parse', 'HEAD');
      assert.equal(await git.head(), { kind: 'branch', ref: 'refs/heads/main', oid });
      plain('pack-refs', '--all');
      assert.equal(await git.head(), { kind: 'branch', ref: 'refs/heads/main', oid });
      plain('checkout', '-q', '--detach');
      assert.equal(await git.head(), { kind: 'detached', oid });
      world.write('n/x', '');
      world.git('n', 'init', '-q');
      const fresh = await adapter.open(world.paths('n'), world.env);
      assert.equal(await fresh.head(), { kind: 'unborn', ref: 'refs/heads/main' });
      assert.equal(await fresh.log({}), []);
      assert.equal((await fresh.status()).untracked, ['x']);
      assert.is(await fresh.resolve('HEAD'), undefined);
      await fresh.add(['x']);
      assert.equal((await fresh.status()).changed, [{ path: 'x', staged: 'added' }]);
      await fresh.createCommit({ message: 'm' });
      assert.is(world.git('n', 'log', '--format=%s'), 'm');
    });

    test('refs are listed by prefix, annotated tags with what they point to', async () => {
      plain('branch', 'feature/a');
      plain('tag', '-m', 'annotated', 'v1');
      plain('tag', 'v2');
      const oid = plain('rev-parse', 'HEAD');
      const tag = plain('rev-parse', 'v1');
      for (const state of ['loose', 'packed']) {
        assert.equal(
          await git.refs(['refs/tags/']),
          [
            { name: 'refs/tags/v1', oid: tag, peeled: oid },
            { name: 'refs/tags/v2', oid },
          ],
          state,
        );
        assert.equal((await git.refs()).length, 4);
        assert.equal(
          (await git.refs(['refs/heads/feat'])).map((ref) => ref.name),
          ['refs/heads/feature/a'],
        );
        assert.equal(await git.refs(['refs/nothing/*']), []);
        plain('pack-refs', '--all');
      }
    });

    test('an annotated tag says what it is, when it was made and whether it is signed', async () => {
      plain('tag', '-m', 'a subject\non two lines\n\nand a body', 'v1');
      const oid = plain('rev-parse', 'v1');
      assert.equal(await git.tagObject(oid), {
        subject: 'a subject on two lines',
        date: plain('for-each-ref', '--format=%(taggerdate:iso-strict)', 'refs/tags/v1').replace(
          /Z$/,
          '+00:00',
        ),
        signed: false,
      });
    });

    test('branches know their upstream, how far they are apart, and when it is gone', async () => {
      plain('branch', 'base');
      plain('branch', '--set-upstream-to=base', 'main');
      plain('commit', '-q', '--allow-empty', '-m', 'ahead');
      const find = async (name: string) => (await git.branches()).find(({ short }) => short === name);
      let main = await find('main');
      assert.is(main?.current, true);
      assert.is(main?.upstream, 'base');
      assert.equal([main?.ahead, main?.behind, main?.gone], [1, 0, false]);
      assert.is(main?.subject, 'ahead');
      assert.is(main?.committed, plain('log', '-1', '--format=%cI'));
      plain('update-ref', '-d', 'refs/heads/base');
      main = await find('main');
      assert.equal([main?.ahead, main?.gone], [undefined, true]);
    });

    test('status tells staged, unstaged, untracked and conflicted apart', async () => {
      world.write('r/b.txt', 'b\n');
      world.write('r/dir/c.txt', 'c\n');
      world.write('r/dir/deep/with space.txt', 'c\n');
      plain('add', 'b.txt');
      world.write('r/b.txt', 'bb longer\n');
      rmSync(join(world.directory, 'r/a.txt'));
      const status = await git.status();
      assert.equal(status.changed, [
        { path: 'a.txt', unstaged: 'deleted' },
        { path: 'b.txt', staged: 'added', unstaged: 'modified' },
      ]);
      assert.equal(status.untracked, ['dir/']);
      assert.equal([...(await git.status({ untracked: 'all' })).untracked].sort(), [
        'dir/c.txt',
        'dir/deep/with space.txt',
      ]);
      assert.equal((await git.status({ untracked: false })).untracked, []);
      assert.equal((await git.status({ paths: ['dir'] })).changed, []);
      assert.is(status.head.kind, 'branch');
      assert.is(status.inProgress, undefined);
    });

    test('a conflicted merge is seen, and the index then has no tree', async () => {
      plain('checkout', '-q', '-b', 'other');
      world.write('r/a.txt', 'theirs\n');
      plain('commit', '-qam', 'theirs');
      plain('checkout', '-q', 'main');
      world.write('r/a.txt', 'ours, and longer\n');
      plain('commit', '-qam', 'ours');
      assert.throws(() => plain('merge', 'other'));
      const status = await git.status();
      assert.equal(status.conflicted, ['a.txt']);
      assert.equal(status.changed, []);
      assert.is(status.inProgress, 'merge');
      assert.is(await git.writeTree(), undefined);
    });

    test('stashes are counted', async () => {
      for (const text of ['x\n', 'yy\n']) {
        world.write('r/a.txt', text);
        plain('stash');
      }
      assert.is((await git.status()).stashes, 2);
    });

    test('revisions resolve as in git, and what does not exist is undefined', async () => {
      plain('commit', '-q', '--allow-empty', '-m', 'second');
      plain('tag', '-m', 'annotated', 'v1');
      const short = plain('rev-parse', '--short', 'HEAD');
      for (const revision of [
        'HEAD',
        'main',
        'v1',
        'refs/tags/v1',
        'HEAD~1',
        'main^',
        'v1^{commit}',
        short,
        '@',
      ]) {
        assert.is(await git.resolve(revision), plain('rev-parse', `${revision}^{commit}`), revision);
      }
      assert.is(await git.resolve('v1', 'any'), plain('rev-parse', 'v1'));
      assert.is(await git.resolve('v1', 'tree'), plain('rev-parse', 'v1^{tree}'));
      for (const revision of ['nope', 'HEAD~9', 'f'.repeat(40), 'refs/heads/none', 'HEAD^2']) {
        assert.is(await git.resolve(revision), undefined, revision);
      }
    });

    test('a commit is read whole, its message split into subject and body', async () => {
      plain(
        'commit',
        '-q',
        '--allow-empty',
        '-m',
        'Sübject ✓',
        '-m',
        'line one\nline two',
        '-m',
        'Signed-off-by: A',
      );
      const oid = plain('rev-parse', 'HEAD');
      const commit = await git.commit(oid);
      assert.is(commit.subject, 'Sübject ✓');
      assert.is(commit.body, 'line one\nline two\n\nSigned-off-by: A');
      assert.is(commit.author.date, plain('log', '-1', '--format=%aI'));
      assert.equal([commit.author.name, commit.committer.email], ['Ada', 'ada@example.org']);
      assert.equal(commit.parents, [plain('rev-parse', 'HEAD~1')]);
      assert.is(commit.tree, plain('rev-parse', 'HEAD^{tree}'));
      assert.is((await failure(git.commit('f'.repeat(40)))).code, 'not-found');
    });

    test('the log takes ranges, paths, authors and a limit', async () => {
      plain('branch', 'start');
      world.write('r/b.txt', 'b');
      plain('add', '.');
      plain('commit', '-q', '-m', 'adds b', '--date=2001-02-03T04:05:06+0130');
      plain('commit', '-q', '--allow-empty', '-m', 'empty', '--author=Bob <bob@example.org>');
      const subjects = async (query: Parameters<GitWriter['log']>[0]) =>
        (await git.log(query)).map((c) => c.subject);
      assert.equal((await subjects({})).length, 3);
      assert.equal((await subjects({ from: ['main'], not: ['start'] })).sort(), ['adds b', 'empty']);
      assert.equal(await subjects({ paths: ['b.txt'] }), ['adds b']);
      assert.equal(await subjects({ author: 'BOB@' }), ['empty']);
      assert.equal((await subjects({ limit: 1 })).length, 1);
      assert.equal(await subjects({ until: '2000-01-01T00:00:00Z' }), []);
      assert.is((await git.log({ paths: ['b.txt'] }))[0]?.author.date, '2001-02-03T04:05:06+01:30');
      assert.is((await failure(git.log({ from: ['nope'] }))).code, 'not-found');
    });

    test('ancestry and merge bases agree with git', async () => {
      plain('checkout', '-q', '-b', 'side');
      plain('commit', '-q', '--allow-empty', '-m', 'side');
      const side = plain('rev-parse', 'HEAD');
      plain('checkout', '-q', 'main');
      plain('commit', '-q', '--allow-empty', '-m', 'on main');
      const [main, base] = [plain('rev-parse', 'main'), plain('rev-parse', 'main~1')];
      assert.is(await git.isAncestor(base, side), true);
      assert.is(await git.isAncestor(side, side), true);
      assert.is(await git.isAncestor(side, main), false);
      assert.is(await git.mergeBase(side, main), base);
      plain('checkout', '-q', '--orphan', 'lone');
      plain('commit', '-q', '-m', 'no parents');
      assert.is(await git.mergeBase(side, plain('rev-parse', 'lone')), undefined);
    });

    test('blobs come back byte for byte', async () => {
      const bytes = Uint8Array.from({ length: 300 }, (_, i) => i % 256);
      world.write('r/dir/x y', '');
      writeFileSync(join(world.directory, 'r/dir/x y'), bytes);
      plain('add', '.');
      plain('commit', '-q', '-m', 'bytes');
      assert.equal(await git.blob('HEAD', 'dir/x y'), bytes);
      assert.is(await git.blob('HEAD', 'dir'), undefined);
      assert.is(await git.blob('HEAD', 'dir/x y/z'), undefined);
      assert.is(await git.blob('nope', 'dir'), undefined);
    });

    test('configuration and remotes are read', async () => {
      plain('config', 'some.Sub.Key', 'a "quoted" # value');
      plain('remote', 'add', 'origin', 'https://example.org/r.git');
      plain('remote', 'set-url', '--push', 'origin', 'ssh://git@example.org/r.git');
      assert.is(await git.config('some.Sub.key'), 'a "quoted" # value');
      assert.is(await git.config('init.defaultbranch'), 'main');
      assert.is(await git.config('no.such'), undefined);
      assert.equal(await git.remotes(), [
        { name: 'origin', fetch: 'https://example.org/r.git', push: 'ssh://git@example.org/r.git' },
      ]);
    });

    test('the same work gives the same tree as plain git', async () => {
      cpSync(join(world.directory, 'r'), join(world.directory, 'twin'), { recursive: true });
      for (const name of ['r', 'twin']) {
        world.write(`${name}/sub/ü.txt`, 'unicode\n');
        world.write(`${name}/sub-x`, 'sorts between\n');
        world.write(`${name}/a.txt`, 'changed and longer\n');
        symlinkSync('a.txt', join(world.directory, name, 'link'));
      }
      await git.add([], { all: true });
      const oid = await git.createCommit({ message: 'all\n\n\n\nbody  \n' });
      world.git('twin', 'add', '-A');
      world.git('twin', 'commit', '-q', '-m', 'all\n\n\n\nbody  \n');
      assert.is(plain('rev-parse', 'HEAD^{tree}'), world.git('twin', 'rev-parse', 'HEAD^{tree}'));
      assert.is(await git.writeTree(), plain('rev-parse', 'HEAD^{tree}'));
      assert.is(plain('log', '-1', '--format=%B'), world.git('twin', 'log', '-1', '--format=%B'));
      assert.is(oid, plain('rev-parse', 'HEAD'));
      assert.is(plain('status', '--porcelain'), '');
    });

    test('adding records deletions, and a name that matches nothing is refused', async () => {
      rmSync(join(world.directory, 'r/a.txt'));
      world.write('r/new.txt', 'n');
      await git.add([], { update: true });
      assert.equal((await git.status()).changed, [{ path: 'a.txt', staged: 'deleted' }]);
      assert.equal((await git.status()).untracked, ['new.txt']);
      assert.is((await failure(git.add(['missing']))).code, 'not-found');
      assert.is((await failure(git.add(['../outside']))).code, 'usage');
      assert.is((await failure(git.add(['.git/config']))).code, 'usage');
    });

    test('an empty commit has to be asked for, and amending replaces', async () => {
      assert.is((await failure(git.createCommit({ message: 'x' }))).code, 'failed');
      await git.createCommit({ message: 'empty', allowEmpty: true });
      await git.createCommit({ message: 'better', amend: true, allowEmpty: true });
      assert.is(plain('log', '--format=%s'), 'better\nfirst');
      assert.is((await failure(git.createCommit({ message: ' \n', allowEmpty: true }))).code, 'usage');
    });

    test('a commit without an identity says how to set one', async () => {
      const { GIT_AUTHOR_NAME: _, GIT_AUTHOR_EMAIL: __, ...anonymous } = world.env;
      plain('config', 'user.useConfigOnly', 'true');
      const nobody = await adapter.open(world.paths('r'), anonymous);
      const error = await failure(nobody.createCommit({ message: 'x', allowEmpty: true }));
      assert.is(error.code, 'usage');
      assert.match(error.hint ?? '', 'user.email');
    });

    test('branches are made, switched to and deleted only at the expected tip', async () => {
      const first = plain('rev-parse', 'HEAD');
      await git.createBranch('topic/x', 'HEAD', { upstream: 'main' });
      await git.switchTo('topic/x');
      assert.is(plain('symbolic-ref', 'HEAD'), 'refs/heads/topic/x');
      world.write('r/a.txt', 'changed here\n');
      await git.add(['a.txt']);
      await git.createCommit({ message: 'on topic' });
      const tip = plain('rev-parse', 'HEAD');
      assert.is((await failure(git.deleteBranch('topic/x', { from: tip }))).code, 'conflict');
      await git.switchTo('main');
      assert.is(readFileSync(join(world.directory, 'r/a.txt'), 'utf8'), 'one\n');
      assert.is((await failure(git.deleteBranch('topic/x', { from: first }))).code, 'changed');
      await git.deleteBranch('topic/x', { from: tip });
      assert.is(plain('branch', '--list', 'topic/x'), '');
      assert.is((await failure(git.createBranch('main', 'HEAD'))).code, 'conflict');
      assert.is((await failure(git.createBranch('y', 'nope'))).code, 'not-found');
      assert.is((await failure(git.switchTo('nope'))).code, 'not-found');
      await git.switchTo('made', { create: true, start: 'HEAD' });
      assert.is(plain('symbolic-ref', 'HEAD'), 'refs/heads/made');
      await git.switchTo('main', { detach: true });
      assert.is((await git.head()).kind, 'detached');
    });

    test('switching refuses to overwrite changes', async () => {
      plain('checkout', '-q', '-b', 'other');
      world.write('r/a.txt', 'other\n');
      plain('commit', '-qam', 'other');
      plain('checkout', '-q', 'main');
      world.write('r/a.txt', 'precious, not committed\n');
      assert.is((await failure(git.switchTo('other'))).code, 'conflict');
      assert.is(readFileSync(join(world.directory, 'r/a.txt'), 'utf8'), 'precious, not committed\n');
    });

    test('tags are light or annotated, replaced only by force', async () => {
      await git.createTag('light', 'HEAD', {});
      await git.createTag('heavy', 'HEAD', { message: 'release' });
      assert.is(plain('cat-file', '-t', 'light'), 'commit');
      assert.is(plain('cat-file', '-t', 'heavy'), 'tag');
      assert.is(plain('tag', '--list', '--format=%(contents)', 'heavy').trim(), 'release');
      assert.is((await failure(git.createTag('light', 'HEAD', {}))).code, 'conflict');
      await git.createTag('light', 'HEAD', { force: true });
      await git.deleteTag('light');
      assert.is((await failure(git.deleteTag('light'))).code, 'not-found');
    });

    test('ref updates check what was there, all before any', async () => {
      const first = plain('rev-parse', 'HEAD');
      plain('commit', '-q', '--allow-empty', '-m', 'second');
      const second = plain('rev-parse', 'HEAD');
      const zero = git.zeroOid;
      await git.updateRefs(
        [
          { name: 'refs/bithub/keep/01', to: first, from: zero },
          { name: 'refs/heads/x', to: second },
        ],
        'two at once',
      );
      assert.is(plain('rev-parse', 'refs/bithub/keep/01'), first);
      const error = await failure(
        git.updateRefs(
          [
            { name: 'refs/heads/y', to: first, from: zero },
            { name: 'refs/heads/x', to: first, from: first },
          ],
          'one is wrong',
        ),
      );
      assert.is(error.code, 'changed');
      assert.is(await git.resolve('refs/heads/y'), undefined, 'nothing was written');
      assert.is(
        (await failure(git.updateRefs([{ name: 'refs/heads/x', to: first, from: zero }], 'm'))).code,
        'changed',
      );
      assert.is(
        (await failure(git.updateRefs([{ name: 'refs/heads/n', to: undefined, from: first }], 'm'))).code,
        'changed',
      );
      assert.is(
        (await failure(git.updateRefs([{ name: 'refs/heads/n', to: 'e'.repeat(40) }], 'm'))).code,
        'not-found',
      );
      await git.updateRefs([{ name: 'refs/heads/x', to: undefined, from: second }], 'gone');
      assert.is(await git.resolve('refs/heads/x'), undefined);
    });

    test('clone, push, a rejected push, fetch and prune over http', async () => {
      world.git('.', 'clone', '-q', '--bare', 'r', 'served/r.git');
      const http = await startGitHttp(join(world.directory, 'served'));
      try {
        const url = `${http.url}/r.git`;
        const paths = await adapter.clone(url, join(world.directory, 'one'), world.env);
        const one = await adapter.open(paths, world.env);
        // plain git here runs synchronously, so it can't talk to the server in this very process
        world.git('.', 'clone', '-q', 'served/r.git', 'two');
        world.git('two', 'remote', 'set-url', 'origin', url);
        assert.equal((await one.status()).upstream, 'origin/main');
        await one.createCommit({ message: 'from one', allowEmpty: true });
        assert.is((await one.status()).ahead, 1);
        await one.push('origin', ['main']);
        assert.is(world.git('served/r.git', 'rev-parse', 'main'), world.git('one', 'rev-parse', 'HEAD'));
        assert.is((await one.status()).ahead, 0);
        world.git('two', 'commit', '-q', '--allow-empty', '-m', 'from two');
        const two = await adapter.open(world.paths('two'), world.env);
        const rejected = await failure(two.push('origin', ['main']));
        assert.is(rejected.code, 'conflict');
        assert.match(rejected.hint ?? '', 'bit sync');
        await two.push('origin', ['main:refs/heads/side'], { setUpstream: true });
        assert.is(world.git('two', 'rev-parse', '--abbrev-ref', '@{upstream}'), 'origin/side');
        await one.fetch('origin');
        assert.is(await one.resolve('origin/side'), world.git('two', 'rev-parse', 'HEAD'));
        await two.push('origin', [':refs/heads/side']);
        await one.fetch('origin', { prune: true });
        assert.is(await one.resolve('origin/side'), undefined);
        assert.is((await failure(one.push('origin', ['+main']))).code, 'usage');
        await two.push('origin', ['main'], { force: 'force' });
        assert.is(world.git('served/r.git', 'rev-parse', 'main'), world.git('two', 'rev-parse', 'HEAD'));
        for (const name of ['one', 'two'])
          assert.is(world.git(name, 'fsck', '--strict', '--no-progress', '--no-dangling'), '');
        const missing = await failure(
          adapter.clone(`${http.url}/none.git`, join(world.directory, 'none'), world.env),
        );
        assert.is(missing.code, 'remote');
        await http.close();
        assert.is((await failure(one.fetch('origin'))).code, 'remote');
      } finally {
        await http.close();
      }
    });

    test('an http server that asks for a password gets an auth failure without secrets in it', async () => {
      world.git('.', 'clone', '-q', '--bare', 'r', 'served/r.git');
      const http = await startGitHttp(join(world.directory, 'served'), { user: 'ada', password: 'correct' });
      try {
        const at = (user: string) => `${http.url.replace('://', `://${user}@`)}/r.git`;
        const error = await failure(
          adapter.clone(at('ada:wrong-s3cret'), join(world.directory, 'x'), world.env),
        );
        assert.is(error.code, 'auth');
        assert.not.match(error.message, 's3cret');
        await adapter.clone(at('ada:correct'), join(world.directory, 'x'), world.env);
        assert.is(world.git('x', 'rev-parse', 'HEAD'), plain('rev-parse', 'HEAD'));
      } finally {
        await http.close();
      }
    });

    test('no hostile name becomes an option, a program or a path elsewhere', async () => {
      const refused = [
        git.createBranch('--force', 'HEAD'),
        git.createBranch('x', '--help'),
        git.createTag('-d', 'HEAD', {}),
        git.switchTo('--orphan'),
        git.fetch('--upload-pack=touch pwned'),
        git.fetch('ext::sh -c touch% pwned'),
        git.fetch('ssh://-oProxyCommand=touch pwned/x'),
        git.push('-o', ['main']),
        git.resolve('--all'),
        git.log({ from: ['--output=pwned'] }),
        git.updateRefs([{ name: 'refs/heads/a\nb', to: git.zeroOid }], 'm'),
        git.updateRefs([{ name: '../config', to: git.zeroOid }], 'm'),
        git.blob('HEAD', '../../etc/passwd'),
      ];
      for (const work of refused) assert.is((await failure(work)).code, 'usage');
    });
  });
}
