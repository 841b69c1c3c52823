import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import * as assert from 'uvu/assert';
import { refusal } from '../../src/mesh/channel/index.ts';
import { MOST_MESSAGE_BYTES } from '../../src/mesh/protocol/index.ts';
import { suite } from '../suite.ts';
import { type Ground, ground, RUNNER, until } from './ground.ts';
import { claim, helloFor, joined, type Raw, raw } from './raw.ts';
import { sample } from './samples.ts';

async function on(
  options: Parameters<typeof ground>[0],
  run: (there: Ground) => Promise<void>,
): Promise<void> {
  const there = await ground(options);
  try {
    await run(there);
    assert.equal(there.faults, []);
  } finally {
    await there.end();
  }
}

/** That the connection's other work goes on. */
async function works(peer: Raw): Promise<void> {
  const said = claim();
  peer.say(said);
  const answer = await peer.next();
  assert.is(answer.type, 'ACK', JSON.stringify(answer));
  assert.is((answer as { re?: string }).re, said['msg_id']);
}

const later = (ms: number): string => new Date(Date.now() + ms).toISOString();

suite('a message that is wrong', (test) => {
  const first = claim();
  const BAD: readonly (readonly [string, unknown, string])[] = [
    ['forged in the name of somebody else', claim({ sender: 'aln://runner/other' }), 'forbidden /sender'],
    [
      'a heartbeat of somebody else',
      { ...sample('HEARTBEAT'), runner_id: 'aln://other' },
      'forbidden /runner_id',
    ],
    ["not its sender's to send", { ...claim(), ...sample('JOB_ASSIGN'), sender: RUNNER }, 'forbidden /type'],
    ['a second HELLO', sample('HELLO'), 'out-of-order /type'],
    ['from an hour ago', claim({ ts: later(-3_600_000) }), 'clock-skew /ts'],
    ['from tomorrow', claim({ ts: later(86_400_000) }), 'clock-skew /ts'],
    ['at no time', claim({ ts: '2025-13-41T99:00:00Z' }), 'malformed /ts'],
    ['truncated', JSON.stringify(first).slice(0, -4), 'malformed /payload/job_id'],
    [
      'oversized',
      JSON.stringify(claim({ payload: { job_id: 'J'.repeat(MOST_MESSAGE_BYTES) } })),
      'too-large',
    ],
    ['deeply nested', '['.repeat(100_000), `too-deep ${'/0'.repeat(64)}`],
    ['no text', Buffer.from([0xff, 0xfe, 0x00]), 'malformed'],
    ['empty', '', 'malformed'],
    ['of an unknown type', claim({ type: 'JOB_STEAL' }), 'unknown-type /type'],
    ['of an unknown schema', claim({ schema: 'bithub.mesh.job.claim.v9' }), 'unknown-schema /schema'],
    ['wrong in a field', claim({ payload: { job_id: 'J-1', more: true } }), 'malformed /payload/more'],
    ['with a member twice', JSON.stringify(claim()).replace('{', '{"type":"ACK",'), 'malformed /type'],
  ];
  for (const [how, message, answer] of BAD)
    test(`is answered by what and where, and nothing else suffers: ${how}`, () =>
      on({}, async ({ listener, taken }) => {
        const peer = await joined(listener.address);
        peer.say(message);
        assert.is(await peer.error(), answer);
        await works(peer);
        assert.is(taken.length, 1);
      }));

  test('is answered once where it is replayed', () =>
    on({}, async ({ listener, taken }) => {
      const peer = await joined(listener.address);
      const said = claim();
      peer.say(said);
      assert.is((await peer.next()).type, 'ACK');
      peer.say(said);
      assert.is(await peer.error(), 'replayed /msg_id');
      // other ids push it out of what is held by id, and it is refused for its time
      for (let n = 0; n < 2500; n++) peer.say(claim());
      peer.say(said);
      await until(() => peer.heard.length === 2505);
      const last = peer.heard.at(-1);
      assert.is(last?.type === 'ERROR' ? last.payload.code : last?.type, 'replayed');
      assert.is(taken.length, 2501);
    }));

  test('beyond what can be read at all ends its own connection only', () =>
    on({}, async ({ listener }) => {
      const peer = await joined(listener.address);
      const other = await raw(listener.address);
      other.say('x'.repeat(2 * MOST_MESSAGE_BYTES + 1));
      assert.is(await other.closed(), 1009);
      await works(peer);
    }));

  test('in pieces without end ends its own connection only', () =>
    on({}, async ({ listener }) => {
      const other = await raw(listener.address);
      for (let n = 0; n < 5000; n++) other.ws.send('x', { fin: false });
      assert.is(await other.closed(), 1008);
      await works(await joined(listener.address));
    }));
});

suite('a handler', (test) => {
  test('that refuses is heard, one that fails tells nothing of why', async () => {
    const there = await ground({
      take: (message) => {
        if (message.type === 'JOB_CLAIM')
          throw refusal('not-found', 'no such job', { field: '/payload/job_id' });
        return Promise.reject(new Error('password: hunter2'));
      },
    });
    const peer = await joined(there.listener.address);
    peer.say(claim());
    assert.is(await peer.error(), 'not-found /payload/job_id');
    peer.say({ ...sample('EVENT_EMIT'), sender: RUNNER, ts: later(0) });
    const answer = await peer.next();
    assert.is(answer.type === 'ERROR' && answer.payload.code, 'internal');
    assert.not.match(JSON.stringify(answer), 'hunter2');
    assert.is(there.faults.length, 1);
    await there.end();
  });

  test('that is behind is not given more', async () => {
    const open: (() => void)[] = [];
    const there = await ground({ take: () => new Promise<void>((resolve) => open.push(resolve)) });
    const peer = await joined(there.listener.address);
    const said = 20_000;
    for (let n = 0; n < said; n++) peer.say(claim());
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.ok(open.length >= 256 && open.length < 3000, `${open.length} are open`);
    let done = 0;
    await until(() => {
      const some = open.splice(0);
      done += some.length;
      for (const resolve of some) resolve();
      return done + peer.heard.length - 2 >= said;
    });
    await there.end();
  });
});

suite('rates', (test) => {
  const rate_limits = { per_peer_rps: 20, burst: 10 };

  test('are a bucket: what is beyond is refused and told when to come again', () =>
    on({ rate_limits: { per_peer_rps: 2, burst: 10 } }, async ({ listener, taken }) => {
      const peer = await joined(listener.address);
      for (let n = 0; n < 15; n++) peer.say(claim());
      await until(() => peer.heard.length >= 2 + 15);
      const refused = peer.heard.flatMap((message) => (message.type === 'ERROR' ? [message] : []));
      assert.ok(refused.length >= 1 && refused.length <= 5, `${refused.length} refused`);
      for (const { payload, re } of refused) {
        assert.is(payload.code, 'rate-limited');
        assert.ok((payload.retry_after_ms ?? 0) > 0 && (payload.retry_after_ms ?? 0) <= 500);
        assert.match(re ?? '', /^M-raw/);
      }
      await new Promise((resolve) => setTimeout(resolve, 600));
      peer.say(claim());
      await until(() => peer.heard.at(-1)?.type === 'ACK');
      assert.is(taken.length, 15 - refused.length + 1);
    }));

  test('are kept by a link by itself: nothing of it is refused', () =>
    on({ rate_limits: { per_peer_rps: 200, burst: 20 } }, async ({ link, taken }) => {
      const errors: unknown[] = [];
      const own = link({ take: (message) => void (message.type === 'ERROR' && errors.push(message)) });
      await own.ready();
      for (let n = 0; n < 100; n++) own.send('JOB_CLAIM', { job_id: 'J-1' });
      await until(() => taken.length === 100);
      assert.equal(errors, []);
    }));

  test('hold a flood at the price of what is read of it', () =>
    on({ rate_limits }, async ({ listener, taken }) => {
      const flood = await joined(listener.address);
      const text = JSON.stringify(claim());
      const before = process.memoryUsage().rss;
      const end = performance.now() + 1500;
      while (performance.now() < end && flood.ws.readyState === flood.ws.OPEN) {
        for (let n = 0; n < 200; n++) if (flood.ws.bufferedAmount < 8_000_000) flood.ws.send(text);
        await new Promise((resolve) => setImmediate(resolve));
      }
      // it is read no more, so that it can't send: the other side's buffer is what grows
      assert.ok(flood.ws.bufferedAmount > 1_000_000 || flood.ws.readyState !== flood.ws.OPEN);
      assert.ok(taken.length < 80, `${taken.length} were taken`);
      const grown = (process.memoryUsage().rss - before) / 1024 / 1024;
      assert.ok(grown < 100, `${grown.toFixed(0)} MB`);
      flood.ws.terminate();
      const other = await raw(listener.address);
      other.say(helloFor(other, { runner_id: 'aln://runner/other' }));
      assert.is((await other.next()).type, 'HELLO_ACK');
    }));
});

suite('what costs memory', (test) => {
  test('a peer that does not read is cut off at a bound', () =>
    on({}, async ({ listener, gate }) => {
      const peer = await joined(listener.address);
      peer.ws.pause();
      const [channel] = gate.channels.values();
      if (channel === undefined) throw new Error('nobody joined');
      const data = 'x'.repeat(60_000);
      let most = 0;
      for (let n = 0; n < 500 && channel.open; n++) {
        channel.send('JOB_LOG', { job_id: 'J-1', fence: 1, offset: 0, stream: 'stdout', data });
        most = Math.max(most, channel.buffered);
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.is((await channel.closed).code, 4408);
      assert.ok(most < 5 * 1024 * 1024, String(most));
      assert.is(gate.channels.size, 0);
    }));

  test('a sender that waits where it is asked to is never cut off', () =>
    on({}, async ({ listener, gate }) => {
      const peer = await joined(listener.address);
      const [channel] = gate.channels.values();
      if (channel === undefined) throw new Error('nobody joined');
      const data = 'x'.repeat(60_000);
      for (let n = 0; n < 300; n++) {
        channel.send('JOB_LOG', { job_id: 'J-1', fence: 1, offset: 0, stream: 'stdout', data });
        if (channel.full) await channel.drained();
      }
      await until(() => peer.heard.length === 302);
      assert.ok(channel.open);
    }));

  test('connections that say nothing are few, and go', () =>
    on({ listen: { patience_ms: 300, mostStrangers: 20 } }, async ({ listener }) => {
      const sockets = Array.from({ length: 60 }, () => connect(listener.port, '127.0.0.1'));
      let closed = 0;
      for (const socket of sockets) {
        socket.on('error', () => undefined);
        socket.on('data', () => undefined);
        socket.on('close', () => {
          closed += 1;
        });
      }
      await until(() => closed >= 40, 'the end of those beyond the bound');
      await until(() => closed === 60, 'the end of the others');
      await works(await joined(listener.address));
    }));

  test('so are those that open TLS and stop, and those that speak something else', () =>
    on({ tls: true, listen: { patience_ms: 300, mostStrangers: 30 } }, async ({ listener }) => {
      let closed = 0;
      for (let n = 0; n < 25; n++) {
        const socket = connect(listener.port, '127.0.0.1', () => {
          if (n % 3 === 0) socket.write(Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]));
          if (n % 3 === 1) socket.write(Buffer.alloc(5000, n));
          if (n % 3 === 2) socket.write('GET /mesh HTTP/1.1\r\n\r\n');
        });
        socket.on('error', () => undefined);
        socket.on('data', () => undefined);
        socket.on('close', () => {
          closed += 1;
        });
      }
      await until(() => closed === 25);
      const half = connectTls({ port: listener.port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
        half.write('GET /mesh HT');
      });
      half.on('error', () => undefined);
      half.on('data', () => undefined);
      await new Promise((resolve) => half.on('close', resolve));
      await works(await joined(listener.address));
    }));

  test('of those who connect and say no HELLO the oldest go first', () =>
    on({ listen: { mostStrangers: 1000 } }, async ({ listener, gate }) => {
      const strangers: Raw[] = [];
      for (let n = 0; n < 256; n++) strangers.push(await raw(listener.address));
      const peer = await joined(listener.address);
      assert.is(await strangers[0]?.closed(), 4429);
      assert.is(strangers[1]?.ws.readyState, 1);
      await works(peer);
      assert.is(gate.channels.size, 1);
      for (const { ws } of strangers) ws.terminate();
    }));

  test('a runner is there once: its second connection replaces the first', () =>
    on({}, async ({ listener, gate }) => {
      const peer = await joined(listener.address);
      const again = await joined(listener.address, { signer: peer.signer });
      assert.is(await peer.closed(), 4409);
      assert.is(gate.channels.size, 1);
      await works(again);
    }));

  test('requests that are no connection go to who takes them, on the same port', async () => {
    const there = await ground({ http: (_, response) => void response.end('jobs 3\n') });
    const answer = await fetch(`${there.listener.address.replace('ws', 'http')}/metrics`);
    assert.is(await answer.text(), 'jobs 3\n');
    await works(await joined(there.listener.address));
    await there.end();
  });

  test('a page in a browser gets no connection, and there is nothing else at other paths', () =>
    on({}, async ({ listener }) => {
      const http = listener.address.replace('ws', 'http');
      assert.is((await fetch(`${http}/`)).status, 404);
      const upgrade = (headers: string, path = '/mesh'): Promise<string> =>
        new Promise((resolve) => {
          const socket = connect(listener.port, '127.0.0.1', () => {
            socket.write(
              `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`,
            );
          });
          socket.once('data', (data) => {
            resolve(data.toString().slice(9, 12));
            socket.destroy();
          });
        });
      assert.is(await upgrade('Origin: https://evil.example\r\n'), '403');
      assert.is(await upgrade('', '/other'), '404');
      assert.is(await upgrade(''), '101');
    }));
});
