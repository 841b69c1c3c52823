import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  cloneRepository,
  type GitInvocation,
  openGit,
  type ProgramGit,
  type ProgressEvent,
} from '../../src/git/index.ts';
import { suite } from '../suite.ts';
import { failure } from './contract.ts';
import { startGitHttp } from './http-backend.ts';
import { type GitWorld, gitWorld } from './world.ts';

suite('the program adapter', (test) => {
  let world: GitWorld;
  let git: ProgramGit;
  const calls: GitInvocation[] = [];
  test.before.each(() => {
    world = gitWorld();
    calls.length = 0;
    git = openGit({ paths: world.repository('r'), env: world.env, onInvocation: (call) => calls.push(call) });
  });
  test.after.each(() => world.close());

  test('what plain files tell costs no process, and everything else one', async () => {
    await git.head();
    await git.refs();
    await git.branches();
    await git.resolve('HEAD');
    assert.is(calls.length, 0);
    await git.status();
    await git.log({});
    await git.resolve('HEAD^{/first}');
    await git.config('user.name');
    assert.is(calls.length, 3);
  });

  test('what ran is reported without the secrets in it', async () => {
    const error = await failure(git.fetch('http://ada:s3cret@127.0.0.1:1/x.git'));
    assert.is(error.code, 'remote');
    assert.not.match(error.message, 's3cret');
    assert.equal(calls.at(-1)?.argv, ['git', 'fetch', '--progress', 'http://***@127.0.0.1:1/x.git']);
    assert.is(calls.at(-1)?.exitCode, 128);
  });

  test('without git on PATH the tool is named as missing', async () => {
    const open = async () => openGit({ paths: world.paths('r'), env: { PATH: '.:relative' } });
    assert.is((await failure(open())).code, 'missing-tool');
  });

  test('a lock left behind is busy, and the hint says what mends it', async () => {
    writeFileSync(join(world.directory, 'r/.git/index.lock'), '');
    const error = await failure(git.add(['a.txt']));
    assert.is(error.code, 'busy');
    assert.match(error.hint ?? '', 'bit repair');
  });

  test('a hook that refuses fails the commit and can be passed over', async () => {
    const hook = join(world.directory, 'r/.git/hooks/pre-commit');
    world.write('r/.git/hooks/pre-commit', '#!/bin/sh\necho too messy >&2\nexit 1\n');
    chmodSync(hook, 0o755);
    const error = await failure(git.createCommit({ message: 'x', allowEmpty: true }));
    assert.equal([error.code, error.message], ['failed', 'too messy']);
    await git.createCommit({ message: 'x', allowEmpty: true, noVerify: true });
  });

  test('the environment of a hook elsewhere does not redirect a call', async () => {
    world.repository('other');
    const env = {
      ...world.env,
      GIT_DIR: join(world.directory, 'other/.git'),
      GIT_INDEX_FILE: '/nonexistent',
      GIT_TRACE: '1',
    };
    const redirected = openGit({ paths: world.paths('r'), env });
    world.write('r/only-here.txt', '');
    assert.equal((await redirected.status()).untracked, ['only-here.txt']);
  });

  test('a work tree named by GIT_WORK_TREE is used though git would not find it', async () => {
    const paths = { ...world.paths('r'), root: join(world.directory, 'home') };
    const apart = openGit({ paths, env: world.env });
    assert.equal((await apart.status()).changed, [{ path: 'a.txt', unstaged: 'deleted' }]);
  });

  test('reads write nothing, not even a refreshed index', async () => {
    const before = world.git('r', 'hash-object', '.git/index');
    world.write('r/a.txt', 'one\n');
    await git.status();
    assert.is(world.git('r', 'hash-object', '.git/index'), before);
  });

  test('records stream, and leaving early ends git', async () => {
    for (let i = 0; i < 3; i++) world.git('r', 'commit', '-q', '--allow-empty', '-m', `c${i}`);
    const subjects: string[] = [];
    for await (const subject of git.readLines(['log', '-z', '--format=%s'])) subjects.push(subject);
    assert.equal(subjects, ['c2', 'c1', 'c0', 'first']);
    for await (const _ of git.readLines(['log', '-z', '--format=%s'])) break;
    const bad = async () => {
      for await (const _ of git.readLines(['log', 'nope'])) assert.unreachable();
    };
    assert.is((await failure(bad())).code, 'not-found');
  });

  test('a command is ended by its signal', async () => {
    const signal = AbortSignal.timeout(100);
    const started = performance.now();
    assert.is((await failure(git.run(['-c', 'alias.wait=!sleep 20', 'wait'], { signal }))).code, 'cancelled');
    assert.ok(performance.now() - started < 10_000);
    assert.is((await failure(git.run(['status'], { signal: AbortSignal.abort() }))).code, 'cancelled');
  });

  test('an interrupted clone leaves nothing behind, a finished one reports progress', async () => {
    world.git('.', 'clone', '-q', '--bare', 'r', 'served/r.git');
    const http = await startGitHttp(join(world.directory, 'served'), { delay: 1500 });
    const directory = join(world.directory, 'into/clone');
    try {
      const url = `${http.url}/r.git`;
      const error = await failure(
        cloneRepository({ url, directory, env: world.env, signal: AbortSignal.timeout(300) }),
      );
      assert.is(error.code, 'cancelled');
      assert.not.ok(existsSync(directory));
    } finally {
      await http.close();
    }
    const seen: ProgressEvent[] = [];
    const url = `file://${world.directory}/served/r.git`;
    await cloneRepository({
      url,
      directory,
      depth: 1,
      env: world.env,
      onProgress: (event) => seen.push(event),
    });
    assert.ok(seen.some(({ stage, done, total }) => stage === 'Receiving objects' && done === total));
    assert.is((await failure(cloneRepository({ url, directory, env: world.env }))).code, 'conflict');
  });
});
