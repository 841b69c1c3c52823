import * as assert from 'uvu/assert';
import { isBitError } from '../../src/kernel/errors.ts';
import { parseMoment } from '../../src/kernel/moment.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

const now = new Date('2026-03-31T12:00:00Z');
const iso = (text: string): string => parseMoment(text, now).toISOString();

suite('moment', (test) => {
  test('reads times with a zone as they stand', () => {
    assert.is(iso('2026-01-31T10:00:00Z'), '2026-01-31T10:00:00.000Z');
    assert.is(iso('2026-01-31 10:00+02:00'), '2026-01-31T08:00:00.000Z');
  });

  test('reads a day as its first local instant', () => {
    assert.is(iso('2026-01-31'), new Date(2026, 0, 31).toISOString());
    assert.is(iso('yesterday'), new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1).toISOString());
  });

  test('reads how long ago', () => {
    assert.is(iso('90m'), '2026-03-31T10:30:00.000Z');
    assert.is(iso('2 weeks ago'), '2026-03-17T12:00:00.000Z');
    assert.is(iso('1 day'), '2026-03-30T12:00:00.000Z');
    assert.is(parseMoment('1 month ago', now).getMonth(), 1);
    assert.is(parseMoment('1 month ago', now).getDate(), 28);
  });

  test('refuses days that don’t exist and words that are no time, whatever they are', () => {
    for (const text of ['2026-02-31', '2026-13-01', '', 'soon', '5 parsecs ago', '-1d'])
      assert.throws(() => iso(text));
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        try {
          assert.ok(!Number.isNaN(parseMoment(text, now).getTime()));
        } catch (error) {
          assert.ok(isBitError(error, 'usage'), String(error));
        }
      }),
    );
  });
});
