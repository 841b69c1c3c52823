import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { JsonObject } from '../../src/kernel/json.ts';
import { perform } from '../../src/operation/perform.ts';
import { bench, gitEffect, REQUEST } from '../operation/fixture.ts';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';

async function did(place: World, ...words: string[]): Promise<Record<string, unknown>> {
  const run = await place.bit(...words, '--json');
  assert.is(run.code, 0, `${words.join(' ')}: ${run.stderr}${run.stdout}`);
  return JSON.parse(run.stdout) as Record<string, unknown>;
}

/** Exit status and stderr of plain git. */
function plain(place: World, ...args: string[]): { code: number; stderr: string } {
  try {
    execFileSync('git', args, { cwd: place.dir, env: place.env, stdio: 'pipe' });
    return { code: 0, stderr: '' };
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: Buffer };
    return { code: status, stderr: String(stderr) };
  }
}

const HOOK = '.git/hooks/pre-commit';

suite('a freeze of the repository', (test) => {
  test('denies every other action, whatever the policies say, and a thaw ends it', () =>
    within({}, async (place) => {
      place.write('.bithub/policies/own.rego', 'package own\n');
      await did(place, 'policy', 'accept');
      await did(place, 'freeze', 'repo', '--reason', 'release');
      place.write('a.txt', 'two\n');
      for (const words of [
        ['branch', 'new', 'x'],
        ['commit', '-m', 'x', 'a.txt'],
        ['motd', 'add', 'hello'],
      ]) {
        const run = await place.bit(...words);
        assert.is(run.code, 3, words.join(' '));
        assert.match(run.stderr, 'is frozen: release');
      }
      assert.is((await place.bit('status')).code, 0);
      await did(place, 'freeze', 'repo', '--thaw');
      await did(place, 'branch', 'new', 'x');
    }));

  test('is what the built-in policy reads in input.freeze', () =>
    within({}, async (place) => {
      await did(place, 'freeze', 'repo', '--reason', 'release');
      const run = await place.bit('branch', 'new', 'x');
      assert.match(run.stderr, '[data.bit.default.deny built-in/default.rego');
      const explained = await place.bit('policy', 'check', '--explain', '--action', 'repo.branch');
      assert.match(explained.stdout, 'frozen until lifted: release');
    }));

  test('stands though its files are deleted: the ledger is the truth', () =>
    within({}, async (place) => {
      await did(place, 'freeze', 'repo');
      rmSync(join(place.dir, '.git/bit/freeze'), { recursive: true });
      assert.is((await place.bit('branch', 'new', 'x')).code, 3);
      place.write('.git/bit/freeze/known.json', '{"scanned":{},"known":[7]}');
      assert.is((await place.bit('branch', 'new', 'x')).code, 3);
    }));

  test('of another clone stands until that one thaws it or takes it back', () =>
    within({}, async (place) => {
      const remote = join(place.root, 'remote.git');
      const clone = join(place.root, 'clone');
      place.gitIn(place.root, 'init', '-q', '--bare', 'remote.git');
      place.git('remote', 'add', 'origin', remote);
      place.write('.bithub.yml', 'ledger:\n  share: all\n');
      await did(place, 'commit', '--stage', '.', '-m', 'share');
      await did(place, 'push');
      place.gitIn(place.root, 'clone', '-q', remote, 'clone');
      const there = async (...words: string[]): Promise<void> => {
        const run = await place.bitIn(clone, ...words, '--json');
        assert.is(run.code, 0, `${words.join(' ')}: ${run.stderr}${run.stdout}`);
        if (words[0] === 'ledger') return;
        await there('ledger', 'push');
        await did(place, 'ledger', 'fetch');
      };
      await there('freeze', 'repo');
      assert.is((await place.bit('branch', 'new', 'x')).code, 3);
      // what was shared since can't be taken back; the freeze can
      await there('undo', '2', '--skip-remote', '--yes');
      await did(place, 'branch', 'new', 'x');
      await there('freeze', 'repo');
      assert.is((await place.bit('branch', 'new', 'y')).code, 3);
      await there('freeze', 'repo', '--thaw');
      await did(place, 'branch', 'new', 'y');
    }));

  test('is found in a long ledger, whose reading is written down once', () =>
    within({}, async (place) => {
      await did(place, 'freeze', 'branch', 'main');
      for (let n = 0; n < 40; n++) await did(place, 'branch', 'new', `b${n}`);
      const known = JSON.parse(place.read('.git/bit/freeze/known.json')) as {
        scanned: Record<string, number>;
      };
      assert.ok(Object.values(known.scanned).some((entries) => entries > 60));
      rmSync(join(place.dir, '.git/bit/freeze'), { recursive: true });
      place.write('a.txt', 'two\n');
      assert.is((await place.bit('commit', 'a.txt', '-m', 'x')).code, 3);
    }));

  test('ends by itself at its time', () =>
    within({}, async (place) => {
      // on a busy machine it can be over before it was tried: then once more, for longer
      for (let lasts = 1500; ; lasts *= 2) {
        const until = Date.now() + lasts;
        await did(place, 'freeze', 'repo', '--until', new Date(until).toISOString());
        const denied = [
          (await place.bit('branch', 'new', `within-${lasts}`)).code,
          plain(place, 'commit', '--allow-empty', '-m', 'x').code,
        ];
        const left = until - Date.now();
        if (left <= 0 && lasts < 20_000) continue;
        assert.equal(denied, [3, 1]);
        await new Promise((done) => setTimeout(done, left + 1100));
        break;
      }
      await did(place, 'branch', 'new', 'x');
      assert.is(plain(place, 'commit', '--allow-empty', '-m', 'x').code, 0);
    }));

  test('the dry run freezes nothing and sets no hook', () =>
    within({}, async (place) => {
      const dry = await place.bit('freeze', 'repo', '--dry-run');
      assert.match(dry.stdout, 'deny every change of the repository');
      assert.not.ok(place.exists(HOOK));
      await did(place, 'branch', 'new', 'x');
    }));

  test('can be undone and redone, hooks with it', () =>
    within({}, async (place) => {
      await did(place, 'freeze', 'repo');
      assert.ok(place.exists(HOOK));
      await did(place, 'undo');
      assert.not.ok(place.exists(HOOK));
      await did(place, 'branch', 'new', 'x');
      await did(place, 'branch', 'delete', 'x', '--yes');
      await did(place, 'freeze', 'repo');
      await did(place, 'freeze', 'repo', '--thaw');
      const thaw = await place.bit('undo');
      assert.is(thaw.code, 0, thaw.stderr);
      assert.ok(place.exists(HOOK));
      assert.is((await place.bit('branch', 'new', 'y')).code, 3);
      const redone = await place.bit('redo');
      assert.is(redone.code, 0, redone.stderr);
      assert.not.ok(place.exists(HOOK));
      await did(place, 'branch', 'new', 'y');
    }));

  test('is in the status while it stands, with its end and reason', () =>
    within({}, async (place) => {
      assert.equal((await did(place, 'status'))['freezes'], []);
      await did(place, 'freeze', 'repo', '--reason', 'the release');
      await did(place, 'freeze', '--workflow', 'deploy', '--until', '2090-01-01');
      const { stdout } = await place.bit('status');
      assert.match(stdout, 'The repository is frozen: the release\n');
      assert.match(stdout, 'Workflow deploy is frozen until 2090-01-01T00:00:00.000Z\n');
      await did(place, 'freeze', 'repo', '--thaw');
      const [left] = (await did(place, 'status'))['freezes'] as { scope: string; name: string }[];
      assert.equal([left?.scope, left?.name], ['workflow', 'deploy']);
    }));
});

suite('a freeze of a workflow or a bucket', (test) => {
  test('holds every action that names it by an argument, a flag or its target', async () => {
    const b = await bench();
    try {
      await did(b.world, 'freeze', 'workflow', 'deploy');
      await did(b.world, 'freeze', '--bucket', 'media');
      const act = async (args: JsonObject, target: JsonObject = {}): Promise<string> => {
        const effect = { ...gitEffect([]), target };
        const done = await perform(b.context.world, { ...REQUEST, args }, effect, { dryRun: true });
        return done.decision.explain().reasons.map(({ message }) => message)[0] ?? '';
      };
      assert.match(await act({ workflow: 'deploy' }), 'frozen');
      assert.match(await act({ bucket: 'media' }), 'frozen');
      assert.match(await act({}, { workflows: ['x', 'deploy'] }), 'frozen');
      assert.not.match(await act({ workflow: 'other', bucket: 'other' }), 'frozen');
      assert.is(b.world.exists(HOOK), false);
    } finally {
      b.close();
    }
  });

  test('is said once', () =>
    within({}, async (place) => {
      for (const words of [
        [],
        ['repo', '--bucket', 'x'],
        ['bucket'],
        ['workflow', 'a', '--workflow', 'b'],
        ['--workflow', 'a', '--bucket', 'b'],
      ])
        assert.is((await place.bit('freeze', ...words)).code, 2, words.join(' '));
    }));
});

suite('a freeze of a branch', (test) => {
  test('holds that branch and no other', () =>
    within({}, async (place) => {
      place.git('branch', 'topic');
      await did(place, 'freeze', 'branch', 'topic');
      place.write('a.txt', 'two\n');
      await did(place, 'commit', 'a.txt', '-m', 'main goes on');
      assert.is((await place.bit('branch', 'delete', 'topic', '--yes')).code, 3);
      place.git('switch', '-q', 'topic');
      place.write('a.txt', 'three\n');
      assert.is((await place.bit('commit', 'a.txt', '-m', 'x')).code, 3);
      assert.is((await place.bit('git', 'reset', '--hard', 'main')).code, 3);
      const git = plain(place, 'commit', '-am', 'x');
      assert.is(git.code, 1);
      assert.match(git.stderr, 'branch topic is frozen');
      place.git('restore', '.');
      place.git('switch', '-q', 'main');
      assert.is(plain(place, 'commit', '--allow-empty', '-m', 'x').code, 0);
    }));

  test('one that is not there is named, with the nearest', () =>
    within({}, async (place) => {
      const run = await place.bit('freeze', 'branch', 'mian');
      assert.is(run.code, 4);
      assert.match(run.stderr, 'did you mean: main');
    }));
});

suite('hooks of a freeze', (test) => {
  test('stand beside the hooks that are there, which run on, and go with the thaw', () =>
    within({}, async (place) => {
      place.write(HOOK, '#!/bin/sh\necho ran >> "$(git rev-parse --show-toplevel)/ran"\n');
      chmodSync(join(place.dir, HOOK), 0o755);
      const before = place.read(HOOK);
      place.git('branch', 'topic');
      await did(place, 'freeze', 'branch', 'topic');
      assert.is(plain(place, 'commit', '--allow-empty', '-m', 'x').code, 0);
      assert.is(place.read('ran'), 'ran\n');
      await did(place, 'freeze', 'repo');
      assert.is(plain(place, 'commit', '--allow-empty', '-m', 'x').code, 1);
      assert.is(place.read('ran'), 'ran\n');
      await did(place, 'freeze', 'repo', '--thaw');
      await did(place, 'freeze', 'branch', 'topic', '--thaw');
      assert.is(place.read(HOOK), before);
      assert.is(statSync(join(place.dir, HOOK)).mode & 0o777, 0o755);
      assert.not.ok(place.exists(`${HOOK}.before-bit`));
      assert.not.ok(place.exists('.git/hooks/pre-push'));
    }));

  test('refuse a plain push of the branch, and hand its refs on to the hook of before', () =>
    within({}, async (place) => {
      place.gitIn(place.root, 'init', '-q', '--bare', 'remote.git');
      place.git('remote', 'add', 'origin', join(place.root, 'remote.git'));
      place.git('branch', 'topic');
      place.write('.git/hooks/pre-push', '#!/bin/sh\ncat > "$(git rev-parse --git-dir)/seen"\n');
      chmodSync(join(place.dir, '.git/hooks/pre-push'), 0o755);
      await did(place, 'freeze', 'branch', 'topic', '--reason', "it's done; `rm -rf $HOME`");
      const topic = plain(place, 'push', 'origin', 'topic');
      assert.is(topic.code, 1);
      assert.match(topic.stderr, "it's done; `rm -rf $HOME`");
      assert.is(plain(place, 'push', 'origin', 'main').code, 0);
      assert.match(place.read('.git/seen'), 'refs/heads/main');
    }));

  test('a folder of hooks outside the repository is left alone, and said to be', () =>
    within({}, async (place) => {
      place.git('config', 'core.hooksPath', join(place.root, 'shared-hooks'));
      const run = await place.bit('freeze', 'repo');
      assert.is(run.code, 0);
      assert.match(run.stderr, 'plain git is not held');
      assert.not.ok(place.exists(join(place.root, 'shared-hooks')));
    }));
});

suite('arguments of a freeze', (test) => {
  const refused: readonly (readonly string[])[] = [
    ['repo', 'name'],
    ['repo', '--until', 'yesterday'],
    ['repo', '--until', 'soon'],
    ['repo', '--reason', ' '],
    ['repo', '--thaw', '--reason', 'x'],
    ['branch', 'a..b'],
    ['branch', 'a\nb'],
    ['workflow'],
    ['workflow', '../x'],
    ['everything'],
  ];
  test('what makes no sense is a usage error', () =>
    within({}, async (place) => {
      for (const words of refused) {
        const run = await place.bit('freeze', ...words);
        assert.is(run.code, 2, `${JSON.stringify(words)}: ${run.stderr}`);
      }
      assert.is((await place.bit('freeze', 'repo', '--thaw')).code, 4);
      assert.is((await place.bit('freeze', 'branch', '--', '-x')).code, 4);
    }));
});
