import { chmodSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../../suite.ts';
import { world } from '../../world.ts';

suite('a runner that systemd runs', (test) => {
  test('is a unit of the user’s, which starts it in its repository with what was asked', async () => {
    const here = world();
    try {
      here.start();
      here.write('.bit/runner.manifest.yml', 'runner: { id: aln://runner/a }\n');
      const asked = ['runner', 'start', '--install', 'systemd', '--profile', 'vsc-amd64', '--json'];
      const missing = await here.bit(...asked);
      const bin = join(here.root, 'bin');
      mkdirSync(bin);
      here.write(join(bin, 'bit'), '#!/bin/sh\n');
      chmodSync(join(bin, 'bit'), 0o755);
      const env = here.env as Record<string, string>;
      const before = env['PATH'] ?? '';
      if (missing.code !== 0) assert.match(missing.stdout + missing.stderr, 'no bit on the PATH');
      env['PATH'] = `${bin}:${before}`;
      const done = await here.bit(...asked);
      assert.is(done.code, 0, done.stderr);
      const { unit, next } = JSON.parse(done.stdout) as { unit: string; next: string };
      assert.match(unit, /systemd\/user\/bit-runner-[0-9a-f]{12}\.service$/);
      assert.is(next, `systemctl --user enable --now ${unit.split('/').at(-1)}`);
      const text = here.read(unit);
      const line = (key: string): string | undefined => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1];
      assert.is(line('WorkingDirectory'), here.dir);
      assert.is(line('ExecStart'), `"${join(bin, 'bit')}" runner start "--profile" "vsc-amd64"`);
      // the first SIGTERM is the runner's alone, and its jobs have time to end
      assert.is(line('KillMode'), 'mixed');
      assert.is(line('TimeoutStopSec'), '1h');
      assert.is(line('Restart'), 'on-failure');
      // it makes control groups for its jobs
      assert.is(line('Delegate'), 'yes');
      // once more is the same file
      assert.is((await here.bit(...asked)).code, 0);
      assert.is(readdirSync(join(unit, '..')).length, 1);
    } finally {
      here.close();
    }
  });
});
