import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { type BitError, isBitError } from '../../src/kernel/errors.ts';
import { openKeys, verifySignature } from '../../src/keys/index.ts';
import { requireService, suite } from '../suite.ts';
import { inTemporary, refusal } from './fixture.ts';

const FIRST_USE = fileURLToPath(new URL('first-use.ts', import.meta.url));
const FILE = { BIT_KEYSTORE: 'file' } as const;
const message = Buffer.from('message');

function run(args: readonly string[], env: Record<string, string>): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      env: { PATH: process.env.PATH ?? '', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    child.on('close', () => resolve(output.trim()));
  });
}

function pemIn(directory: string): string {
  const name = readdirSync(directory).find((entry) => entry.endsWith('.pem'));
  return join(directory, name ?? 'none');
}

suite('key ring', (test) => {
  test('makes a key at first use, says that its file is unencrypted, and signs with it from then on', () =>
    inTemporary(async (root) => {
      const directory = join(root, 'keys');
      const notices: string[] = [];
      const open = () => openKeys({ directory, env: FILE, notice: (line) => notices.push(line) });
      assert.equal(await open().list(), []);
      assert.equal(readdirSync(root), []);
      const signer = await open().signer();
      const again = await open().signer();
      assert.is(again.publicKey, signer.publicKey);
      assert.ok(verifySignature(signer.publicKey, message, again.sign(message)));
      assert.not(verifySignature(signer.publicKey, Buffer.from('other'), again.sign(message)));
      assert.is(notices.length, 1);
      assert.match(notices[0] ?? '', /unencrypted/);
      assert.is(statSync(directory).mode & 0o777, 0o700);
      for (const name of readdirSync(directory))
        assert.is(statSync(join(directory, name)).mode & 0o077, 0, name);
      const [info] = await open().list();
      assert.is(info?.place, 'unencrypted-file');
      assert.ok(info?.current);
    }));

  test('processes that come first together end with the same one key', () =>
    inTemporary(async (directory) => {
      const runs = await Promise.all(Array.from({ length: 6 }, () => run([FIRST_USE, directory], FILE)));
      assert.is(new Set(runs).size, 1, runs.join('\n'));
      assert.is((await openKeys({ directory, env: FILE }).list()).length, 1);
      assert.is(readdirSync(directory).length, 3);
    }));

  test('does not load keytar for a key in a file', () =>
    inTemporary(async (directory) => {
      await run([FIRST_USE, directory], FILE);
      assert.match(await run([FIRST_USE, directory], {}), / false$/);
    }));

  test('rotates, chooses and lists keys', () =>
    inTemporary(async (directory) => {
      const keys = openKeys({ directory, env: FILE });
      const first = await keys.signer();
      const second = await keys.rotate();
      assert.is((await keys.signer()).publicKey, second.publicKey);
      const third = await keys.create({ comment: 'spare' });
      assert.not(third.current);
      assert.match(third.openssh, / spare$/);
      assert.is((await keys.signer()).publicKey, second.publicKey);
      const list = await keys.list();
      assert.equal(
        list.map((info) => info.current),
        [false, true, false],
      );
      assert.is(list[0]?.publicKey, first.publicKey);
      await keys.use(list[0]?.fingerprint ?? '');
      assert.is((await keys.signer()).publicKey, first.publicKey);
      await keys.use(third.publicKey.slice(8, 20));
      assert.is((await openKeys({ directory, env: FILE }).signer()).publicKey, third.publicKey);
      assert.ok(isBitError(await refusal(() => keys.use('SHA256:none')), 'not-found'));
      assert.ok(isBitError(await refusal(() => keys.use('')), 'not-found'));
    }));

  test('encrypts with the passphrase of a file, and needs it again', () =>
    inTemporary(async (root) => {
      const directory = join(root, 'keys');
      const file = join(root, 'passphrase');
      writeFileSync(file, 'correct horse\n');
      const env = { ...FILE, BIT_PASSPHRASE_FILE: file };
      const signer = await openKeys({ directory, env }).signer();
      assert.match(readFileSync(pemIn(directory), 'utf8'), 'BEGIN ENCRYPTED PRIVATE KEY');
      assert.is((await openKeys({ directory, env }).signer()).publicKey, signer.publicKey);
      assert.is((await openKeys({ directory, env }).list())[0]?.place, 'encrypted-file');
      const alone = await refusal(() => openKeys({ directory, env: FILE }).signer());
      assert.ok(isBitError(alone, 'auth'));
      writeFileSync(file, 'battery staple\n');
      const wrong = await refusal(() => openKeys({ directory, env }).signer());
      assert.ok(isBitError(wrong, 'auth'));
      assert.not.match(JSON.stringify(wrong), 'battery');
      writeFileSync(file, '\n');
      assert.ok(isBitError(await refusal(() => openKeys({ directory, env }).signer()), 'usage'));
      const gone = await refusal(() =>
        openKeys({ directory, env: { BIT_PASSPHRASE_FILE: join(root, 'no') } }).signer(),
      );
      assert.ok(isBitError(gone, 'io'));
    }));

  test('asks for a new passphrase until it is typed twice alike, and three times for a known one', () =>
    inTemporary(async (directory) => {
      const answering = (answers: string[]) =>
        openKeys({ directory, env: FILE, ask: async () => answers.shift() ?? 'x' });
      const { publicKey } = await answering(['one', 'two', 'same', 'same']).signer();
      assert.is((await answering(['wrong', 'same']).signer()).publicKey, publicKey);
      assert.ok(isBitError(await refusal(() => answering(['a', 'b', 'c', 'same']).signer()), 'auth'));
    }));

  test('refuses a private key that others can read, that is a link, or that is another one', () =>
    inTemporary(async (directory) => {
      const keys = () => openKeys({ directory, env: FILE });
      await keys().signer();
      const path = pemIn(directory);
      for (const mode of [0o640, 0o604, 0o660]) {
        chmodSync(path, mode);
        const refused = await refusal(() => keys().signer());
        assert.ok(isBitError(refused, 'auth'), String(refused));
        assert.match((refused as BitError).hint ?? '', 'chmod 600');
      }
      chmodSync(path, 0o600);
      await keys().rotate();
      const other =
        readdirSync(directory)
          .map((name) => join(directory, name))
          .filter((name) => name.endsWith('.pem') && name !== path)[0] ?? '';
      renameSync(path, `${path}.kept`);
      symlinkSync(`${path}.kept`, path);
      await keys().use(path.slice(-68, -4));
      assert.ok(isBitError(await refusal(() => keys().signer()), 'auth'));
      renameSync(other, path);
      assert.ok(isBitError(await refusal(() => keys().signer()), 'integrity'));
      writeFileSync(path, 'no key', { mode: 0o600 });
      assert.ok(isBitError(await refusal(() => keys().signer()), 'integrity'));
    }));

  test('names a damaged public part and a private key that is gone', () =>
    inTemporary(async (directory) => {
      const keys = () => openKeys({ directory, env: FILE });
      const { publicKey } = await keys().signer();
      const json = join(directory, `${publicKey.slice(8)}.json`);
      const intact = readFileSync(json, 'utf8');
      for (const text of [
        '',
        '{',
        '[]',
        intact.replace('"v":1', '"v":2'),
        intact.replace('ed25519:', 'ed25519:00'),
      ]) {
        writeFileSync(json, text);
        assert.ok(isBitError(await refusal(() => keys().signer()), 'integrity'), text);
      }
      writeFileSync(json, intact);
      renameSync(pemIn(directory), join(directory, 'away'));
      assert.ok(isBitError(await refusal(() => keys().signer()), 'not-found'));
      writeFileSync(join(directory, 'current'), '../../etc/passwd\n');
      assert.ok(isBitError(await refusal(() => keys().signer()), 'integrity'));
    }));

  test('takes a key from BIT_SIGNING_KEY and stores nothing of it', () =>
    inTemporary(async (root) => {
      await openKeys({ directory: join(root, 'a'), env: FILE }).signer();
      const pem = readFileSync(pemIn(join(root, 'a')), 'utf8');
      const directory = join(root, 'b');
      const signer = await openKeys({ directory, env: { BIT_SIGNING_KEY: pem } }).signer();
      assert.is(signer.publicKey.slice(8), pemIn(join(root, 'a')).slice(-68, -4));
      assert.equal(readdirSync(root), ['a']);
      const refused = await refusal(() =>
        openKeys({ directory, env: { BIT_SIGNING_KEY: 'hunter2' } }).signer(),
      );
      assert.ok(isBitError(refused, 'auth'));
      assert.not.match(`${String(refused)}${JSON.stringify(refused)}`, 'hunter2');
    }));

  test('falls back to a file with a notice where the key store fails, and not where it was asked for by name', () =>
    inTemporary(async (directory) => {
      if (process.platform !== 'linux') return;
      const notices: string[] = [];
      const env = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' };
      const script = `
        import { openKeys } from '${new URL('../../src/keys/index.ts', import.meta.url).href}';
        const open = (env) => openKeys({ directory: ${JSON.stringify(directory)}, env, notice: console.log });
        await open({ ...process.env, BIT_KEYSTORE: 'os' }).signer().catch((error) => console.log(error.code));
        await open(process.env).signer();`;
      notices.push(...(await run(['--input-type=module', '-e', script], env)).split('\n'));
      assert.is(notices[0], 'missing-tool');
      assert.match(notices[1] ?? '', /key store cannot be used/);
      assert.match(notices[2] ?? '', /unencrypted file/);
    }));

  test('keeps the private key in a real key ring, and no file of it', () =>
    inTemporary(async (home) => {
      const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
      const present = has('dbus-run-session') && has('gnome-keyring-daemon');
      if (!requireService('gnome-keyring with dbus-run-session', present)) return;
      const directory = join(home, 'keys');
      const command = `printf secret | gnome-keyring-daemon --unlock --components=secrets >/dev/null &&
        for i in $(seq 50); do
          dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets |
            grep -q 'boolean true' && break; sleep 0.1; done;
        "$0" --disable-warning=ExperimentalWarning "$1" "$2" && "$0" --disable-warning=ExperimentalWarning "$1" "$2"`;
      const { stdout, stderr } = spawnSync(
        'dbus-run-session',
        ['--', 'sh', '-c', command, process.execPath, FIRST_USE, directory],
        { env: { PATH: process.env.PATH ?? '', HOME: home, BIT_KEYSTORE: 'os' }, encoding: 'utf8' },
      );
      const [first, second] = stdout.trim().split('\n');
      assert.ok(first?.startsWith('ed25519:'), stderr);
      assert.is(second?.split(' ')[0], first?.split(' ')[0]);
      assert.equal(
        readdirSync(directory).filter((name) => name.endsWith('.pem')),
        [],
      );
    }));
});
