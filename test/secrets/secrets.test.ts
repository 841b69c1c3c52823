import { statSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { maskRemembered, maskSecrets, rememberSecret } from '../../src/kernel/secrets.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

const VALUE = 'correct horse battery';

suite<{ world: World }>('bit secret', (test) => {
  test.before.each((context) => {
    context.world = world();
    context.world.start();
  });
  test.after.each((context) => context.world.close());

  const set = (place: World, name: string, ...flags: string[]) =>
    place.bitWith({ input: `${VALUE}\n` }, 'secret', 'set', name, ...flags);

  test('keeps a value that nothing prints, lists or records', async ({ world }) => {
    const run = await set(world, 'NPM_TOKEN', '--json');
    assert.is(run.code, 0, run.stderr);
    assert.is(JSON.parse(run.stdout).place, 'unencrypted-file');
    const file = join(world.dir, '.git/bit/secrets/NPM_TOKEN.secret');
    assert.is(world.read('.git/bit/secrets/NPM_TOKEN.secret'), VALUE);
    if (process.platform !== 'win32') assert.is(statSync(file).mode & 0o777, 0o600);
    const listed = await world.bit('secret', 'list', '--json');
    assert.is(JSON.parse(listed.stdout).secrets[0].name, 'NPM_TOKEN');
    const log = await world.bit('log', 'audit', '--json');
    for (const text of [run.stdout, run.stderr, listed.stdout, log.stdout])
      assert.not.ok(text.includes(VALUE));
    assert.is(world.git('status', '--porcelain'), '');
  });

  test('a passphrase makes it an age file, which only that opens', async ({ world }) => {
    world.write('pass', 'open sesame\n');
    Object.assign(world.env, { BIT_PASSPHRASE_FILE: join(world.dir, 'pass') });
    const run = await set(world, 'DEPLOY_KEY', '--json');
    assert.is(JSON.parse(run.stdout).place, 'encrypted-file', run.stderr);
    const file = world.read('.git/bit/secrets/DEPLOY_KEY.age');
    assert.ok(file.startsWith('age-encryption.org/v1\n-> scrypt '));
    assert.not.ok(file.includes(VALUE));
  });

  test('the user’s and the repository’s stand side by side, and go one by one', async ({ world }) => {
    await set(world, 'A');
    await set(world, 'A', '--user');
    const scopes = async () =>
      JSON.parse((await world.bit('secret', '--json')).stdout).secrets.map(
        (info: { scope: string }) => info.scope,
      );
    assert.equal(await scopes(), ['repository', 'user']);
    assert.is((await world.bit('secret', 'remove', 'A', '--yes')).code, 0);
    assert.equal(await scopes(), ['user']);
    assert.is((await world.bit('secret', 'remove', 'A', '--yes')).code, 4);
  });

  test('bad names, no value, a name that differs in case: refused, and nothing kept', async ({ world }) => {
    for (const name of ['a-b', '../x', '1A', 'A\nB', 'A'.repeat(200)])
      assert.is((await set(world, name)).code, 2, name);
    assert.is((await world.bitWith({ input: '' }, 'secret', 'set', 'A')).code, 2);
    await set(world, 'TOKEN');
    assert.is((await set(world, 'Token')).code, 1);
    assert.is(JSON.parse((await world.bit('secret', '--json')).stdout).secrets.length, 1);
  });

  test('undo says what it can’t take back', async ({ world }) => {
    await set(world, 'A');
    const run = await world.bit('undo');
    assert.is(run.code, 1);
    assert.match(run.stderr, /value of secret A/);
  });
});

suite('masking of remembered values', (test) => {
  test('covers JSON, URL, base64 and every line', () => {
    const secret = 'p"ss wörd\nsecond line';
    rememberSecret(secret);
    const forms = [
      secret,
      JSON.stringify(secret),
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
      'xx second line yy',
    ];
    for (const form of forms) {
      assert.not.match(maskRemembered(form), /ss w|second line|%22ss/);
      assert.match(maskSecrets(form), /\*\*\*/);
    }
  });

  test('one value inside another leaves no rest', () => {
    rememberSecret('inner-value');
    rememberSecret('long-inner-value-long');
    assert.is(maskRemembered('a long-inner-value-long b'), 'a *** b');
  });
});
