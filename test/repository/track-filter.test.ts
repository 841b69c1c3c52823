import { spawn } from 'node:child_process';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { BIT_PROGRAM, type World, world } from '../world.ts';
import { digestOf } from './digest.ts';

suite<{ world: World }>('bit track filter', (test) => {
  test.before.each((context) => {
    context.world = world();
    context.world.start();
  });
  test.after.each((context) => context.world.close());

  const packet = (text: string): string => (text.length + 4).toString(16).padStart(4, '0') + text;

  test('speaks git’s protocol over its own streams and prints nothing else', async ({ world }) => {
    const child = spawn(process.execPath, [BIT_PROGRAM, 'track', 'filter'], {
      cwd: world.dir,
      env: world.env,
    });
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    child.stdin.write(`${packet('git-filter-client\n')}${packet('version=2\n')}0000`);
    child.stdin.end(`${packet('capability=clean\n')}${packet('capability=smudge\n')}0000`);
    assert.is(await ended, 0);
    const hello = `${packet('git-filter-server\n')}${packet('version=2\n')}0000`;
    assert.is(said, `${hello}${packet('capability=clean\n')}${packet('capability=smudge\n')}0000`);
  });

  test('is a query: with nothing to turn it changes nothing, and has no JSON', async ({ world }) => {
    const before = digestOf(world.root);
    assert.equal(await world.bit('track', 'filter'), { stdout: '', stderr: '', code: 0 });
    assert.is(digestOf(world.root), before);
    assert.is((await world.bit('track', 'filter', '--json')).code, 2);
  });
});
