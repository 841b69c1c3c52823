import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { requireService, suite } from '../suite.ts';
import { runJs, type StartWorld, startWorld } from './bit.ts';

suite('starting', (test) => {
  let world: StartWorld;
  test.before(() => {
    world = startWorld();
  });
  test.after(() => world.remove());

  test('--version prints the version alone on its first line, with whatever flags', async () => {
    for (const words of [['--version'], ['-V'], ['version']]) {
      const { stdout, code, stderr } = await world.bit(words);
      assert.match(stdout, /^\d+\.\d+\.\d+\S*\nnode /);
      assert.is(stderr, '');
      assert.is(code, 0);
    }
  });

  test('every spelling starts the same command', async () => {
    const plain = await world.bit(['branch', 'list', '--json']);
    assert.is(plain.code, 0);
    for (const words of [
      ['branch.list', '--json'],
      ['branch:list', '--json'],
      ['bit.branch.list', '--json'],
      ['--json', 'branch'],
    ]) {
      assert.equal(await world.bit(words), plain);
    }
  });

  test('what nobody caught is told of, ends it as a fault of its own, and shows where only when asked', async () => {
    const loose = join(world.home, 'loose.cjs');
    const faults = [
      "setImmediate(() => { throw new Error('nobody caught this'); });",
      "setImmediate(() => Promise.reject(new Error('nobody caught this')));",
    ];
    for (const fault of faults) {
      writeFileSync(loose, fault);
      const env = { NODE_OPTIONS: `--require=${loose}` };
      const { code, stdout, stderr } = await world.bit(['status'], { env });
      assert.is(code, 70);
      assert.is(stdout, '');
      assert.match(
        stderr,
        /^error: internal error: nobody caught this\nhint: this is a bug in bit; [^\n]+\n$/,
      );
      const json = await world.bit(['status', '--json'], { env });
      assert.is(json.code, 70);
      assert.is((JSON.parse(json.stdout) as { error: { code: string } }).error.code, 'internal');
      const shown = await world.bit(['status'], { env: { ...env, BIT_DEBUG: '1' } });
      assert.match(shown.stderr, 'loose.cjs:1');
    }
  });

  test('what plain files tell starts no git', async () => {
    const { stderr } = await world.bit(['branch', 'list', '--show-git']);
    assert.is(stderr, '');
    const { stderr: status } = await world.bit(['status', '--show-git']);
    assert.is(status.split('\n').length, 2);
  });

  test('output beyond what a pipe holds arrives whole at a slow reader', async () => {
    const oid = execFileSync('git', ['rev-parse', 'HEAD'], {
      cwd: world.repository,
      encoding: 'utf8',
    }).trim();
    const lines = Array.from({ length: 1500 }, (_, n) => `${oid} refs/heads/${'long-name-'.repeat(8)}${n}\n`);
    const many = join(world.home, 'many');
    mkdirSync(many);
    execFileSync('git', ['clone', '-q', '--bare', world.repository, many], { env: world.env });
    appendFileSync(join(many, 'packed-refs'), lines.join(''));
    const child = world.spawn(['branch', 'list', '--json'], { cwd: many });
    await sleep(400);
    const chunks: Buffer[] = [];
    for await (const chunk of child.stdout ?? []) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    assert.ok(text.length > 200_000);
    assert.is((JSON.parse(text) as { branches: unknown[] }).branches.length, 1501);
  });

  test('help of a topic lists its commands, and mistakes name the flag, the argument and the command', async () => {
    const help = await world.bit(['policy', '--help']);
    assert.is(help.code, 0);
    assert.match(help.stdout, /^Check, test, explain and accept/);
    assert.match(help.stdout, 'policy accept');
    assert.match(help.stdout, 'bit policy alone is bit policy check.');
    for (const [words, said] of [
      [['policy', 'chek'], 'did you mean: bit policy check'],
      [
        ['token', 'mint', '--cap', 'a:b'],
        'missing flag --for\nhint: see the flags and examples with: bit token mint --help',
      ],
      [['token', 'mint', '--lif', '1h'], 'there is no flag --lif here; did you mean --life?'],
      [['tag', 'new'], 'missing argument: NAME (Name of the tag.)'],
      [['ledger', 'list', '-n', 'x'], '--number: expected an integer but received: x'],
      [['status', '-C', 'nowhere'], 'there is no folder '],
    ] as const) {
      const run = await world.bit([...words]);
      assert.ok(run.code === 2 || run.code === 4, words.join(' '));
      assert.match(run.stderr, said);
    }
  });

  test('a reader that goes away is no failure', async () => {
    const child = world.spawn(['help', 'context', '--json']);
    child.stdout?.destroy();
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const code = await new Promise((resolve) => child.on('close', resolve));
    assert.is(said, '');
    assert.is(code, 0);
  });

  test('a missing argument is not read from standard input', async () => {
    const { code, stderr } = await world.bit(['branch', 'new'], { input: 'from-stdin\n' });
    assert.is(code, 2);
    assert.match(stderr, /missing argument: NAME/);
    assert.not.match(
      execFileSync('git', ['branch'], { cwd: world.repository, encoding: 'utf8' }),
      /from-stdin/,
    );
  });

  test('a failure has its code under --json too, and prints', async () => {
    for (const words of [
      ['branch', 'delete', 'no-such', '--json', '--yes'],
      ['frobnicate', '--json'],
    ]) {
      const { code, stdout, stderr } = await world.bit(words);
      const { error } = JSON.parse(stdout) as { error: { code: string; exit: number } };
      assert.is(error.code, 'not-found');
      assert.is(code, error.exit);
      assert.ok((code ?? 0) > 0);
      assert.is(stderr, '');
    }
  });

  test('an older Node hands over to a newer one with arguments, input and exit codes kept', async () => {
    const program = '/usr/bin/node';
    if (!requireService('a Node older than 22.13 as /usr/bin/node', isOld(program))) return;
    for (const words of [
      ['branch', 'list', '--json'],
      ['--version'],
      ['branch', 'delete', 'no-such', '--yes'],
      ['branch', 'new'],
      ['frobnicate'],
      ['help', 'branch'],
    ]) {
      const [old, young] = await Promise.all([world.bit(words, { program }), world.bit(words)]);
      assert.equal(old, young, words.join(' '));
    }
  });

  test('an older Node passes signals on, and ends by the one its child ended by', async () => {
    const program = '/usr/bin/node';
    if (!isOld(program)) return;
    const outcomes = await Promise.all(
      [program, process.execPath].map(async (start, at) => {
        const place = join(world.home, `signals-${at}`);
        execFileSync('git', ['clone', '-q', world.repository, place], { env: world.env });
        const hook = join(place, '.git/hooks/pre-commit');
        writeFileSync(hook, '#!/bin/sh\ntouch up\nexec sleep 20\n', { mode: 0o755 });
        writeFileSync(join(place, 'file'), '');
        execFileSync('git', ['add', 'file'], { cwd: place, env: world.env });
        const child = world.spawn(['commit', '-m', 'interrupted'], { program: start, cwd: place });
        while (!existsSync(join(place, 'up')) && child.exitCode === null) await sleep(20);
        child.kill('SIGTERM');
        return new Promise((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })));
      }),
    );
    assert.not.equal(outcomes[0], { code: 0, signal: null });
    assert.equal(outcomes[0], outcomes[1]);
  });

  test('a Node that is too old with none beside it says in one line what to install', async () => {
    const program = '/usr/bin/node';
    if (!isOld(program)) return;
    const { code, stderr, stdout } = await world.bit(['status'], { program, env: { BIT_HANDED_OVER: '1' } });
    assert.is(code, 1);
    assert.is(stdout, '');
    assert.match(stderr, /^error: bit needs Node 22\.13 or later.*\n$/);
  });

  test('without a build it says how to make one', async () => {
    const bare = join(world.home, 'bare');
    mkdirSync(bare);
    execFileSync('cp', ['-r', join(runJs, '..'), join(bare, 'bin')]);
    const { code, stderr } = await world.bit(['status'], { script: join(bare, 'bin/run.js') });
    assert.is(code, 1);
    assert.match(stderr, /npm run build/);
  });
});

function isOld(program: string): boolean {
  try {
    const [major = 0, minor = 0] = execFileSync(program, ['-p', 'process.versions.node'], {
      encoding: 'utf8',
    })
      .split('.')
      .map(Number);
    return major < 22 || (major === 22 && minor < 13);
  } catch {
    return false;
  }
}
