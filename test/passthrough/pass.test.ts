import { spawn } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { repositoryState } from '../operation/fixture.ts';
import { digestOf } from '../repository/digest.ts';
import { suite } from '../suite.ts';
import { BIT_PROGRAM, type World, world } from '../world.ts';

suite<{ world: World }>('bit git', (test) => {
  test.before.each((context) => {
    const place = world();
    context.world = place;
    place.start();
    place.git('branch', 'base');
    place.git('switch', '-qc', 'topic');
    place.write('t.txt', 'topic\n');
    place.git('add', '.');
    place.git('commit', '-qm', 'topic work');
    place.git('switch', '-q', 'main');
    place.write('m.txt', 'main\n');
    place.git('add', '.');
    place.git('commit', '-qm', 'main work');
  });
  test.after.each((context) => context.world.close());

  const events = async (world: World): Promise<string[]> => {
    const run = await world.bit('ledger', 'list', '--jq', '.entries[] | .event + " " + .phase');
    return run.stdout.split('\n').filter((line) => line !== '' && !line.endsWith('note'));
  };
  const policy = (world: World, rule: string): void =>
    world.write('.bithub/policies/p.rego', `package p\nimport rego.v1\n${rule}\n`);

  test('reading verbs answer what git answers, change no byte and are not recorded', async ({ world }) => {
    await world.bit('git', 'log');
    const before = digestOf(world.dir, join(world.root, 'data'));
    for (const words of [
      ['log', '--format=%H %s', '--all'],
      ['show-ref'],
      ['stash', 'list'],
      ['branch', '-a'],
      ['ls-files', '-s'],
      ['config', '--get', 'core.bare'],
    ]) {
      const run = await world.bit('git', ...words);
      assert.is(run.stdout.trimEnd(), world.git(...words), words.join(' '));
      assert.is(run.code, 0);
    }
    assert.is((await world.bit('git', 'log', 'nowhere')).code, 4);
    assert.is((await world.bit('git', 'diff', '--quiet', 'base')).code, 1, 'git answers by its exit status');
    assert.is(digestOf(world.dir, join(world.root, 'data')), before);
    assert.equal(await events(world), []);
    assert.not.ok(existsSync(join(world.dir, '.git/bit/ledger/ledger.db')));
  });

  test('runs where the person stands, and takes a verb without the word git', async ({ world }) => {
    world.write('dir/x.txt', 'x\n');
    const sub = join(world.dir, 'dir');
    const run = await world.bitIn(sub, 'add', 'x.txt');
    assert.is(run.code, 0, run.stderr);
    assert.is(world.git('status', '--porcelain'), 'A  dir/x.txt');
    assert.equal(await events(world), ['GIT_ADD outcome', 'GIT_ADD intent']);
    assert.is((await world.bitIn(world.root, '-C', sub, 'rm', '--cached', '-q', 'x.txt')).code, 0);
    assert.is(world.git('status', '--porcelain'), '?? dir/');
  });

  test('what moves refs, index, files, stash or settings is as by git, and undo brings every byte back', async ({
    world,
  }) => {
    world.write('a.txt', 'staged\n');
    world.git('stash', '-q');
    world.git('remote', 'add', 'origin', 'nowhere');
    const cases: [prepare: () => void, words: string[]][] = [
      [() => undefined, ['rebase', 'topic']],
      [() => undefined, ['reset', '--hard', 'base']],
      [() => undefined, ['cherry-pick', 'topic']],
      [() => undefined, ['switch', 'topic']],
      [() => undefined, ['checkout', '-q', '--detach', 'base']],
      [() => undefined, ['checkout', '-q', '-B', 'topic', 'base']],
      [() => undefined, ['branch', '-m', 'topic', 'renamed']],
      [() => undefined, ['update-ref', '-d', 'refs/heads/topic']],
      [() => undefined, ['rm', '-q', 'm.txt']],
      [() => undefined, ['mv', 'm.txt', 'n.txt']],
      [() => world.write('a.txt', 'dirty\n'), ['stash']],
      [() => undefined, ['stash', 'pop']],
      [() => world.write('u.txt', 'untracked\n'), ['stash', '-u']],
      [() => undefined, ['stash', 'clear']],
      [() => world.write('u.txt', 'untracked\n'), ['clean', '-fdq']],
      [() => undefined, ['remote', 'remove', 'origin']],
      [() => undefined, ['config', 'color.ui', 'never']],
    ];
    const start = join(world.root, 'start');
    cpSync(world.dir, start, { recursive: true });
    const twin = join(world.root, 'twin');
    for (const [prepare, words] of cases) {
      prepare();
      cpSync(world.dir, twin, { recursive: true });
      const before = repositoryState(world);
      const stashes = world.git('stash', 'list', '--format=%H');
      const config = world.read('.git/config');
      world.gitIn(twin, ...words);
      const run = await world.bit('git', ...words);
      const said = `${words.join(' ')}: ${run.stderr}`;
      assert.is(run.code, 0, said);
      for (const ask of [
        ['ls-files', '-s'],
        ['status', '--porcelain', '--branch'],
        ['show-ref', '--heads'],
        ['config', '--local', '--list'],
      ]) {
        // committer dates differ, so commits do; what they hold does not
        const read = (dir: string): string => world.gitIn(dir, ...ask).replace(/[0-9a-f]{40} (?=refs)/g, '');
        assert.is(read(world.dir), read(twin), said);
      }
      const undone = await world.bit('undo', '--yes');
      assert.is(undone.code, 0, `${said}\n${undone.stderr}`);
      assert.is(repositoryState(world), before, said);
      assert.is(world.git('stash', 'list', '--format=%H'), stashes, said);
      assert.is(world.read('.git/config'), config, said);
      assert.is(world.git('fsck', '--strict', '--no-dangling'), '');
      for (const dir of [world.dir, twin]) {
        cpSync(start, dir, { recursive: true, force: true });
        if (existsSync(join(world.dir, 'u.txt'))) world.git('clean', '-fdq');
        world.git('reset', '-q', '--hard');
      }
      rmSync(twin, { recursive: true, force: true });
    }
  });

  test('what it made unreachable outlives a gc, so that undo still can', async ({ world }) => {
    const tip = world.git('rev-parse', 'topic');
    assert.is((await world.bit('git', 'update-ref', '-d', 'refs/heads/topic')).code, 0);
    world.git('reflog', 'expire', '--expire=now', '--all');
    world.git('gc', '-q', '--prune=now');
    assert.is((await world.bit('undo', '--yes')).code, 0);
    assert.is(world.git('rev-parse', 'topic'), tip);
    assert.is(world.git('fsck', '--strict', '--no-dangling'), '');
  });

  test('a conflict is git’s own state, exit 1, and recorded as failed; going on is recorded too', async ({
    world,
  }) => {
    world.git('switch', '-qc', 'clash', 'base');
    world.write('m.txt', 'clash\n');
    world.git('add', '.');
    world.git('commit', '-qm', 'clash');
    const run = await world.bit('rebase', 'main');
    assert.is(run.code, 1, run.stderr);
    assert.match(world.git('status'), 'rebase in progress');
    assert.is((await world.bit('rebase', '--abort')).code, 0);
    assert.is(world.git('status', '--porcelain'), '');
    assert.equal(await events(world), [
      'GIT_REBASE outcome',
      'GIT_REBASE intent',
      'GIT_REBASE outcome',
      'GIT_REBASE intent',
    ]);
  });

  test('a policy on git.<verb> stops it before anything, whatever alias it was typed as', async ({
    world,
  }) => {
    world.git('config', 'alias.wipe', 'reset --hard base');
    policy(world, 'deny contains "no resets" if input.action == "git.reset"');
    const before = repositoryState(world);
    for (const words of [
      ['reset', '--hard', 'base'],
      ['git', 'wipe'],
      ['--dry-run', 'git', 'wipe'],
    ]) {
      const run = await world.bit(...words);
      assert.is(run.code, 3, `${words.join(' ')}: ${run.stderr}`);
      assert.is(repositoryState(world), before);
    }
    assert.equal(await events(world), ['GIT_RESET denied', 'GIT_RESET denied']);
    assert.is((await world.bit('git', 'branch', 'fine')).code, 0);
  });

  test('policies on bit’s own commands hold for git’s words too; plain force is denied by default', async ({
    world,
  }) => {
    const bare = join(world.root, 'r.git');
    world.git('clone', '-q', '--bare', '.', bare);
    world.git('remote', 'add', 'origin', bare);
    world.git('commit', '-q', '--amend', '-m', 'rewritten');
    const before = world.gitIn(bare, 'rev-parse', 'main');
    for (const words of [['-f'], ['--force'], ['--forc'], ['-fu'], ['--mirror']]) {
      const run = await world.bit('git', 'push', ...words, 'origin', 'main');
      assert.is(run.code, 3, `${words.join(' ')}: ${run.stderr}`);
    }
    assert.is((await world.bit('git', 'push', 'origin', '+main')).code, 3);
    world.git('config', 'remote.origin.push', '+refs/heads/main:refs/heads/main');
    assert.is((await world.bit('git', 'push')).code, 3);
    assert.is((await world.bit('git', 'branch', '-D', 'main')).code, 3, 'the default branch stays');
    assert.is(world.gitIn(bare, 'rev-parse', 'main'), before);
    assert.is(
      (await world.bit('git', 'push', `--force-with-lease=main:${before}`, 'origin', 'main')).code,
      0,
    );
    assert.is(world.gitIn(bare, 'rev-parse', 'main'), world.git('rev-parse', 'main'));
  });

  test('a branch protected against pushes is protected however it is named', async ({ world }) => {
    const bare = join(world.root, 'r.git');
    world.git('clone', '-q', '--bare', '.', bare);
    world.git('remote', 'add', 'origin', bare);
    policy(
      world,
      'deny contains "main takes no pushes" if {\n\tinput.action == "repo.push"\n\tsome branch in input.target.branches\n\tbranch == "main"\n}',
    );
    for (const words of [
      ['origin', 'main'],
      ['origin', 'HEAD'],
      ['origin', 'topic:main'],
      ['origin', ':main'],
      ['origin', '--delete', 'main'],
      ['origin', 'topic:refs/heads/main'],
      ['origin', 'refs/heads/*:refs/heads/*'],
      ['--all', 'origin'],
      ['origin', ':'],
      [],
    ])
      assert.is((await world.bit('git', 'push', ...words)).code, 3, words.join(' '));
    assert.is((await world.bit('git', 'push', 'origin', 'topic')).code, 0);
  });

  test('no argument becomes another program or place: transports, aliases, options, names', async ({
    world,
  }) => {
    const pwned = join(world.root, 'pwned');
    world.git('config', 'alias.evil', `!touch ${pwned}`);
    world.git('config', 'remote.evil.url', `ext::sh -c touch% ${pwned}`);
    const cases: [words: string[], code: number][] = [
      [['evil'], 2],
      [['-c', `alias.x=!touch ${pwned}`, 'x'], 2],
      [['-c', 'protocol.ext.allow=always', 'fetch', 'evil'], 2],
      [['--exec-path=/tmp', 'status'], 2],
      [['--git-dir', '/tmp', 'status'], 2],
      [['a\nb'], 2],
      [['stauts'], 4],
    ];
    for (const [words, code] of cases) {
      const run = await world.bit('git', ...words);
      assert.is(run.code, code, `${words.join(' ')}: ${run.stderr}`);
    }
    for (const words of [
      ['fetch', 'evil'],
      ['ls-remote', 'evil'],
      ['fetch', `ext::sh -c touch% ${pwned}`],
      ['clone', `ext::sh -c touch% ${pwned}`, 'x'],
    ])
      assert.is.not((await world.bit('git', ...words)).code, 0, words.join(' '));
    assert.not.ok(existsSync(pwned));
  });

  test('--dry-run tells the command that would run and changes nothing; --json holds what git said', async ({
    world,
  }) => {
    world.git('config', 'alias.back', 'reset --hard');
    const before = digestOf(world.dir);
    const dry = await world.bit('--dry-run', 'git', 'back', 'base');
    assert.match(dry.stdout, 'git reset --hard base');
    assert.is(digestOf(world.dir), before);
    const run = await world.bit('--json', 'git', 'back', 'base');
    const out = JSON.parse(run.stdout);
    assert.equal([out.verb, out.words, out.exit], ['reset', ['reset', '--hard', 'base'], 0]);
    assert.match(out.stdout, 'HEAD is now at');
    assert.type(out.operation.id, 'string');
  });

  test('without a git program files can still be added and committed; the rest says what it needs', async ({
    world,
  }) => {
    world.write('dir/x.txt', 'x\n');
    world.write('-dash.txt', 'dash\n');
    world.write('a.txt', 'edited\n');
    const env = world.env as Record<string, string>;
    const path = env['PATH'] ?? '';
    env['PATH'] = join(world.root, 'home');
    try {
      const added = await world.bitIn(
        join(world.dir, 'dir'),
        'add',
        'x.txt',
        '../a.txt',
        '--',
        '../-dash.txt',
      );
      assert.is(added.code, 0, added.stderr);
      const committed = await world.bit('commit', '-m', 'by hand', '--json');
      assert.is(committed.code, 0, committed.stdout);
      assert.equal(
        JSON.parse(committed.stdout).changes.map((change: { path: string }) => change.path),
        ['-dash.txt', 'a.txt', 'dir/x.txt'],
      );
      assert.is((await world.bit('commit', '-m', 'nothing left')).code, 1);
      const switched = await world.bit('branch', 'switch', 'topic');
      assert.is(switched.code, 0, switched.stderr);
      assert.is(world.read('t.txt'), 'topic\n');
      assert.is((await world.bit('branch', 'switch', 'main')).code, 0);
      assert.is((await world.bit('add', '-p')).code, 1);
      assert.is((await world.bit('add', '../../x')).code, 2);
      const run = await world.bit('rebase', 'topic');
      assert.is.not(run.code, 0);
      assert.match(run.stderr, 'needs the git program');
    } finally {
      env['PATH'] = path;
    }
    assert.is(world.git('log', '-1', '--format=%s'), 'by hand');
    assert.is(world.git('status', '--porcelain'), '');
    assert.is(world.git('fsck', '--strict', '--no-dangling'), '');
  });

  test('works outside a repository for what git can do there', async ({ world }) => {
    const run = await world.bitIn(world.root, 'git', 'clone', '-q', world.dir, 'copy');
    assert.is(run.code, 0, run.stderr);
    assert.is(world.gitIn(join(world.root, 'copy'), 'rev-parse', 'HEAD'), world.git('rev-parse', 'HEAD'));
    assert.match((await world.bitIn(world.root, 'git', '--version')).stdout, 'git version');
    assert.is((await world.bitIn(world.root, 'git', 'log')).code, 4);
  });

  test('as a program, git has the terminal or pipe to itself: output, input and exit status', async ({
    world,
  }) => {
    const run = (words: string[], input: string): Promise<{ stdout: string; code: number | null }> =>
      new Promise((resolve) => {
        const child = spawn(process.execPath, [BIT_PROGRAM, ...words], { cwd: world.dir, env: world.env });
        let stdout = '';
        child.stdout.on('data', (chunk) => {
          stdout += chunk;
        });
        child.on('close', (code) => resolve({ stdout, code }));
        child.stdin.end(input);
      });
    const hashed = await run(['git', 'hash-object', '-w', '--stdin'], 'hello\n');
    assert.equal(hashed, { stdout: 'ce013625030ba8dba906f756967f9e9ca394464a\n', code: 0 });
    const named = await run(['--jq', '.stdout', 'git', 'hash-object', '--stdin'], 'hello\n');
    assert.equal(named, { stdout: 'ce013625030ba8dba906f756967f9e9ca394464a\n', code: 0 });
  });
});
