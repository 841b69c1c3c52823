import { constants, deflateSync, inflateSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { inflate, inflateHere, inflateStart } from '../../src/git/inflate.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

const LIMIT = 1 << 20;

suite('inflate', (test) => {
  const text = fc.array(
    fc.constantFrom(
      'tree ',
      'parent ',
      'a',
      'bc',
      '\n',
      'author Ada <ada@example.org> ',
      '0123456789abcdef',
      'ü€😀',
    ),
    { maxLength: 400 },
  );
  const bytes = fc.oneof(
    text.map((words) => Buffer.from(words.join(''))),
    fc.uint8Array({ maxLength: 3000 }).map((some) => Buffer.from(some)),
  );
  const strategy = fc.constantFrom(
    constants.Z_DEFAULT_STRATEGY,
    constants.Z_FIXED,
    constants.Z_HUFFMAN_ONLY,
    constants.Z_RLE,
  );

  test('unpacks what zlib packed, whichever way, and looks at nothing behind it', () => {
    fc.assert(
      fc.property(
        bytes,
        fc.integer({ min: 0, max: 9 }),
        strategy,
        fc.uint8Array({ maxLength: 20 }),
        (some, level, how, tail) => {
          const packed = Buffer.concat([deflateSync(some, { level, strategy: how }), tail]);
          assert.equal(Buffer.from(inflateHere(packed, LIMIT)), some);
          assert.equal(Buffer.from(inflate(packed, LIMIT)), some);
        },
      ),
      { numRuns: 400 },
    );
  });

  test('the start of a stream is the start of what it holds, as much as was asked for', () => {
    fc.assert(
      fc.property(
        bytes,
        fc.integer({ min: 0, max: 9 }),
        strategy,
        fc.nat({ max: 200 }),
        (some, level, how, enough) => {
          const start = inflateStart(deflateSync(some, { level, strategy: how }), enough);
          assert.ok(start.length >= Math.min(enough, some.length));
          assert.equal(Buffer.from(start), some.subarray(0, start.length));
        },
      ),
    );
  });

  test('damaged and cut streams are refused wherever zlib refuses them, and never loop', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean(), (some, at, flip, cut) => {
        const packed = deflateSync(some);
        const damaged = cut ? packed.subarray(0, at % packed.length) : Buffer.from(packed);
        if (!cut) damaged[at % damaged.length] = (damaged[at % damaged.length] ?? 0) ^ flip;
        const outcome = (work: () => Uint8Array): string | undefined => {
          try {
            return Buffer.from(work()).toString('hex');
          } catch {
            return undefined;
          }
        };
        const theirs = outcome(() => inflateSync(damaged, { maxOutputLength: LIMIT }));
        const ours = outcome(() => inflateHere(damaged, LIMIT));
        assert.ok(ours === undefined || ours === theirs);
        if (theirs !== undefined) assert.is(ours, theirs);
      }),
      { numRuns: 400 },
    );
  });

  test('random bytes behind a good head are refused or unpacked as zlib would', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (some) => {
        const packed = Buffer.concat([Buffer.from([0x78, 0x9c]), some]);
        try {
          const ours = Buffer.from(inflateHere(packed, LIMIT));
          assert.equal(ours, inflateSync(packed));
        } catch (error) {
          assert.instance(error, Error);
          assert.not.instance(error, RangeError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('a bomb ends at the limit', () => {
    const packed = deflateSync(Buffer.alloc(3_000_000));
    assert.ok(packed.length < 4096);
    assert.throws(() => inflate(packed, LIMIT));
    assert.is(inflate(packed, 3_000_000).length, 3_000_000);
  });
});
