import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { isBitError } from '../../src/kernel/errors.ts';
import { pinnedController } from '../../src/mesh/channel/index.ts';
import {
  dialWs,
  endPointOf,
  filePins,
  keepCertificate,
  listenWs,
  makeCertificate,
  memoryPins,
} from '../../src/mesh/transport/index.ts';
import { suite } from '../suite.ts';
import { ground, newSigner, until } from './ground.ts';

const NAMES = ['localhost', '127.0.0.1', '::1', 'fe80::1%eth0', 'host.local'];

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'taken';
  } catch (error) {
    return isBitError(error) ? error.code : String(error);
  }
}

suite('a certificate of its own', (test) => {
  test('is one that others read: names, times, key', () => {
    const now = new Date('2026-11-21T12:00:00Z');
    const certificate = new X509Certificate(makeCertificate({ names: NAMES, now }).cert);
    assert.ok(certificate.verify(certificate.publicKey));
    assert.is(certificate.checkHost('host.local'), 'host.local');
    assert.is(certificate.checkIP('::1'), '::1');
    assert.is(certificate.checkIP('fe80::1'), 'fe80::1');
    assert.is(certificate.checkHost('other'), undefined);
    assert.ok(certificate.validFromDate < now);
    assert.is(certificate.ca, false);
    const late = new X509Certificate(
      makeCertificate({ names: [], now: new Date('2055-01-01T00:00:00Z') }).cert,
    );
    assert.is(late.validToDate.getUTCFullYear(), 2057);
  });

  test('is kept; made anew for other names or when it ends, with the same key', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bit-tls-'));
    const now = new Date('2026-11-21T12:00:00Z');
    const first = keepCertificate(folder, { names: ['a.local'], now });
    assert.equal(keepCertificate(folder, { names: ['a.local'], now }), first);
    const later = new Date(now.getTime() + 800 * 86_400_000);
    for (const other of [
      keepCertificate(folder, { names: ['a.local', '10.0.0.1'], now }),
      keepCertificate(folder, { names: ['a.local'], now: later }),
    ]) {
      assert.is(other.key, first.key);
      assert.is.not(endPointOf(other.cert), endPointOf(first.cert));
    }
    writeFileSync(join(folder, 'tls.pem'), 'damaged');
    assert.is.not(keepCertificate(folder, { names: ['a.local'], now }).key, first.key);
    rmSync(folder, { recursive: true });
  });
});

suite('dialling', (test) => {
  const options = { required: false, mode: 'self-signed-ok', most: 1_000_000 } as const;

  test('pins what is signed by itself at first use, and refuses another', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bit-pins-'));
    const pins = filePins(join(folder, 'known_meshes'));
    const now = new Date();
    const start = (cert = makeCertificate({ names: ['localhost'], now }), port = 0) =>
      listenWs({
        host: '127.0.0.1',
        port,
        most: 1000,
        tls: cert,
        connection: (one) => one.receive(() => undefined),
      });
    const first = await start();
    const dialer = dialWs({ ...options, pins });
    const connection = await dialer.dial(first.address);
    assert.is(connection.remote.endPoint, first.endPoint);
    connection.close();
    await connection.closed;
    (await dialer.dial(first.address)).close();
    await first.close();
    const second = await start(undefined, first.port);
    assert.is(await codeOf(dialer.dial(second.address)), 'integrity');
    await second.close();
    rmSync(folder, { recursive: true });
  });

  test('under strict-ca takes what an authority signed for that very name, and nothing else', async () => {
    const tls = makeCertificate({ names: ['localhost'], now: new Date() });
    const there = await listenWs({
      host: '127.0.0.1',
      port: 0,
      most: 1000,
      tls,
      connection: (one) => one.receive(() => undefined),
    });
    const strict = { ...options, mode: 'strict-ca', pins: memoryPins() } as const;
    const named = there.address.replace('127.0.0.1', 'localhost');
    assert.is(await codeOf(dialWs(strict).dial(named)), 'auth');
    assert.is(await codeOf(dialWs({ ...strict, ca: tls.cert }).dial(there.address)), 'auth');
    const connection = await dialWs({ ...strict, ca: tls.cert }).dial(named);
    assert.ok(connection.open);
    connection.close();
    await there.close();
  });

  test('says what is wrong with an address', async () => {
    const dialer = dialWs({ ...options, required: true, pins: memoryPins() });
    assert.is(await codeOf(dialer.dial('ws://localhost:1')), 'usage');
    assert.is(await codeOf(dialer.dial('http://localhost:1')), 'usage');
    assert.is(await codeOf(dialer.dial('nowhere')), 'usage');
    assert.is(await codeOf(dialer.dial('wss://127.0.0.1:1')), 'remote');
    assert.is(await codeOf(dialer.dial('wss://127.0.0.1:1', AbortSignal.abort())), 'cancelled');
  });

  test('gives up on who takes the connection and says nothing', async () => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as { port: number };
    const dialer = dialWs({ ...options, pins: memoryPins(), patience_ms: 200 });
    assert.is(await codeOf(dialer.dial(`ws://127.0.0.1:${port}`)), 'remote');
    assert.is(await codeOf(dialer.dial(`wss://127.0.0.1:${port}`)), 'remote');
    for (const socket of sockets) socket.destroy();
    mute.close();
  });

  test('what is taken is named', async () => {
    const there = await ground();
    const again = { host: '127.0.0.1', port: there.listener.port, most: 1000, connection: () => undefined };
    assert.is(await codeOf(listenWs(again)), 'conflict');
    await there.end();
  });
});

suite('pins', (test) => {
  test('that are damaged are named, not forgotten', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bit-pins-'));
    const file = join(folder, 'pins');
    writeFileSync(file, '# comment\na b\nbroken\n');
    assert.throws(() => filePins(file).get('a'), /pins:3/);
    rmSync(folder, { recursive: true });
  });

  test('keep a controller once it has proved its key', () => {
    const { trusted, met } = pinnedController(memoryPins());
    assert.ok(trusted('ed25519:aa', 'one'));
    met('ed25519:aa', 'one');
    assert.not.ok(trusted('ed25519:bb', 'one'));
    assert.ok(trusted('ed25519:bb', 'two'));
  });
});

suite('a link', (test) => {
  test('comes back by itself and goes on with its session', async () => {
    const there = await ground();
    const ups: boolean[] = [];
    const downs: number[] = [];
    const link = there.link({
      signer: newSigner(),
      up: (_, ack) => ups.push(ack.resumed),
      down: (_, again) => downs.push(again ?? -1),
    });
    await link.ready();
    for (let n = 1; n < 4; n++) {
      for (const channel of there.gate.channels.values()) channel.close(1001, 'restart');
      await until(() => ups.length === n + 1);
    }
    assert.equal(ups, [false, true, true, true]);
    assert.is(downs.length, 3);
    await there.end();
    assert.is(await codeOf(link.ready()), 'cancelled');
  });

  test('asks and is answered; what was refused is an error that names the field', async () => {
    const there = await ground();
    const link = there.link({ role: 'client' });
    const bad = link.request('JOB_CANCEL', { job_id: 'J-1', reason: 'x' }, { timeout_ms: 100 });
    assert.is(await codeOf(bad), 'remote');
    const channel = await link.ready();
    const wrong = await channel
      .request('JOB_QUERY', { limit: 9000 })
      .then(() => undefined)
      .catch((error: unknown) => (isBitError(error) ? error.details : error));
    assert.equal(wrong, { mesh: 'malformed', field: '/payload/limit' });
    const waiting = codeOf(channel.request('JOB_QUERY', { limit: 9 }));
    await until(() => there.taken.length === 2);
    for (const one of there.gate.channels.values()) one.close();
    assert.is(await waiting, 'remote');
    await there.end();
  });

  test('that nobody answers says so, and ends where it was told how often to try', async () => {
    const there = await ground();
    const link = there.link({ addresses: () => ['ws://127.0.0.1:1'], attempts: 3 });
    assert.is(await codeOf(link.ready(AbortSignal.timeout(5000))), 'remote');
    const none = there.link({ addresses: () => [], attempts: 1 });
    assert.is(await codeOf(none.ready()), 'remote');
    await there.end();
  });

  test('takes the next address where one does not answer', async () => {
    const there = await ground();
    const link = there.link({
      addresses: () => ['ws://127.0.0.1:1', 'wss://127.0.0.1:2', there.listener.address],
    });
    assert.is((await link.ready()).peer.role, 'controller');
    await there.end();
  });

  test('is cut off where the other side is gone without a word', async () => {
    const there = await ground({ listen: { ping_ms: 100 } });
    // a machine that lost power: its socket stands, and nothing is read
    const sockets: Socket[] = [];
    const proxy = createServer((socket) => {
      const on = connect(there.listener.port, '127.0.0.1');
      sockets.push(socket, on);
      socket.pipe(on);
      on.pipe(socket);
      for (const one of [socket, on]) one.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as { port: number };
    const link = there.link({ addresses: () => [`ws://127.0.0.1:${port}`] });
    await link.ready();
    await new Promise((resolve) => setTimeout(resolve, 350));
    assert.is(there.gate.channels.size, 1);
    const [channel] = there.gate.channels.values();
    for (const socket of sockets) socket.unpipe();
    for (const socket of sockets) socket.pause();
    assert.is((await channel?.closed)?.reason, 'answers no ping');
    for (const socket of sockets) socket.destroy();
    proxy.close();
    await there.end();
  });
});
