import {
  chmodSync,
  existsSync,
  lstatSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { writeGreeter } from '../plugins/fixture.ts';
import { suite } from '../suite.ts';
import { type BitRun, type World, world } from '../world.ts';

interface Outside {
  readonly place: World;
  readonly bit: (...words: string[]) => Promise<BitRun>;
  /** Where listeners and plugins are set. */
  readonly settings: string;
}

/** In a folder that is no repository. */
async function outside(run: (ground: Outside) => Promise<void>): Promise<void> {
  const place = world();
  const bit = (...words: string[]): Promise<BitRun> => place.bitIn(place.root, ...words);
  try {
    await bit('listener', 'enable', 'magic.lol');
    const settings = join(place.env['XDG_CONFIG_HOME'] ?? '', 'bit', 'settings.json');
    assert.ok(existsSync(settings));
    await run({ place, bit, settings });
  } finally {
    place.close();
  }
}

suite('undo outside a repository', (test) => {
  test('takes an installed plugin back, and redo brings it again', () =>
    outside(async ({ place, bit }) => {
      const installed = await bit('plugins', 'install', writeGreeter(place), '--yes');
      assert.is(installed.code, 0, installed.stderr);
      assert.match((await bit('plugins', 'list')).stdout, 'bit-plugin-greet');
      const dry = await bit('undo', '--dry-run');
      assert.match(dry.stdout, 'install plugin bit-plugin-greet');
      const undone = await bit('undo', '--yes');
      assert.is(undone.code, 0, undone.stderr);
      assert.not.match((await bit('plugins', 'list')).stdout, 'bit-plugin-greet');
      const redone = await bit('redo', '--yes');
      assert.is(redone.code, 0, redone.stderr);
      assert.match((await bit('plugins', 'list')).stdout, 'bit-plugin-greet');
      assert.is((await bit('plugins', 'uninstall', 'bit-plugin-greet', '--yes')).code, 0);
      assert.is((await bit('undo', '--yes')).code, 0);
      place.start();
      const hello = await place.bit('greet', 'hello', 'Ada');
      assert.match(hello.stdout, /^hello Ada\n/, hello.stderr);
      const verified = await bit('ledger', 'verify');
      assert.is(verified.code, 0, verified.stderr);
    }));

  test('puts files back byte for byte, with their mode, and takes away what was not there', () =>
    outside(async ({ bit, settings }) => {
      const before = `${readFileSync(settings, 'utf8').trimEnd()}\n \n`;
      writeFileSync(settings, before);
      chmodSync(settings, 0o640);
      assert.is((await bit('listener', 'disable', 'magic.lol')).code, 0);
      assert.is.not(readFileSync(settings, 'utf8'), before);
      assert.is((await bit('undo')).code, 0);
      assert.is(readFileSync(settings, 'utf8'), before);
      assert.is(lstatSync(settings).mode & 0o777, 0o640);
    }));

  test('overwrites nothing that changed since, and says what', () =>
    outside(async ({ place, bit, settings }) => {
      const now = `${readFileSync(settings, 'utf8')} `;
      writeFileSync(settings, now);
      const refused = await bit('undo');
      assert.is(refused.code, 1, refused.stderr);
      assert.match(refused.stderr, `${settings} was changed`);
      assert.is(readFileSync(settings, 'utf8'), now);
      unlinkSync(settings);
      symlinkSync(join(place.root, 'elsewhere'), settings);
      writeFileSync(join(place.root, 'elsewhere'), now.trimEnd());
      assert.is((await bit('undo')).code, 1);
      assert.is(readFileSync(join(place.root, 'elsewhere'), 'utf8'), now.trimEnd());
    }));

  test('says where to go where there is nothing to take back', () =>
    outside(async ({ bit, settings }) => {
      assert.is((await bit('undo')).code, 0);
      assert.not.ok(existsSync(settings));
      const run = await bit('undo');
      assert.is(run.code, 4);
      assert.match(run.stderr, 'from outside a repository');
      assert.match(run.stderr, 'cd to it, then bit undo');
    }));
});
