import { execFileSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';

interface Key {
  readonly publicKey: string;
  readonly fingerprint: string;
  readonly current: boolean;
  readonly openssh: string;
  readonly trusted: boolean | null;
}

async function keys(place: World): Promise<readonly Key[]> {
  return (JSON.parse((await place.bit('key', 'show', '--json')).stdout) as { keys: Key[] }).keys;
}

async function last(
  place: World,
  event: string,
  phase: string,
): Promise<{ actor: string; payload: { result?: Record<string, unknown> } }> {
  const { stdout } = await place.bit(
    'ledger',
    'list',
    '--event',
    event,
    '--phase',
    phase,
    '-n',
    '1',
    '--json',
  );
  const [entry] = (JSON.parse(stdout) as { entries: { entry_sha256: string }[] }).entries;
  return JSON.parse((await place.bit('ledger', 'show', entry?.entry_sha256 ?? '', '--json')).stdout) as never;
}

suite('key', (test) => {
  test('show makes no key', () =>
    within({}, async (place) => {
      assert.equal(await keys(place), []);
      assert.not.ok(place.exists(`${place.root}/data/bit/keys`));
    }));

  test('the first new makes one key, not one for itself and one more', () =>
    within({}, async (place) => {
      await place.bit('key', 'new');
      const [only, ...more] = await keys(place);
      assert.equal(more, []);
      assert.is(only?.current, true);
      assert.is((await last(place, 'KEY_NEW', 'outcome')).payload.result?.['public_key'], only?.publicKey);
    }));

  test('rotate is signed by the old key, names the new one, and the ledger verifies on', () =>
    within({}, async (place) => {
      await place.bit('branch', 'new', 'one');
      const [old] = await keys(place);
      const rotated = await place.bit('key', 'rotate');
      assert.is(rotated.code, 0, rotated.stderr);
      const current = (await keys(place)).find((key) => key.current);
      assert.is.not(current?.publicKey, old?.publicKey);
      for (const phase of ['intent', 'outcome'])
        assert.is((await last(place, 'KEY_ROTATE', phase)).actor, old?.publicKey);
      assert.is(
        (await last(place, 'KEY_ROTATE', 'outcome')).payload.result?.['public_key'],
        current?.publicKey,
      );
      await place.bit('branch', 'new', 'two');
      assert.is((await last(place, 'BRANCH_NEW', 'outcome')).actor, current?.publicKey);
      const verified = await place.bit('ledger', 'verify');
      assert.is(verified.code, 0, verified.stdout);
    }));

  test('rotate can be undone: the old key signs again', () =>
    within({}, async (place) => {
      await place.bit('branch', 'new', 'one');
      const [old] = await keys(place);
      await place.bit('key', 'rotate');
      const undone = await place.bit('undo', '--yes', '--skip-remote');
      assert.is(undone.code, 0, undone.stderr);
      assert.is((await keys(place)).find((key) => key.current)?.publicKey, old?.publicKey);
      assert.is((await place.bit('ledger', 'verify')).code, 0);
    }));

  test('use chooses by fingerprint, public key or first digits, and only a key there is', () =>
    within({}, async (place) => {
      await place.bit('key', 'new');
      await place.bit('key', 'new');
      const [first, second] = await keys(place);
      for (const name of [second?.fingerprint, first?.publicKey, second?.publicKey.slice(8, 20)]) {
        assert.is((await place.bit('key', 'use', name ?? '')).code, 0);
      }
      assert.is((await keys(place)).find((key) => key.current)?.publicKey, second?.publicKey);
      assert.is((await place.bit('key', 'use', 'SHA256:none')).code, 4);
    }));

  test('the dry runs make and change nothing', () =>
    within({}, async (place) => {
      await place.bit('key', 'new');
      const before = await keys(place);
      for (const verb of ['new', 'rotate', 'trust'])
        assert.is((await place.bit('key', verb, '--dry-run')).code, 0);
      assert.equal(await keys(place), before);
      assert.not.ok(place.exists('.bithub'));
    }));

  test('trust adds one line that ssh-keygen reads, keeps every other byte, and undo takes it away', () =>
    within({}, async (place) => {
      await place.bit('key', 'new');
      const [key] = await keys(place);
      place.write('.bithub/keys/allowed_signers', '# ours\n');
      const run = await place.bit('key', 'trust');
      assert.is(run.code, 0, run.stderr);
      const text = place.read('.bithub/keys/allowed_signers');
      assert.ok(text.startsWith('# ours\n'));
      assert.ok(text.includes(key?.openssh.split(' ').slice(0, 2).join(' ') ?? '?'));
      const found = execFileSync(
        'ssh-keygen',
        [
          '-Y',
          'match-principals',
          '-I',
          'ada@example.org',
          '-f',
          `${place.dir}/.bithub/keys/allowed_signers`,
        ],
        { encoding: 'utf8' },
      );
      assert.is(found.trim(), 'ada@example.org');
      assert.match((await place.bit('key', 'trust')).stdout, 'Already there');
      await place.bit('undo', '--yes');
      assert.is(place.read('.bithub/keys/allowed_signers'), '# ours\n');
    }));

  test('trust counts once the policies are accepted', () =>
    within({}, async (place) => {
      await place.bit('key', 'new');
      await place.bit('key', 'trust');
      assert.is((await keys(place))[0]?.trusted, null);
      await place.bit('policy', 'accept');
      assert.is((await keys(place))[0]?.trusted, true);
    }));

  test('trust takes an OpenSSH key or file, and refuses what is none, options and links that leave', () =>
    within({}, async (place) => {
      await place.bit('key', 'new');
      const [key] = await keys(place);
      place.write('id.pub', `${key?.openssh}\n`);
      assert.is((await place.bit('key', 'trust', 'id.pub', '--as', 'a@b')).code, 0);
      assert.is((await place.bit('key', 'trust', key?.openssh ?? '', '--as', 'c@d')).code, 0);
      assert.is((await place.bit('key', 'trust', 'ssh-rsa AAAA', '--as', 'a@b')).code, 2);
      assert.is((await place.bit('key', 'trust', '--as', 'a,b\n* x')).code, 2);
      const { rmSync, symlinkSync } = await import('node:fs');
      rmSync(`${place.dir}/.bithub`, { recursive: true });
      symlinkSync(place.root, `${place.dir}/.bithub`);
      assert.is((await place.bit('key', 'trust', '--as', 'a@b')).code, 7);
    }));
});
