import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { BIT_PROGRAM, type World, world } from '../world.ts';

async function within(work: (place: World) => Promise<void>): Promise<void> {
  const place = world();
  try {
    place.start();
    // a bit on PATH, as whoever installed it has one; and npm can't reach anything
    const bin = join(place.root, 'bin', 'bit');
    place.write(bin, `#!/bin/sh\nexec '${process.execPath}' '${BIT_PROGRAM}' "$@"\n`);
    chmodSync(bin, 0o755);
    await work(place);
  } finally {
    place.close();
  }
}

/** `npm run <script>` in a folder below the repository, with no registry to be reached. */
function npmRun(place: World, folder: string, script: string): void {
  const path = [join(place.root, 'bin'), join(process.execPath, '..'), place.env['PATH']].join(':');
  const env = {
    ...place.env,
    PATH: path,
    npm_config_offline: 'true',
    npm_config_registry: 'http://127.0.0.1:9/',
  };
  const run = spawnSync('npm', ['run', script], { cwd: join(place.dir, folder), env, encoding: 'utf8' });
  assert.is(run.status, 0, `${script}: ${run.stdout}${run.stderr}`);
}

async function made(place: World, kind: string, name: string, folder: string): Promise<void> {
  const created = await place.bit('ext', 'create', kind, name);
  assert.is(created.code, 0, created.stderr);
  for (const script of ['build', 'test']) npmRun(place, folder, script);
  const installed = await place.bit('ext', 'install', `./${folder}`, '--yes');
  assert.is(installed.code, 0, installed.stderr);
}

suite('bit ext create', (test) => {
  test('a function builds, tests, installs offline, and is a step of a workflow', () =>
    within(async (place) => {
      await made(place, 'function', 'count-lines', 'count-lines');
      place.write(
        '.bithub/workflows/w.yml',
        `on: manual
jobs:
  one:
    steps:
      - id: count
        uses: plugin:count-lines#count-lines
        with: { files: '*.txt' }
      - run: echo "\${{ steps.count.outputs.lines }} in \${{ steps.count.outputs.files }}"
`,
      );
      const run = await place.bit('run', 'w');
      assert.is(run.code, 0, run.stderr);
      assert.match(run.stdout + run.stderr, '1 in 1');
      assert.match((await place.bit('ext', 'list')).stdout, 'bots: count-lines');
    }));

  test('a macro is read by bit, installs offline, and is a command', () =>
    within(async (place) => {
      await made(place, 'macro', '@acme/start-topic', 'start-topic');
      const run = await place.bit('start-topic', 'login', '--prefix', 'fix');
      assert.is(run.code, 0, run.stderr);
      assert.is(place.git('branch', '--show-current'), 'fix/login');
      assert.is((await place.bit('undo', '--yes')).code, 0);
      assert.is(place.git('branch', '--show-current'), 'main');
    }));

  test('a plugin builds, tests, installs offline: commands, listener, bot, storage, anchor and builtin are there', () =>
    within(async (place) => {
      await made(place, 'plugin', 'marker', 'marker');
      assert.is((await place.bit('marker', 'next', '--by', '3')).stdout, 'mark-3\n');
      const listed = (await place.bit('ext', 'list')).stdout;
      for (const line of ['storage: marker', 'anchors: marker', 'builtins: count-words'])
        assert.match(listed, line);
      await place.bit('listener', 'enable', 'marker.told');
      const run = await place.bit('marker', 'mark');
      assert.is(run.stdout, 'Marked mark-1\n', run.stderr);
      assert.match(run.stderr, 'marker: mark mark-1');
      assert.is((await place.bit('undo', '--yes')).code, 0);
      assert.is(place.git('tag'), '');
    }));

  test('undo takes the files away; a name that is taken, or a folder that holds something, is refused', () =>
    within(async (place) => {
      assert.is((await place.bit('ext', 'create', 'plugin', 'marker', '--into', 'tools/m')).code, 0);
      assert.ok(place.exists('tools/m/package.json'));
      const again = await place.bit('ext', 'create', 'plugin', 'marker', '--into', 'tools/m');
      assert.is(again.code, 1);
      assert.match(again.stderr, 'is there already; nothing was written');
      assert.is((await place.bit('undo', '--yes')).code, 0);
      assert.is(place.exists('tools/m/package.json'), false);
      assert.match((await place.bit('ext', 'create', 'macro', 'commit')).stderr, "bit commit is bit's own");
      assert.is((await place.bit('ext', 'create', 'plugin', '../out')).code, 2);
      assert.is(place.exists('../out'), false);
    }));
});
