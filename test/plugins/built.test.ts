import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type BitRun, type World, world } from '../world.ts';
import { ROOT, writeGreeter } from './fixture.ts';

/** Runs the built program. */
function built(place: World, ...words: string[]): BitRun {
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(ROOT, 'bin', 'run.js'), ...words], {
    cwd: place.dir,
    env: place.env,
    encoding: 'utf8',
  });
  return { stdout, stderr, code: status ?? -1 };
}

suite('plugins of the built program', (test) => {
  test('run in the sandbox and, trusted, in its process; help knows them; nothing shadows', () => {
    const place = world();
    try {
      place.start();
      const installed = built(place, 'plugins', 'install', writeGreeter(place), '--yes');
      assert.is(installed.code, 0, installed.stderr);
      for (const trust of ['distrust', 'trust']) {
        built(place, 'plugins', trust, 'bit-plugin-greet', '--yes');
        const run = built(place, 'greet', 'hello', 'Ada', '--json');
        assert.is(run.code, 0, run.stderr);
        assert.is(run.stderr, '', 'no warning of Node');
        assert.is((JSON.parse(run.stdout) as { text: string }).text, 'hello Ada');
        const marked = built(place, 'greet', 'mark', trust);
        assert.is(marked.stdout, `marked ${trust}\n`, marked.stderr);
        assert.is(built(place, 'undo', '--yes').code, 0);
        const wrong = built(place, 'greet', 'hello', '--lod');
        assert.is(wrong.code, 2, wrong.stdout);
        assert.match(wrong.stderr, '--lod');
      }
      assert.match(built(place, 'greet', 'hello', '--help').stdout, 'Say hello.');
      assert.match(built(place, 'greet').stdout, 'greet mark');
      assert.match(built(place, 'help', 'greet', 'mark').stdout, 'Mark HEAD with a branch.');
      const near = built(place, 'greet', 'helo');
      assert.is(near.code, 4);
      assert.match(near.stderr, 'did you mean: bit greet hello');
    } finally {
      place.close();
    }
  });

  test('the bundled listener speaks where it is on', () => {
    const place = world();
    try {
      place.start();
      assert.is(built(place, 'listener', 'enable', 'magic.lol').code, 0);
      const run = built(place, 'branch', 'new', 'a');
      assert.match(run.stderr, /^\[magic\.lol\] .+\n$/);
      assert.match(run.stdout, 'Made branch a');
    } finally {
      place.close();
    }
  });
});
