import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { BuildResult } from '../../src/build/index.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

const KNOWN = '.git/bit/build/settled';

/** Two packages; `empty` holds nothing that git lists, `skipped` is ignored. */
function workspace(env: Record<string, string> = {}): World {
  const place = world({ env });
  place.start();
  place.write('.gitignore', 'dist\nskipped\n*.tmp\n');
  place.write('package.json', '{"name":"root","private":true,"workspaces":["packages/*"]}');
  for (const name of ['a', 'b']) {
    const build = 'mkdir -p dist && cat src/* > dist/out';
    place.write(`packages/${name}/package.json`, JSON.stringify({ name, scripts: { build } }));
    place.write(`packages/${name}/src/one.txt`, `${name}\n`);
  }
  place.write('packages/a/empty/x.tmp', '');
  place.write('packages/a/skipped/x', '');
  place.git('add', '.');
  place.git('commit', '-q', '-m', 'packages');
  return place;
}

/** The states of the targets, and whether git was asked for anything. */
async function build(place: World, ...words: string[]): Promise<{ states: string; asked: boolean }> {
  const { stdout, stderr, code } = await place.bit('build', ...words, '--json', '--show-git');
  assert.is(code, 0, stderr);
  const { targets } = JSON.parse(stdout) as BuildResult;
  return {
    states: targets.map(({ id, state }) => `${id} ${state}`).join(', '),
    asked: stderr.includes('+ git'),
  };
}

async function settled(place: World): Promise<void> {
  for (let left = 60; left > 0; left--) {
    await build(place);
    if (place.exists(KNOWN) && !(await build(place)).asked) return;
    await wait(30);
  }
  throw new Error('it never settled');
}

type Change = readonly [name: string, change: (place: World) => void, states: string];
const SAME = 'a unchanged, b unchanged';

const CHANGES: readonly Change[] = [
  ['a file of the same size and times', sameTimes, 'a ran, b unchanged'],
  ['a new file', (place) => place.write('packages/b/src/two.txt', 'b\n'), 'a unchanged, b ran'],
  [
    'a file in a folder that held none',
    (place) => place.write('packages/a/empty/y', ''),
    'a ran, b unchanged',
  ],
  [
    'a file taken away',
    (place) => rmSync(join(place.dir, 'packages/b/src/one.txt')),
    'a unchanged, b failed',
  ],
  ['a mode', (place) => chmodSync(join(place.dir, 'packages/a/src/one.txt'), 0o755), 'a ran, b unchanged'],
  ['what is left', (place) => place.write('packages/a/dist/out', 'x\n'), 'a restored, b unchanged'],
  [
    'what is left taken away',
    (place) => rmSync(join(place.dir, 'packages/b/dist/out')),
    'a unchanged, b restored',
  ],
  ['what is ignored', (place) => place.write('.gitignore', 'dist\nskipped\n'), 'a ran, b unchanged'],
  ['a pattern of this clone', (place) => place.write('.git/info/exclude', 'one.txt\n'), SAME],
  ['a pattern of this person', (place) => place.write(join(place.root, 'config/git/ignore'), 'x\n'), SAME],
  ['a setting', (place) => place.git('config', 'core.excludesFile', join(place.root, 'mine')), SAME],
  ['the index', (place) => place.git('rm', '-q', '--cached', 'packages/a/src/one.txt'), SAME],
  [
    'the specification',
    (place) => place.write('.bithub.yml', 'build:\n  targets: { s: { command: "true" } }\n'),
    's ran',
  ],
];

function sameTimes(place: World): void {
  const path = join(place.dir, 'packages/a/src/one.txt');
  const { atime, mtime } = statSync(path);
  writeFileSync(path, 'A\n');
  utimesSync(path, atime, mtime);
}

suite('a build that found nothing to do', (test) => {
  test('is known again without git, until anything it hangs on changes', async () => {
    for (const [name, change, states] of CHANGES) {
      const place = workspace();
      try {
        await settled(place);
        place.write('packages/a/skipped/y', 'nobody reads what is ignored\n');
        assert.equal(await build(place), { states: SAME, asked: false }, name);
        change(place);
        if (states.includes('failed')) {
          assert.is((await place.bit('build')).code, 1, name);
          continue;
        }
        assert.equal(await build(place), { states, asked: true }, name);
      } finally {
        place.close();
      }
    }
  });

  test('is looked at anew for another selection, another way of building, other variables and other tools', async () => {
    const place = workspace();
    try {
      await settled(place);
      assert.is((await build(place, '--target', 'a')).asked, true);
      await settled(place);
      for (const words of [['full'], ['partial'], ['--no-cache'], ['--logs', 'full']])
        assert.is((await build(place, ...words)).asked, true, words.join(' '));
      await settled(place);
      const other = { ...place.env, NODE_ENV: 'production' };
      Object.assign(place.env, other);
      assert.equal(await build(place), { states: 'a ran, b ran', asked: true });
      await settled(place);
      assert.not.match(readFileSync(join(place.dir, KNOWN), 'latin1'), 'production');
      const bin = join(place.root, 'bin');
      mkdirSync(bin);
      writeFileSync(join(bin, 'node'), '#!/bin/sh\necho v99\n', { mode: 0o755 });
      Object.assign(place.env, { PATH: `${bin}:${place.env['PATH']}` });
      assert.equal(await build(place), { states: 'a ran, b ran', asked: true });
    } finally {
      place.close();
    }
  });

  test('is not kept by a dry run, nor with a git that was pointed elsewhere', async () => {
    const place = workspace();
    try {
      await settled(place);
      rmSync(join(place.dir, KNOWN));
      await build(place, '--dry-run');
      assert.not.ok(place.exists(KNOWN));
      Object.assign(place.env, { GIT_CONFIG_COUNT: '0' });
      await build(place);
      assert.not.ok(place.exists(KNOWN));
    } finally {
      place.close();
    }
  });

  test('is forgotten where the file that remembers it is cut or no such file', async () => {
    const place = workspace();
    try {
      await settled(place);
      const whole = readFileSync(join(place.dir, KNOWN));
      for (const bytes of [
        whole.subarray(0, 3),
        whole.subarray(0, 100),
        whole.subarray(0, whole.length - 8),
        Buffer.concat([whole, Buffer.alloc(8)]),
        Buffer.alloc(whole.length),
        Buffer.from('\u0010\0\0\0{"v":1,"tools":7'),
      ]) {
        writeFileSync(join(place.dir, KNOWN), bytes);
        assert.equal(await build(place), { states: SAME, asked: true });
      }
    } finally {
      place.close();
    }
  });
});
