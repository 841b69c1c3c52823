import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

interface Place {
  world: World;
}

const mint = async ({ world }: Place, ...caps: string[]): Promise<{ token: string; jti: string }> => {
  const words = caps.flatMap((cap) => ['--cap', cap]);
  const run = await world.bit('token', 'mint', ...words, '--for', 'ci', '--json');
  assert.is(run.code, 0, run.stderr);
  return JSON.parse(run.stdout);
};

/** Runs a command under a token. */
const under = (place: Place, token: string, ...words: string[]) => {
  Object.assign(place.world.env, { BITHUB_TOKEN: token });
  return place.world.bit(...words).finally(() => Object.assign(place.world.env, { BITHUB_TOKEN: '' }));
};

suite<Place>('bit token', (test) => {
  test.before.each((place) => {
    place.world = world();
    place.world.start();
  });
  test.after.each((place) => place.world.close());

  test('under a token an action needs a capability that covers it, and the denial is recorded', async (place) => {
    const { token, jti } = await mint(place, 'repo:commit');
    place.world.write('a.txt', 'two\n');
    const branch = await under(place, token, 'branch', 'new', 'topic');
    assert.is(branch.code, 3);
    assert.match(branch.stderr, new RegExp(`token ${jti} of ci does not carry repo:branch`));
    assert.is(place.world.git('branch', '--list', 'topic'), '');
    const denied = await place.world.bit('ledger', 'list', '--json');
    assert.ok(/"phase":"denied"/.test(denied.stdout), denied.stdout);
    const commit = await under(place, token, 'commit', '-m', 'two', '--stage', '*');
    assert.is(commit.code, 0, commit.stderr);
  });

  test('policies read its claims as input.token', async (place) => {
    place.world.write(
      '.bithub/policies/token.rego',
      'package t\nimport rego.v1\ndeny contains "tokens may not tag" if { input.action == "repo.tag"; input.token.sub == "ci" }\n',
    );
    assert.is((await place.world.bit('policy', 'accept')).code, 0);
    const { token } = await mint(place, '*');
    assert.match((await under(place, token, 'tag', 'new', 'v1')).stderr, /tokens may not tag/);
    assert.is((await place.world.bit('tag', 'new', 'v1')).code, 0);
  });

  test('a revoked or damaged token stops everything; an opaque one says nothing', async (place) => {
    const { token, jti } = await mint(place, '*');
    assert.is((await place.world.bit('token', 'revoke', jti)).code, 0);
    const revoked = await under(place, token, 'tag', 'new', 'v1');
    assert.is(revoked.code, 5);
    assert.match(revoked.stderr, /was revoked/);
    assert.is((await under(place, `${token.slice(0, -6)}AAAAAA`, 'tag', 'new', 'v1')).code, 5);
    assert.is((await under(place, 'ghp_0123456789abcdefghij', 'tag', 'new', 'v1')).code, 0);
  });

  test('rotate gives one of the same claims and takes the old away', async (place) => {
    const { token } = await mint(place, 'repo:*');
    const run = await place.world.bit('token', 'rotate', token, '--json');
    assert.is(run.code, 0, run.stderr);
    const next = JSON.parse(run.stdout);
    assert.equal(next.capabilities, ['repo:*']);
    assert.is((await place.world.bit('token', 'verify', token)).code, 5);
    assert.is((await place.world.bit('token', 'verify', next.token, '--cap', 'repo:tag')).code, 0);
    assert.is((await place.world.bit('token', 'verify', next.token, '--cap', 'gh:sync')).code, 5);
  });

  test('a holder narrows it, and no wider', async (place) => {
    const keys = JSON.parse((await place.world.bit('key', 'new', '--json')).stdout);
    const run = await place.world.bit(
      ...['token', 'mint', '--cap', 'repo:*', '--for', 'ci', '--holder', keys.key.publicKey, '--json'],
    );
    const { token } = JSON.parse(run.stdout);
    const narrow = await place.world.bit(
      'token',
      'attenuate',
      token,
      '--cap',
      'repo:tag',
      '--life',
      '5m',
      '--json',
    );
    assert.is(narrow.code, 0, narrow.stderr);
    const wider = await place.world.bit('token', 'attenuate', token, '--cap', 'gh:sync');
    assert.is(wider.code, 2);
    assert.match(wider.stderr, /does not carry gh:sync/);
    const child = JSON.parse(narrow.stdout).token;
    assert.is((await under(place, child, 'tag', 'new', 'v1')).code, 0);
    assert.is((await under(place, child, 'branch', 'new', 'topic')).code, 3);
    const shown = JSON.parse((await place.world.bit('token', 'inspect', child, '--json')).stdout);
    assert.is(shown.parents.length, 1);
    assert.is(shown.refused, null);
  });

  test('what is no file, or too large a one, is refused before it is read', async (place) => {
    const { dir } = place.world;
    symlinkSync('/dev/zero', join(dir, 'endless.token'));
    mkdirSync(join(dir, 'folder.token'));
    place.world.write('large.token', 'x'.repeat(1024 * 1024));
    for (const [name, said] of [
      ['endless.token', 'is no file'],
      ['folder.token', 'is no file'],
      ['large.token', 'too large'],
    ] as const) {
      if (process.platform === 'win32' && name === 'endless.token') continue;
      const run = await place.world.bit('token', 'verify', name);
      assert.is(run.code, 2, name);
      assert.match(run.stderr, said);
      if (name === 'large.token') continue;
      for (const words of [
        ['ledger', 'verify', name, '--key', 'k+00000000+AA=='],
        ['policy', 'eval', '1', '--input', name],
      ]) {
        const other = await place.world.bit(...words);
        assert.is(other.code, 2, `${words.join(' ')}: ${other.stderr}`);
      }
    }
  });

  test('--output writes it for its owner alone and never over a file', async (place) => {
    const run = await place.world.bit('token', 'mint', '--cap', 'repo:tag', '--for', 'ci', '-o', 'ci.token');
    assert.is(run.code, 0, run.stderr);
    assert.not.match(run.stdout, /eyJ/);
    const file = join(place.world.dir, 'ci.token');
    if (process.platform !== 'win32') assert.is(statSync(file).mode & 0o777, 0o600);
    assert.is((await place.world.bit('token', 'verify', 'ci.token')).code, 0);
    writeFileSync(file, 'mine');
    assert.is(
      (await place.world.bit('token', 'mint', '--cap', 'repo:tag', '--for', 'ci', '-o', 'ci.token')).code,
      1,
    );
    assert.is(place.world.read('ci.token'), 'mine');
  });

  test('no token reaches the ledger or an error', async (place) => {
    const { token } = await mint(place, 'repo:*');
    await place.world.bit('token', 'revoke', token);
    const signature = token.split('.')[2] ?? '';
    const listed = await place.world.bit('ledger', 'list', '--json');
    for (const { entry_sha256: id } of JSON.parse(listed.stdout).entries ?? []) {
      const shown = await place.world.bit('ledger', 'show', id, '--json');
      assert.not.ok(shown.stdout.includes(signature));
    }
    const bad = await place.world.bit('token', 'verify', `${token}x`);
    assert.not.ok(bad.stderr.includes(signature));
  });
});
