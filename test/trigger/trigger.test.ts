import { chmodSync, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { did, fire, plain, program, within } from './place.ts';

const HOOK = '.git/hooks/post-commit';

suite('a trigger on commits', (test) => {
  test('runs its workflow with what the event says, once', () =>
    within(async (place) => {
      const set = await did(
        place,
        'trigger',
        'on',
        'commit',
        'note.sh',
        '--input',
        'TEXT=${{ event.subject }}',
      );
      assert.equal(set['hooks'], ['post-commit']);
      assert.is(plain(place, 'commit', '-q', '--allow-empty', '-m', 'it is $(id) `x`').code, 0);
      const [first, ...more] = await fire(place);
      assert.is(more.length, 0);
      assert.is(first?.trigger, 'commit-note');
      assert.is(first?.result, 'success', String(first?.why));
      assert.is(place.read('../noted'), 'it is $(id) `x`\n');
      assert.equal(await fire(place), []);
      const { triggers } = await did(place, 'trigger', 'list');
      const [shown] = triggers as { last: { ok: boolean; run: string } }[];
      assert.is(shown?.last.ok, true);
      assert.is(shown?.last.run, first?.run);
    }));

  test('starts by itself, beside the commit, of plain git and of bit', () =>
    within(async (place) => {
      await did(place, 'trigger', 'on', 'commit', 'note.sh', '--input', 'TEXT=${{ event.subject }}');
      place.git('commit', '-q', '--allow-empty', '-m', 'plain');
      await until(() => existsSync(join(place.root, 'noted')));
      assert.is(place.read('../noted'), 'plain\n');
    }));

  test('narrowed by branch, path and expression is for those alone', () =>
    within(async (place) => {
      const on = ['trigger', 'on', 'commit', 'note.sh'];
      await did(place, ...on, '--name', 'b', '--branch', 'release/*', '--input', 'TEXT=b');
      await did(place, ...on, '--name', 'p', '--path', 'docs/**', '--input', 'TEXT=p');
      await did(place, ...on, '--name', 'i', '--if', "contains(event.subject, '[go]')", '--input', 'TEXT=i');
      place.write('docs/x.md', 'x\n');
      plain(place, 'add', '.');
      plain(place, 'commit', '-q', '-m', 'docs');
      assert.equal(
        (await fire(place)).map(({ trigger }) => trigger),
        ['p'],
      );
      plain(place, 'switch', '-q', '-c', 'release/1');
      plain(place, 'commit', '-q', '--allow-empty', '-m', '[go]');
      assert.equal(
        (await fire(place)).map(({ trigger }) => trigger),
        ['b', 'i'],
      );
    }));

  test('whose own commit would start it again does not', () =>
    within(async (place) => {
      program(place, 'again.sh', 'git commit -q --allow-empty -m again');
      await did(place, 'trigger', 'on', 'commit', 'again.sh');
      plain(place, 'commit', '-q', '--allow-empty', '-m', 'begin');
      const fired = await fire(place);
      assert.equal(
        fired.map(({ result }) => result),
        ['success', 'stopped'],
      );
      assert.match(fired[1]?.why ?? '', 'led to it again');
      assert.is(place.git('rev-list', '--count', 'HEAD'), '4');
    }));

  test('of a chain of triggers stops after five', () =>
    within(async (place) => {
      program(place, 'next.sh', 'git commit -q --allow-empty -m "$NEXT"');
      for (let n = 0; n < 8; n++)
        await did(
          place,
          ...['trigger', 'on', 'commit', 'next.sh', '--name', `t${n}`],
          ...['--if', `event.subject == 's${n}'`, '--input', `NEXT=s${n + 1}`],
        );
      plain(place, 'commit', '-q', '--allow-empty', '-m', 's0');
      const fired = await fire(place);
      assert.is(fired.filter(({ result }) => result === 'success').length, 5);
      assert.match(fired.at(-1)?.why ?? '', '5 triggers led to it');
    }));

  test('that a manual run leads to starts when the run has ended', () =>
    within(async (place) => {
      program(place, 'commit.sh', 'git commit -q --allow-empty -m fromrun');
      await did(place, 'trigger', 'on', 'commit', 'note.sh', '--input', 'TEXT=${{ event.subject }}');
      const run = await place.bit('run', 'commit.sh');
      assert.is(run.code, 0, run.stderr);
      assert.is(place.read('../noted'), 'fromrun\n');
    }));
});

suite('hooks of a trigger', (test) => {
  test('stand beside the hook that is there, which runs on and whose status counts, and go with the last', () =>
    within(async (place) => {
      place.write('.git/hooks/pre-push', '#!/bin/sh\ncat > "$(git rev-parse --git-dir)/seen"\nexit 7\n');
      chmodSync(join(place.dir, '.git/hooks/pre-push'), 0o755);
      const before = place.read('.git/hooks/pre-push');
      place.gitIn(place.root, 'init', '-q', '--bare', 'remote.git');
      await did(place, 'trigger', 'on', 'push', 'note.sh', '--input', 'TEXT=pushed');
      assert.is(plain(place, 'push', '-q', join(place.root, 'remote.git'), 'main').code, 1);
      assert.match(place.read('.git/seen'), 'refs/heads/main');
      assert.equal(await fire(place), [], 'a push that was refused is none');
      await did(place, 'trigger', 'remove', 'push-note');
      assert.is(place.read('.git/hooks/pre-push'), before);
      assert.is(statSync(join(place.dir, '.git/hooks/pre-push')).mode & 0o777, 0o755);
      assert.not.ok(place.exists('.git/hooks/pre-push.before-bit'));
    }));

  test('share a hook with a freeze, in whatever order they come and go', () =>
    within(async (place) => {
      const hook = '.git/hooks/pre-push';
      place.write(hook, '#!/bin/sh\nexit 0\n');
      chmodSync(join(place.dir, hook), 0o755);
      const before = place.read(hook);
      place.gitIn(place.root, 'init', '-q', '--bare', 'remote.git');
      place.git('remote', 'add', 'origin', join(place.root, 'remote.git'));
      place.git('branch', 'topic');
      await did(
        place,
        'trigger',
        'on',
        'push',
        'note.sh',
        '--input',
        'TEXT=${{ event.remote }} ${{ event.branch }}',
      );
      await did(place, 'freeze', 'branch', 'topic');
      assert.is(plain(place, 'push', '-q', 'origin', 'topic').code, 1);
      assert.equal(await fire(place), [], 'what is frozen was not pushed');
      assert.is(plain(place, 'push', '-q', 'origin', 'main').code, 0);
      assert.is((await fire(place)).length, 1);
      assert.is(place.read('../noted'), 'origin main\n');
      await did(place, 'trigger', 'remove', 'push-note');
      assert.is(plain(place, 'push', '-q', 'origin', 'topic').code, 1);
      await did(place, 'freeze', 'branch', 'topic', '--thaw');
      assert.is(place.read(hook), before);
      assert.equal(
        readdirSync(join(place.dir, '.git/hooks')).filter((name) => name.includes('before')),
        [],
      );
    }));

  test('tell of merges and of tags', () =>
    within(async (place) => {
      await did(place, 'trigger', 'on', 'merge', 'note.sh', '--input', 'TEXT=merge ${{ event.branch }}');
      await did(
        place,
        'trigger',
        'on',
        'tag',
        'note.sh',
        '--tag',
        'v*',
        '--input',
        'TEXT=tag ${{ event.tag }}',
      );
      plain(place, 'switch', '-q', '-c', 'topic');
      plain(place, 'commit', '-q', '--allow-empty', '-m', 'x');
      plain(place, 'switch', '-q', 'main');
      plain(place, 'merge', '-q', '--no-ff', '-m', 'm', 'topic');
      plain(place, 'tag', 'other');
      plain(place, 'tag', 'v1');
      plain(place, 'tag', '-d', 'v1');
      assert.equal(
        (await fire(place)).map(({ event }) => event),
        ['merge', 'tag'],
      );
      assert.is(place.read('../noted'), 'merge main\ntag v1\n');
      assert.not.ok(place.exists(HOOK));
    }));

  test('undo takes trigger and hooks back', () =>
    within(async (place) => {
      await did(place, 'trigger', 'on', 'commit', 'note.sh');
      assert.ok(place.exists(HOOK));
      await did(place, 'undo', '--yes');
      assert.not.ok(place.exists(HOOK));
      assert.equal((await did(place, 'trigger', 'list'))['triggers'], []);
    }));
});

suite('a freeze of a workflow', (test) => {
  test('refuses running it, setting a trigger for it, and what a trigger starts', () =>
    within(async (place) => {
      await did(place, 'trigger', 'on', 'commit', 'note.sh', '--input', 'TEXT=x');
      await did(place, 'freeze', 'workflow', 'note');
      assert.is((await place.bit('run', 'note.sh')).code, 3);
      assert.is((await place.bit('trigger', 'on', 'tag', 'note.sh')).code, 3);
      plain(place, 'commit', '-q', '--allow-empty', '-m', 'x');
      const [fired] = await fire(place);
      assert.is(fired?.result, 'stopped');
      assert.match(fired?.why ?? '', 'workflow note is frozen');
      assert.not.ok(place.exists('../noted'));
      await did(place, 'freeze', 'workflow', 'note', '--thaw');
      assert.is((await place.bit('run', 'note.sh')).code, 0);
    }));
});

suite('a freeze of a native workflow', (test) => {
  test('is meant by its name, for whatever would run or change it', () =>
    within(async (place) => {
      place.write('.bithub/workflows/nightly.yml', 'jobs:\n  main:\n    steps:\n      - run: touch ran\n');
      await did(place, 'freeze', 'workflow', 'nightly', '--reason', 'it is broken');
      const refused: readonly (readonly string[])[] = [
        ['run', 'nightly'],
        ['run', '.bithub/workflows/nightly.yml'],
        ['schedule', 'add', 'nightly', '@daily'],
        ['trigger', 'on', 'commit', 'nightly'],
        ['workflow', 'modify', 'nightly', '--set', 'name=x'],
        ['workflow', 'link', 'nightly', 'push'],
        ['workflow', 'delete', 'nightly', '--yes'],
        ['workflow', 'chain', 'nightly', 'nightly'],
      ];
      const codes: string[] = [];
      for (const words of refused) codes.push(`${words.join(' ')}: ${(await place.bit(...words)).code}`);
      assert.equal(
        codes,
        refused.map((words) => `${words.join(' ')}: 3`),
      );
      assert.not.ok(place.exists('ran'));
      await did(place, 'freeze', 'workflow', 'nightly', '--thaw');
      assert.is((await place.bit('run', 'nightly')).code, 0);
      assert.ok(place.exists('ran'));
    }));
});

suite('arguments of a trigger', (test) => {
  test('what makes no sense is refused before anything is set', () =>
    within(async (place) => {
      const refused: readonly (readonly [number, ...string[]])[] = [
        [2, 'on', 'comit', 'note.sh'],
        [4, 'on', 'commit', 'nothing'],
        [2, 'on', 'commit', 'note.sh', '--if', 'event.'],
        [2, 'on', 'commit', 'note.sh', '--if', 'secrets.X'],
        [2, 'on', 'commit', 'note.sh', '--name', '../x'],
        [2, 'on', 'commit', 'note.sh', '--secret', 'X'],
        [2, 'on', 'webhook', 'note.sh'],
        [2, 'on', 'commit', 'note.sh', '--input', 'X=${{ nothing.x }}'],
        [4, 'remove', 'commit-note'],
        [2, 'run'],
      ];
      for (const [code, ...words] of refused) {
        const run = await place.bit('trigger', ...words);
        assert.is(run.code, code, `${words.join(' ')}: ${run.stderr}`);
      }
      assert.not.ok(place.exists('.git/hooks/post-commit'));
      const dry = await place.bit('trigger', 'on', 'commit', 'note.sh', '--dry-run');
      assert.is(dry.code, 0);
      assert.match(dry.stdout, 'post-commit');
      assert.not.ok(place.exists('.git/hooks/post-commit'));
      await did(place, 'trigger', 'on', 'commit', 'note.sh');
      assert.is((await place.bit('trigger', 'on', 'commit', 'note.sh', '--name', 'commit-note')).code, 1);
    }));
});

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 400 && !holds(); turn++) await sleep(50);
}
