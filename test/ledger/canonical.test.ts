import * as assert from 'uvu/assert';
import { canonicalJson, type JsonObject } from '../../src/kernel/json.ts';
import { plainEntry, plainPayload } from '../../src/ledger/canonical.ts';
import { entryText, parseEntry, parsePayload } from '../../src/ledger/entry.ts';
import type { EntryFields } from '../../src/ledger/index.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
const ulid = fc.stringMatching(/^[0-9a-hjkmnp-tv-z]{26}$/);
const count = fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 53 - 1, 2 ** 53, -0, -1, 1.5, 1e21));

const fields: fc.Arbitrary<EntryFields> = fc.record({
  v: fc.constant(1 as const),
  seq: count,
  lamport: count,
  ts: fc.oneof(
    fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString()),
    fc.constantFrom('2026-13-01T00:00:00.000Z', '2026-02-30T00:00:00.000Z', '2026-01-01T24:00:00.001Z'),
  ),
  chain: ulid,
  actor: digest.map((hex) => `ed25519:${hex}`),
  as: fc.option(
    fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('\ud800', '"\\', '\u2028')),
  ),
  event: fc.stringMatching(/^[A-Z][A-Z0-9_]{0,70}$/),
  phase: fc.constantFrom('intent', 'outcome', 'denied', 'note'),
  op: ulid,
  parent: fc.option(ulid),
  payload_sha256: digest,
  prev_sha256: digest,
});

/** The text with a few characters replaced, taken out or put in. */
const damaged = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      text,
      fc.array(fc.tuple(fc.nat(), fc.constantFrom('', ' ', '"', '0', '1', '\\u0041', ',', 'x')), {
        maxLength: 2,
      }),
    )
    .map(([given, changes]) =>
      changes.reduce((out, [at, put]) => {
        const place = at % (out.length + 1);
        return out.slice(0, place) + put + out.slice(place + (at % 2));
      }, given),
    );

suite('the quick ways to read what is canonical', (test) => {
  test('an entry is read as the thorough way reads it, or left to it', () => {
    let plain = 0;
    fc.assert(
      fc.property(damaged(fields.map(entryText)), (text) => {
        const quick = plainEntry(text);
        if (quick === undefined) return;
        plain += 1;
        assert.equal({ fields: quick }, parseEntry(text));
      }),
      { numRuns: 2000 },
    );
    assert.ok(plain > 50, `${plain} were read`);
  });

  test('an entry as the ledger writes it is read the quick way', () => {
    fc.assert(
      fc.property(fields, (given) => {
        const entry = { ...given, seq: 3, lamport: 4, as: 'Ada <ada@example.org>', event: 'COMMIT' };
        const text = entryText({ ...entry, ts: '2026-06-01T12:00:00.000Z' });
        assert.ok(plainEntry(text) !== undefined, text);
      }),
      { numRuns: 200 },
    );
  });

  test('a payload is read as the thorough way reads it, or left to it', () => {
    const canonical = fc
      .dictionary(
        fc.oneof(fc.string(), fc.constantFrom('10', '9', '__proto__', 'é', '\u{1f600}')),
        fc.jsonValue(),
      )
      .map((value) => canonicalJson(value as JsonObject));
    let plain = 0;
    fc.assert(
      fc.property(damaged(canonical), (text) => {
        const quick = plainPayload(text);
        if (quick === undefined) return;
        plain += 1;
        assert.equal(quick, parsePayload(text));
      }),
      { numRuns: 2000 },
    );
    assert.ok(plain > 200, `${plain} were read`);
  });

  test('what nests deep is left to the thorough way, which takes it', () => {
    const text = `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`;
    assert.ok(plainPayload(text) === undefined);
    assert.ok(parsePayload(text) !== undefined);
  });

  test('what is not canonical is taken by neither', () => {
    const texts = [
      ...[
        '{"b":1,"a":2}',
        '{"a":1,"a":1}',
        '{"a":1.0}',
        '{"a":-0}',
        '{ "a":1}',
        '{"a":"\\u0041"}',
        '[]',
        '1',
        '',
      ],
      ...['{"a":"\\ud800"}', '{"a":"\\udc00x"}', '{"\\ud800":1}', '{"a":"\ud800"}', '{"a":{"d":1,"c":2}}'],
      ...['{"9":1,"10":1}', '{"a":[{"d":1,"c":2}]}', '{"a":1e2}', '{"a":1}\n'],
    ];
    for (const text of texts) {
      assert.is(plainPayload(text), undefined, text);
      assert.is(parsePayload(text), undefined, text);
    }
  });
});
