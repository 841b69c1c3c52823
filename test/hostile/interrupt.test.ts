import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { repositoryState } from '../operation/fixture.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';
import { begin, harmless, run, sound } from './program.ts';

/** A long action: what makes it long, and its words. */
interface Long {
  readonly name: string;
  readonly words: readonly string[];
  prepare(w: World): void;
}

/** A program that says it has begun and then takes its time. */
function slowly(w: World, path: string): void {
  w.write(path, `#!/bin/sh\n[ -e "${w.root}/armed" ] || exit 0\n: > "${w.root}/begun"\nsleep 8\n`);
  chmodSync(path.startsWith('/') ? path : join(w.dir, path), 0o755);
}

const hook = (w: World, name: string): void => slowly(w, `.git/hooks/${name}`);

/** A clean and smudge filter that passes everything on, late. */
function slowFilter(w: World): void {
  const path = join(w.root, 'filter');
  w.write(path, `#!/bin/sh\nif [ -e "${w.root}/armed" ]; then : > "${w.root}/begun"; sleep 8; fi\ncat\n`);
  chmodSync(path, 0o755);
  w.git('config', 'filter.late.clean', path);
  w.git('config', 'filter.late.smudge', path);
  w.write('.gitattributes', '*.late filter=late\n');
}

function side(w: World): void {
  w.git('switch', '-qc', 'side');
  w.write('side.txt', 'side\n');
  w.git('add', '.');
  w.git('commit', '-qm', 'side');
  w.git('switch', '-q', 'main');
  w.git('commit', '-q', '--allow-empty', '-m', 'main');
}

/** A remote whose other end never says a word. */
function silentRemote(w: World): string {
  const path = join(w.root, 'ssh');
  slowly(w, path);
  w.git('config', 'core.sshCommand', path);
  w.git('remote', 'add', 'origin', 'ssh://host.invalid/repo.git');
  w.git('config', 'branch.main.remote', 'origin');
  w.git('config', 'branch.main.merge', 'refs/heads/main');
  return path;
}

const LONG: readonly Long[] = [
  {
    name: 'a commit in its hook',
    words: ['commit', '-m', 'two', '--stage', '.'],
    prepare(w) {
      w.write('a.txt', 'two\n');
      w.write('new.txt', 'new\n');
      hook(w, 'pre-commit');
    },
  },
  {
    name: 'an amend in its hook',
    words: ['commit', '--amend', '-m', 'again', '--stage', '.'],
    prepare(w) {
      w.write('a.txt', 'two\n');
      hook(w, 'commit-msg');
    },
  },
  {
    name: 'a merge in its hook',
    words: ['merge', 'side', '-m', 'merged'],
    prepare(w) {
      side(w);
      hook(w, 'pre-merge-commit');
    },
  },
  {
    name: 'a merge that runs a filter',
    words: ['merge', 'side', '-m', 'merged'],
    prepare(w) {
      slowFilter(w);
      w.git('add', '.');
      w.git('commit', '-qm', 'attributes');
      w.git('switch', '-qc', 'side');
      w.write('big.late', 'late\n');
      w.git('add', '.');
      w.git('commit', '-qm', 'side');
      w.git('switch', '-q', 'main');
      w.git('commit', '-q', '--allow-empty', '-m', 'main');
    },
  },
  {
    name: 'a switch in its filter',
    words: ['branch', 'switch', 'side'],
    prepare(w) {
      slowFilter(w);
      w.git('add', '.');
      w.git('commit', '-qm', 'attributes');
      w.git('switch', '-qc', 'side');
      w.write('big.late', 'late\n');
      w.git('add', '.');
      w.git('commit', '-qm', 'side');
      w.git('switch', '-q', 'main');
    },
  },
  {
    name: 'a revert in its hook',
    words: ['revert', 'HEAD'],
    prepare(w) {
      w.write('a.txt', 'two\n');
      w.git('commit', '-qam', 'two');
      hook(w, 'prepare-commit-msg');
    },
  },
  {
    name: 'a push to a remote that is silent',
    words: ['push'],
    prepare: (w) => void silentRemote(w),
  },
  {
    name: 'a pull from a remote that is silent',
    words: ['pull'],
    prepare: (w) => void silentRemote(w),
  },
  {
    name: 'a sync with a remote that is silent',
    words: ['sync', 'with', 'origin'],
    prepare: (w) => void silentRemote(w),
  },
  {
    name: 'a script in the middle of its second line',
    words: ['run', 'all.bit', '--atomic'],
    prepare(w) {
      w.write('all.bit', 'bit.tag.new one\nbit.commit -m two --stage a.txt\n');
      w.write('a.txt', 'two\n');
      hook(w, 'pre-commit');
    },
  },
];

/** What is left of a stopped git: locks, and what it would be in the middle of. */
function leftBehind(dir: string): string[] {
  return readdirSync(join(dir, '.git'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /(\.lock|MERGE_HEAD|REVERT_HEAD|CHERRY_PICK_HEAD|sequencer|rebase-merge)$/.test(name))
    .filter((name) => !name.endsWith('operation.lock'));
}

async function interrupted(long: Long, signal: NodeJS.Signals, group: boolean): Promise<void> {
  const w = world();
  try {
    w.start();
    // the first action adopts a policy and makes a key: not what is looked at here
    assert.is((await run(w, ['tag', 'new', 'v0'])).code, 0);
    long.prepare(w);
    const before = repositoryState(w);
    w.write(join(w.root, 'armed'), '');
    const started = begin(w, long.words);
    const deadline = Date.now() + 20_000;
    while (!existsSync(join(w.root, 'begun')) && Date.now() < deadline) await sleep(20);
    assert.ok(
      existsSync(join(w.root, 'begun')),
      (await Promise.race([started.ended, sleep(1)]))?.stderr ?? 'not begun',
    );
    const asked = Date.now();
    process.kill(group ? -started.pid : started.pid, signal);
    const ran = await started.ended;
    const waited = Date.now() - asked;
    w.write(join(w.root, 'begun'), '');
    try {
      process.kill(-started.pid, 'SIGKILL'); // what a hook left running
    } catch {
      // nothing
    }
    const told = `${ran.stdout}${ran.stderr}`;
    assert.is(ran.code, 130, told);
    harmless(ran, long.words);
    assert.match(ran.stderr, /interrupted/);
    assert.ok(waited < 6_000, `${waited} ms`);
    assert.is(repositoryState(w), before, told);
    assert.equal(leftBehind(w.dir), []);
    await sound(w);
    // and nothing stands in the way of trying again
    assert.is((await run(w, ['tag', 'new', 'afterwards'])).code, 0);
  } finally {
    w.close();
  }
}

suite('an interrupted action', (test) => {
  test('that is a script without --atomic says what stands, and undo takes it back', async () => {
    const w = world();
    w.start();
    assert.is((await run(w, ['tag', 'new', 'v0'])).code, 0);
    w.write('all.bit', 'bit.tag.new one\nbit.commit -m two --stage a.txt\n');
    w.write('a.txt', 'two\n');
    hook(w, 'pre-commit');
    const before = repositoryState(w);
    w.write(join(w.root, 'armed'), '');
    const started = begin(w, ['run', 'all.bit']);
    while (!existsSync(join(w.root, 'begun'))) await sleep(20);
    process.kill(-started.pid, 'SIGINT');
    const ran = await started.ended;
    assert.is(ran.code, 130, ran.stderr);
    assert.match(ran.stderr, /interrupted at all\.bit:2/);
    assert.match(ran.stderr, /what ran before it stands \(1 of 2\)/);
    assert.is(w.git('tag', '--list', 'one'), 'one');
    await sound(w);
    assert.is((await run(w, ['undo'])).code, 0);
    assert.is(repositoryState(w), before);
    w.close();
  });

  for (const [at, long] of LONG.entries()) {
    // Ctrl-C reaches git too; the others only bit
    const [signal, group] = (
      [
        ['SIGINT', true],
        ['SIGTERM', false],
        ['SIGHUP', false],
      ] as const
    )[at % 3] ?? ['SIGINT', true];
    test(`(${long.name}, ${signal}) leaves everything as it was, exits 130 and leaves nothing open`, () =>
      interrupted(long, signal, group));
  }
});
