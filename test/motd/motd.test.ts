import { lstatSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { isBitError } from '../../src/kernel/errors.ts';
import { parseMessages } from '../../src/motd/index.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

suite<{ world: World }>('bit motd', (test) => {
  test.before.each((context) => {
    context.world = world();
    context.world.start();
  });
  test.after.each((context) => context.world.close());

  test('adds, shows and rotates, and comes round to the first', async ({ world }) => {
    assert.match((await world.bit('motd')).stdout, 'No message of the day');
    assert.is((await world.bit('motd', 'add', 'first: "quoted" # not a comment')).code, 0);
    const second = await world.bit('motd', 'add', 'second', '--json');
    assert.is(JSON.parse(second.stdout).total, 2);
    assert.is((await world.bit('motd', 'show')).stdout, 'first: "quoted" # not a comment\n');
    assert.is((await world.bit('motd', 'rotate')).code, 0);
    assert.is(JSON.parse((await world.bit('motd', 'show', '--json')).stdout).message.text, 'second');
    await world.bit('motd', 'rotate');
    assert.is((await world.bit('motd')).stdout, 'first: "quoted" # not a comment\n');
  });

  test('keeps the comments and order of the file', async ({ world }) => {
    world.write('.bithub/motd.yml', '# ours\nmessages:\n  - plain # short form\ncurrent: 0\n');
    assert.is((await world.bit('motd', 'add', 'more', '--show')).code, 0);
    assert.match(
      world.read('.bithub/motd.yml'),
      /^# ours\nmessages:\n {2}- plain # short form\n {2}- text: more\n/,
    );
    assert.is((await world.bit('motd')).stdout, 'more\n');
  });

  test('changes nothing under --dry-run', async ({ world }) => {
    const run = await world.bit('motd', 'add', 'hello', '--dry-run');
    assert.is(run.code, 0, run.stderr);
    assert.not.ok(world.exists('.bithub'));
  });

  test('refuses what does not print, is empty or too long', async ({ world }) => {
    for (const text of ['', '  ', 'a\u001b[31mred', 'x'.repeat(501), 'a\u202eb', '\ud800']) {
      assert.is((await world.bit('motd', 'add', '--', text)).code, 2, JSON.stringify(text));
    }
    assert.is((await world.bit('motd', 'rotate')).code, 4);
    assert.not.ok(world.exists('.bithub/motd.yml'));
  });

  test('does not write through a link that leaves the repository', async ({ world }) => {
    mkdirSync(join(world.root, 'outside'));
    symlinkSync(join(world.root, 'outside'), join(world.dir, '.bithub'));
    assert.is((await world.bit('motd', 'add', 'hello')).code, 7);
    assert.not.ok(world.exists(join(world.root, 'outside', 'motd.yml')));
    assert.ok(lstatSync(join(world.dir, '.bithub')).isSymbolicLink());
  });

  test('names the field of a damaged file', async ({ world }) => {
    world.write('.bithub/motd.yml', 'messages:\n  - text: 7\n');
    const run = await world.bit('motd', '--json');
    assert.is(run.code, 7);
    assert.match(JSON.parse(run.stdout).error.message, 'messages[0].text');
  });
});

suite('parseMessages', (test) => {
  test('answers any text with messages or a BitError, never anything else', () => {
    const yaml = fc.oneof(fc.string(), fc.stringMatching(/^[\n \-:a-z[\]{}&*#'"0-9]{0,80}$/), fc.json());
    fc.assert(
      fc.property(yaml, (text) => {
        try {
          const { current, messages } = parseMessages(text);
          return messages.length === 0 ? current === 0 : current < messages.length;
        } catch (error) {
          return isBitError(error, 'integrity');
        }
      }),
      { numRuns: 300 },
    );
  });
});
