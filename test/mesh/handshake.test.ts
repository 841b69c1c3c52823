import * as assert from 'uvu/assert';
import { issueSession, verifySession } from '../../src/mesh/identity/index.ts';
import type { MessageOf } from '../../src/mesh/protocol/index.ts';
import { suite } from '../suite.ts';
import { type Ground, ground, MESH, newSigner, nonce, RUNNER, until } from './ground.ts';
import { claim, helloFor, joined, raw } from './raw.ts';
import { sample } from './samples.ts';

async function on(
  options: Parameters<typeof ground>[0],
  run: (there: Ground) => Promise<void>,
): Promise<void> {
  const there = await ground(options);
  try {
    await run(there);
  } finally {
    await there.end();
  }
}

suite('HELLO', (test) => {
  test('is answered by a session that is bound to the key', () =>
    on({}, async ({ listener, gate }) => {
      const peer = await raw(listener.address);
      peer.say(helloFor(peer));
      const ack = (await peer.next()) as MessageOf<'HELLO_ACK'>;
      assert.is(ack.type, 'HELLO_ACK');
      const claims = gate.bearer(`Bearer ${ack.session}`);
      assert.is(claims?.public_key, peer.signer.publicKey);
      assert.is(claims?.sub, RUNNER);
      // one letter within the signature: the last one holds bits that mean nothing
      const at = ack.session.lastIndexOf('.') + 10;
      const other = ack.session[at] === 'A' ? 'B' : 'A';
      const forged = `${ack.session.slice(0, at)}${other}${ack.session.slice(at + 1)}`;
      assert.is(gate.bearer(`Bearer ${forged}`), undefined);
      assert.is(gate.bearer(undefined), undefined);
    }));

  const WRONG: readonly (readonly [string, (peer: Awaited<ReturnType<typeof raw>>) => unknown, string])[] = [
    [
      'forged: signed by another key',
      (peer) => helloFor(peer, {}, newSigner()),
      'unauthenticated /signature',
    ],
    [
      'forged: changed after it was signed',
      (peer) => ({ ...helloFor(peer), persona: 'strict' }),
      'unauthenticated /signature',
    ],
    ['replayed: for another challenge', (peer) => helloFor(peer, { nonce: nonce() }), 'replayed /nonce'],
    ['from an hour ago', (peer) => helloFor(peer, { ts: '2020-01-01T00:00:00Z' }), 'clock-skew /ts'],
    ['at no time', (peer) => helloFor(peer, { ts: '2020-13-41T00:00:00Z' }), 'clock-skew /ts'],
    ['in another version', (peer) => helloFor(peer, { versions: ['7'] }), 'version /versions'],
    ['of a persona that is not taken', (peer) => helloFor(peer, { persona: 'creative' }), 'persona /persona'],
    [
      'over another certificate',
      (peer) => helloFor(peer, { channel: `tls-server-end-point:${'0'.repeat(64)}` }),
      'forbidden /channel',
    ],
  ];
  for (const [how, hello, answer] of WRONG)
    test(`is refused ${how}`, () =>
      on({ tls: true, accept_personas: ['hybrid', 'strict'] }, async ({ listener, gate }) => {
        const peer = await raw(listener.address);
        peer.say(hello(peer));
        assert.is(await peer.error(), answer);
        assert.ok([4401, 4403].includes(await peer.closed()));
        assert.is(gate.channels.size, 0);
      }));

  test('of a revoked key is refused, and who is there with it is put out', () =>
    on({}, async ({ listener, gate, revoked }) => {
      const peer = await joined(listener.address);
      revoked.add(peer.signer.publicKey);
      gate.recheck();
      assert.is(await peer.error(), 'revoked /public_key');
      assert.is(await peer.closed(), 4403);
      const again = await raw(listener.address, { signer: peer.signer });
      again.say(helloFor(again));
      assert.is(await again.error(), 'revoked /public_key');
    }));

  test('with the name of who is there, by another key, changes nothing for them', () =>
    on({}, async ({ listener, taken }) => {
      const peer = await joined(listener.address);
      const other = await raw(listener.address);
      other.say(helloFor(other));
      assert.is(await other.error(), 'conflict /runner_id');
      peer.say(claim());
      assert.is((await peer.next()).type, 'ACK');
      assert.is(taken.length, 1);
    }));

  test('with the session of somebody else is refused', () =>
    on({}, async ({ listener }) => {
      const peer = await raw(listener.address);
      peer.say(helloFor(peer));
      const { session } = (await peer.next()) as MessageOf<'HELLO_ACK'>;
      peer.ws.close();
      await peer.closed();
      const thief = await raw(listener.address);
      thief.say(helloFor(thief, { resume: session }));
      assert.is(await thief.error(), 'forbidden /resume');
      const own = await raw(listener.address, { signer: peer.signer });
      own.say(helloFor(own, { resume: session }));
      assert.is(((await own.next()) as MessageOf<'HELLO_ACK'>).resumed, true);
    }));

  test('has to come first, and mistakes before it are counted', () =>
    on({}, async ({ listener }) => {
      const peer = await raw(listener.address);
      peer.say(claim());
      assert.is(await peer.error(), 'out-of-order /type');
      peer.say('{"type":');
      assert.is(await peer.error(), 'malformed /type');
      peer.say(helloFor(peer));
      assert.is((await peer.next()).type, 'HELLO_ACK');
      const stubborn = await raw(listener.address);
      for (let n = 0; n < 20; n++) stubborn.say('[]');
      assert.is(await stubborn.closed(), 4401);
    }));

  test('comes again before a session ends, by itself', () =>
    on({ session_s: 3 }, async ({ link, gate }) => {
      const acks: string[] = [];
      const own = link({ up: () => acks.push('up') });
      const channel = await own.ready();
      const first = own.session;
      await until(() => own.session !== first, 'another session');
      await new Promise((resolve) => setTimeout(resolve, 2500));
      assert.ok(channel.open);
      assert.is(acks.length, 1);
      assert.is(gate.channels.size, 1);
    }));

  test('that does not come again ends the session', () =>
    on({ session_s: 2 }, async ({ listener }) => {
      const peer = await joined(listener.address);
      assert.is((await peer.next()).type, 'CHALLENGE');
      assert.is(await peer.error(), 'expired');
      assert.is(await peer.closed(), 4401);
    }));

  test('is said to no controller with another key than the one trusted', () =>
    on({}, async ({ link, gate }) => {
      const own = link({ trusted: () => false });
      const why = await own.ready().then(
        () => 'taken',
        (error: Error) => error.message,
      );
      assert.match(why, 'is not the controller that is trusted');
      assert.is(gate.channels.size, 0);
    }));
});

suite('sessions', (test) => {
  const signer = newSigner();
  const issuer = { issuer: 'aln://bithub/auth', audience: MESH };
  const claims = {
    ...({ sub: RUNNER, role: 'runner', persona: 'hybrid', public_key: newSigner().publicKey } as const),
    ...{ sid: 's', iat: 1000, exp: 1900, jti: 'j' },
  };
  const token = issueSession(claims, issuer, signer);
  const check = { ...issuer, trusted: (key: string) => key === signer.publicKey, now: 1_500_000 };

  test('say what they were issued with', () => {
    assert.equal(verifySession(token, check).claims, claims);
  });

  test('hold for their mesh, their issuer and their time only', () => {
    assert.is(verifySession(token, { ...check, audience: 'other' }).refused, 'unauthenticated');
    assert.is(verifySession(token, { ...check, issuer: 'other' }).refused, 'unauthenticated');
    assert.is(verifySession(token, { ...check, trusted: () => false }).refused, 'unauthenticated');
    assert.is(verifySession(token, { ...check, now: 1_900_000 }).refused, 'expired');
    assert.is(verifySession(token, { ...check, now: 900_000 }).refused, 'expired');
  });

  test('with any character changed are refused', () => {
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === 'A' ? 'B' : 'A';
      const { claims: taken } = verifySession(token.slice(0, at) + other + token.slice(at + 1), check);
      assert.is(taken, undefined, `${at}`);
    }
    const [head = '', body = ''] = token.split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'bithub-mesh+jwt' })).toString('base64url');
    assert.is(verifySession(`${none}.${body}.`, check).refused, 'malformed');
    assert.is(verifySession(`${head}.${body}.AA`, check).refused, 'unauthenticated');
    assert.is(verifySession(String(sample('ACK')['type']), check).refused, 'malformed');
    assert.is(verifySession('x'.repeat(100_000), check).refused, 'malformed');
  });
});
