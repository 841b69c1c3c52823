import * as assert from 'uvu/assert';
import { formatPointer, parsePointer } from '../../src/assets/index.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

const OID = '4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393';
const TEXT = `version https://git-lfs.github.com/spec/v1\noid sha256:${OID}\nsize 12345\n`;
const bytes = (text: string): Buffer => Buffer.from(text);

suite('git-lfs pointer', (test) => {
  test('writes the text of the specification, and nothing for nothing', () => {
    assert.is(formatPointer({ oid: OID, size: 12345 }), TEXT);
    assert.is(formatPointer({ oid: OID, size: 0 }), '');
  });

  test('reads back every pointer it writes', () => {
    const oid = fc.stringMatching(/^[0-9a-f]{64}$/);
    fc.assert(
      fc.property(oid, fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (one, size) => {
        assert.equal(parsePointer(bytes(formatPointer({ oid: one, size }))), { oid: one, size });
      }),
    );
  });

  test('passes over the lines of extensions', () => {
    const text = TEXT.replace('oid sha256', `ext-0-case sha256:${OID}\noid sha256`);
    assert.equal(parsePointer(bytes(text)), { oid: OID, size: 12345 });
  });

  test('takes anything that is not exactly a pointer for content', () => {
    const others = [
      '',
      TEXT.replace('v1', 'v2'),
      TEXT.replace('size 12345', 'size -1'),
      TEXT.replace('size 12345', 'size 012'),
      TEXT.replace('size 12345', 'size 99999999999999999'),
      TEXT.replace(OID, OID.toUpperCase()),
      TEXT.replace(OID, OID.slice(1)),
      TEXT.replace('oid', 'Oid'),
      `${TEXT}other 1\n`,
      `${TEXT}\n`,
      TEXT.replace(`oid sha256:${OID}\nsize 12345\n`, `size 12345\noid sha256:${OID}\n`),
      TEXT + ' '.repeat(1024),
    ];
    for (const text of others) assert.is(parsePointer(bytes(text)), undefined, JSON.stringify(text));
  });

  test('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (content) => parsePointer(content) === undefined),
    );
  });
});
