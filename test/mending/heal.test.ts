import { accessSync, chmodSync, constants, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { HealResult } from '../../src/mending/index.ts';
import { sandboxFault } from '../../src/workflow/index.ts';
import { suite } from '../suite.ts';
import type { World } from '../world.ts';
import { broken, steps } from './broken.ts';

async function heal(
  place: World,
  ...words: readonly string[]
): Promise<HealResult & { readonly code: number }> {
  const { code, stdout, stderr } = await place.bit('bot', 'selfheal', ...words, '--json');
  assert.match(stdout, /^\{/, stderr);
  return { ...(JSON.parse(stdout) as HealResult), code };
}

const told = ({ healed }: HealResult) => healed.map(({ scope, state }) => `${scope} ${state}`);

suite('bit bot selfheal', (test) => {
  if (process.platform !== 'linux') return;

  test('heals locks, hooks, schedules and runs, and says what it did', async () => {
    const place = await broken({
      files: {
        '.bithub/workflows/ci.yml': steps('./build.sh'),
        '.bithub/workflows/night.yml': steps('echo night'),
        'build.sh': '#!/bin/sh\n',
      },
    });
    try {
      await place.bit('schedule', 'add', 'night', '0 3 * * *');
      rmSync(join(place.dir, '.bithub/workflows/night.yml'));
      const lock = join(place.dir, '.git', 'index.lock');
      place.write(lock, '');
      utimesSync(lock, 1, 1);
      const hook = join(place.dir, '.git', 'hooks', 'pre-commit');
      place.write(hook, '#!/bin/sh\n');
      chmodSync(hook, 0o644);

      const dry = await place.bit('bot', 'selfheal', '--dry-run');
      assert.is(dry.code, 0, dry.stderr);
      assert.match(dry.stdout, /index\.lock is held by no git process: remove it/);
      assert.match(dry.stdout, /schedule \S+ runs \S*night\S*, and there is no such workflow/);
      assert.ok(place.exists('.git/index.lock'), 'nothing was done');

      const out = await heal(place);
      const runs = sandboxFault() === undefined ? 'runs healed' : 'runs left';
      assert.equal(
        told(out),
        ['locks healed', 'hooks healed', 'schedules healed', runs],
        JSON.stringify(out),
      );
      assert.not.ok(place.exists('.git/index.lock'));
      accessSync(hook, constants.X_OK);
      assert.equal(JSON.parse((await place.bit('schedule', 'show', '--json')).stdout).schedules, []);
      if (sandboxFault() !== undefined) return;
      assert.match(place.git('branch', '--list', 'fix/*'), /fix\/lost-run-bit-[0-9a-f]{8}/);
      assert.is(place.git('rev-parse', '--abbrev-ref', 'HEAD'), 'main');

      const again = await heal(place);
      assert.equal(told(again), ['runs left'], 'the branch holds it already, and no second one is made');
      assert.match(again.healed[0]?.did ?? '', /holds it already$/);
    } finally {
      place.close();
    }
  });

  test('what no process keeps is said, with what to do; what is whole is left alone', async () => {
    const place = await broken({
      files: { '.bithub/workflows/night.yml': steps('echo night') },
      workflow: 'night',
    });
    try {
      assert.equal((await heal(place)).healed, []);
      await place.bit('schedule', 'add', 'night', '0 3 * * *');
      const out = await heal(place, 'schedules');
      assert.equal(told(out), ['schedules left']);
      assert.match(out.healed[0]?.did ?? '', /bit schedule run/);
      assert.is((await place.bit('bot', 'selfheal', 'nothing-such')).code, 2);
    } finally {
      place.close();
    }
  });
});
