import { Duplex } from 'node:stream';
import * as assert from 'uvu/assert';
import { BitError } from '../../src/kernel/errors.ts';
import type { Json } from '../../src/kernel/json.ts';
import { type Channel, openChannel } from '../../src/plugins/index.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

const LIMITS = { message: 1000, messages: 200, waiting: 8 };

interface Side {
  readonly channel: Channel;
  readonly broken: string[];
  readonly sent: string[];
  feed(bytes: string | Uint8Array): void;
}

/** One end of a channel whose other end is the test. */
function side(
  answer: (method: string, args: readonly unknown[]) => Promise<unknown> = async () => null,
): Side {
  const sent: string[] = [];
  const broken: string[] = [];
  const stream = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      sent.push(chunk.toString('utf8'));
      done();
    },
  });
  const channel = openChannel({
    stream,
    limits: LIMITS,
    answer,
    onBroken: (error) => void broken.push(error.message),
  });
  return { channel, broken, sent, feed: (bytes) => void stream.push(Buffer.from(bytes)) };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

suite('the channel to a child', (test) => {
  test('carries calls both ways, their answers, errors and bytes', async () => {
    const near = side(async (method, args) => {
      if (method === 'fail') throw new BitError('denied', 'no', { hint: 'ask', details: { at: 1 } });
      return { method, args };
    });
    near.feed(line({ id: 7, call: 'echo', args: [{ $bytes: 'AQI=' }] }));
    near.feed(line({ id: 8, call: 'fail', args: [] }));
    await settle();
    await settle();
    assert.equal(JSON.parse(near.sent[0] ?? ''), {
      id: 7,
      ok: { method: 'echo', args: [{ $bytes: 'AQI=' }] },
    });
    assert.equal(JSON.parse(near.sent[1] ?? ''), {
      id: 8,
      error: { code: 'denied', message: 'no', hint: 'ask', details: { at: 1 } },
    });
    const called = near.channel.call('there', 1);
    near.feed(line({ id: 1, ok: { fine: true } }));
    assert.equal(await called, { fine: true });
    const failing = near.channel.call('there', 2);
    near.feed(line({ id: 2, error: { code: 'nonsense', message: 'x'.repeat(900) } }));
    const error = await failing.catch((caught: unknown) => caught as BitError);
    assert.is((error as BitError).code, 'failed', 'a code that is none of ours is a plain failure');
  });

  const hostile: Record<string, string> = {
    'a message that is not JSON': 'nonsense\n',
    'a malformed message': line({ call: 'x', args: [] }),
    'a malformed call': line({ id: 1, call: 'x', args: 'y' }),
    'an answer to no question': line({ id: 99, ok: 1 }),
    'a message larger than 1000 bytes': 'x'.repeat(1001),
    'more than 200 messages': line({ id: 1, call: 'x', args: [] }).repeat(201),
  };
  for (const [why, bytes] of Object.entries(hostile)) {
    test(`is broken by ${why}, and calls that wait fail`, async () => {
      const near = side();
      const waiting = near.channel.call('there').catch((error: unknown) => error as BitError);
      for (let at = 0; at < bytes.length; at += 200) {
        near.feed(bytes.slice(at, at + 200));
        await settle();
      }
      assert.equal(near.broken, [why]);
      assert.is(((await waiting) as BitError).message, why);
    });
  }

  test('is broken by too many calls at one time', async () => {
    const near = side(() => new Promise(() => undefined));
    near.feed(line({ id: 1, call: 'x', args: [] }).repeat(9));
    await settle();
    assert.equal(near.broken, ['more than 8 calls at one time']);
  });

  test('reads the same messages however they are cut', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue(), { minLength: 1, maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        async (values, cuts) => {
          const heard: unknown[] = [];
          const near = side(async (_method, args) => void heard.push(args[0]));
          const small = values.map((value) => (JSON.stringify(value).length > 800 ? null : (value as Json)));
          const bytes = Buffer.from(small.map((value) => line({ id: 1, call: 'x', args: [value] })).join(''));
          let at = 0;
          for (let turn = 0; at < bytes.length; turn++) {
            const size = cuts[turn % cuts.length] ?? 1;
            near.feed(bytes.subarray(at, at + size));
            at += size;
          }
          await settle();
          await settle();
          assert.equal(near.broken, []);
          assert.equal(JSON.stringify(heard), JSON.stringify(small));
        },
      ),
      { numRuns: 60 },
    ));

  test('survives any bytes: it is broken or it waits', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 1500 }), async (bytes) => {
        const near = side();
        near.feed(bytes);
        await settle();
        assert.ok(near.broken.length <= 1);
      }),
      { numRuns: 200 },
    ));
});
