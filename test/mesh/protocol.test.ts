import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as assert from 'uvu/assert';
import { mutateJson } from '../../scripts/campaign/fuzz/mutate.ts';
import { random } from '../../scripts/campaign/random.ts';
import type { Json, JsonObject } from '../../src/kernel/json.ts';
import {
  createComposer,
  decode,
  MOST_DEPTH,
  MOST_MESSAGE_BYTES,
  type Wrong,
} from '../../src/mesh/protocol/index.ts';
import { suite } from '../suite.ts';
import { sample, TYPES } from './samples.ts';

const SCHEMAS = join(import.meta.dirname, '../../docs/schema/mesh');

/** I-JSON, which no schema asks for. */
const STRICTER = /half a surrogate pair|beyond the numbers|a name that is refused/;

function wrongOf(frame: string | Uint8Array): Wrong {
  const { wrong } = decode(frame);
  if (wrong === undefined) throw new Error('it was taken');
  return wrong;
}

function refusal(value: Json): string {
  const { code, field, re } = wrongOf(JSON.stringify(value));
  return `${code} ${field} ${re}`;
}

suite('messages of the mesh', (test) => {
  test('one of every type is taken', () => {
    for (const type of TYPES) {
      const value = sample(type);
      const { message, wrong } = decode(Buffer.from(JSON.stringify(value)));
      assert.is(wrong, undefined, `${type}: ${wrong?.message}`);
      assert.equal(message as unknown, value);
    }
  });

  test('what the composer makes is taken', () => {
    const composer = createComposer({ sender: 'aln://mesh/controller', now: () => 1_756_570_320_000 });
    const first = composer.compose('JOB_CLAIM', { job_id: 'J-1' });
    const second = composer.compose('ACK', {}, first.msg_id);
    assert.is.not(first.msg_id, second.msg_id);
    assert.is((decode(second.text).message as { re?: string }).re, first.msg_id);
    assert.is((decode(first.text).message as { ts?: string }).ts, '2025-08-30T16:12:00.000Z');
    assert.is(decode(JSON.stringify(composer.message('JOB_CLAIM', { job_id: 'J-1' }))).wrong, undefined);
  });

  test('the field that is wrong is named, and the message it is in', () => {
    const bid = sample('JOB_BID');
    const payload = bid['payload'] as JsonObject;
    assert.is(refusal({ ...bid, payload: { ...payload, eta_s: '420' } }), 'malformed /payload/eta_s M-1');
    assert.is(refusal({ ...bid, payload: { ...payload, more: 1 } }), 'malformed /payload/more M-1');
    assert.is(
      refusal({ ...bid, payload: { job_id: 'J-1', eta_s: 1, cost_units: 1 } }),
      'malformed /payload/confidence M-1',
    );
    assert.is(refusal({ ...bid, sender: 'runner' }), 'malformed /sender M-1');
    assert.is(refusal({ ...bid, msg_id: 'M 1' }), 'malformed /msg_id undefined');
    assert.is(refusal({ ...bid, type: 'JOB_BET' }), 'unknown-type /type M-1');
    assert.is(refusal({ ...bid, type: 'constructor' }), 'unknown-type /type M-1');
    assert.is(refusal({ ...bid, schema: 'bithub.mesh.job.bid.v2' }), 'unknown-schema /schema M-1');
    assert.is(refusal({ schema: 'bithub.mesh.job.bid.v1' }), 'malformed /type undefined');
    assert.is(refusal([bid]), 'malformed  undefined');
  });

  test('a task is told by its kind', () => {
    const submit = sample('JOB_SUBMIT');
    const job = (submit['payload'] as JsonObject)['job'] as JsonObject;
    const task = (value: Json): Json => ({
      ...submit,
      payload: { idempotency_key: 'once', job: { ...job, task: value } },
    });
    assert.is(refusal(task({ kind: 'workflow' })), 'malformed /payload/job/task/workflow M-1');
    assert.is(refusal(task({ kind: 'shell' })), 'malformed /payload/job/task/kind M-1');
    assert.is(refusal(task({ kind: 'command', argv: ['a', 2] })), 'malformed /payload/job/task/argv/1 M-1');
  });

  test('a member that is there twice is refused wherever it is', () => {
    const event = JSON.stringify(sample('EVENT_EMIT'));
    const twice = event.replace('"mood"', '"job_\\u0069d"');
    assert.is(wrongOf(twice).field, '/payload/context/job_id');
    assert.match(wrongOf(twice).message, 'twice');
    assert.is(wrongOf(event.replace('"tags"', '"type":"JOB_BID","tags"')).field, '/payload/type');
    // colons and quotes within texts are none of the structure
    assert.is(decode(event.replace('radiant', ':{[\\":,\\\\\\"')).wrong, undefined);
    assert.is(decode(event.replace('radiant', `${'x'.repeat(40)}\\":\\\\`)).wrong, undefined);
  });

  test('what has no canonical form is refused', () => {
    const event = JSON.stringify(sample('EVENT_EMIT'));
    for (const value of ['1e400', '-1e309', '9007199254740993', '"\\ud800"', '{"__proto__":1}']) {
      const { field } = wrongOf(event.replace('"radiant"', value));
      assert.is(field, value.startsWith('{') ? '/payload/context/mood/__proto__' : '/payload/context/mood');
    }
    assert.is(decode(event.replace('radiant', '\\ud83d\\udc09')).wrong, undefined);
    assert.is(wrongOf(event.replace('radiant', '\ud800')).field, '/payload/context/mood');
    assert.is(wrongOf(Buffer.from([0x22, 0xff, 0x22])).message, 'the message is no UTF-8');
  });

  test('a text cut off anywhere is refused, and so is one that goes on', () => {
    for (const type of TYPES) {
      const text = JSON.stringify(sample(type));
      for (let length = 0; length < text.length; length += 7)
        assert.is(wrongOf(text.slice(0, length)).code, 'malformed');
      assert.match(wrongOf(`${text}x`).message, 'goes on after its end');
    }
    assert.match(wrongOf('{"type":"ACK","payload":{').message, '/payload ends too early');
  });

  test('size and depth are bounded before anything is read', () => {
    const large = wrongOf(`"${'x'.repeat(MOST_MESSAGE_BYTES)}"`);
    assert.is(large.code, 'too-large');
    const { code, field } = wrongOf('['.repeat(MOST_MESSAGE_BYTES - 1));
    assert.is(code, 'too-deep');
    assert.is(field, '/0'.repeat(MOST_DEPTH));
    const event = JSON.stringify(sample('EVENT_EMIT'));
    const nested = (depth: number): string =>
      event.replace('"radiant"', '['.repeat(depth) + ']'.repeat(depth));
    assert.is(decode(nested(MOST_DEPTH - 3)).wrong, undefined);
    assert.is(wrongOf(nested(MOST_DEPTH - 2)).code, 'too-deep');
  });

  test('lengths count characters, not halves of them', () => {
    const decline = sample('JOB_DECLINE');
    const with_ = (reason: string): JsonObject => ({
      ...decline,
      payload: { ...(decline['payload'] as JsonObject), reason },
    });
    assert.is(decode(JSON.stringify(with_('🐉'.repeat(2048)))).wrong, undefined);
    assert.is(refusal(with_('🐉'.repeat(2049))), 'malformed /payload/reason M-1');
  });

  test('validators say what the published schemas say', () => {
    const ajv = new Ajv2020({ allErrors: false, strict: true });
    const index = JSON.parse(readFileSync(join(SCHEMAS, 'index.json'), 'utf8')) as {
      messages: Record<string, { file: string; schema: string }>;
    };
    assert.equal(Object.keys(index.messages), TYPES);
    const dice = random(7);
    let refused = 0;
    for (const type of TYPES) {
      const { file = '' } = index.messages[type] ?? {};
      const published = ajv.compile(JSON.parse(readFileSync(join(SCHEMAS, file), 'utf8')) as object);
      assert.ok(published(sample(type)), type);
      for (let round = 0; round < 150; round++) {
        let value: unknown = sample(type);
        for (let left = 1 + dice.below(2); left > 0; left--) value = mutateJson(value, dice);
        const text = JSON.stringify(value);
        if (text === undefined) continue;
        const { wrong } = decode(text);
        // another type's message, or beyond what a schema can say
        if (!text.includes(`"${type}"`) || (wrong !== undefined && STRICTER.test(wrong.message))) continue;
        const expected = published(JSON.parse(text)) === true;
        if (!expected) refused += 1;
        assert.is(
          wrong === undefined,
          expected,
          `${wrong?.message} ${JSON.stringify(published.errors)} ${text}`,
        );
      }
    }
    assert.ok(refused > 1000, String(refused));
  });
});
