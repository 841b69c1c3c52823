import * as assert from 'uvu/assert';
import { parseCron } from '../../src/schedule/cron.ts';
import { judge, nextWake } from '../../src/schedule/due.ts';
import type { Schedule } from '../../src/schedule/store.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

function schedule(cron: string, more: Partial<Schedule> = {}): Schedule {
  const rest = { workflow: 'w.yml', timezone: 'UTC', missed: 'skip', added: '2026-01-01T00:00:00Z' } as const;
  return { name: 's', cron, ...rest, ...more };
}

const at = (text: string): Date => new Date(text);
const times = (cron: string, zone: string, from: string, count: number): string[] =>
  parseCron(cron, zone)
    .nextRuns(count, at(from))
    .map((time) => time.toISOString());

suite('a cron line', (test) => {
  test('in a time zone follows its daylight saving: skipped times run after the gap, repeated ones once', () => {
    assert.equal(times('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2), [
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ]);
    assert.equal(times('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2), [
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ]);
  });

  test('takes names, lists, ranges, steps and nicknames', () => {
    assert.equal(times('*/30 9-10 * jan,feb mon', 'UTC', '2026-01-05T00:00:00Z', 2), [
      '2026-01-05T09:00:00.000Z',
      '2026-01-05T09:30:00.000Z',
    ]);
    assert.equal(times('@daily', 'UTC', '2026-01-05T00:00:00Z', 1), ['2026-01-06T00:00:00.000Z']);
  });

  for (const line of ['', 'x', '* * * *', '* * * * * *', '60 * * * *', '0 0 31 2 *', '* * * * * ; rm', '\0'])
    test(`${JSON.stringify(line)} is refused`, () => assert.throws(() => parseCron(line, 'UTC')));

  test('a zone that is none is refused', () =>
    assert.throws(() => parseCron('* * * * *', 'Mars/Base'), /no time zone/));

  test('no text makes the parser do anything but refuse', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (line) => {
        try {
          parseCron(line, 'UTC');
        } catch (error) {
          assert.is((error as { code?: string }).code, 'usage', String(error));
        }
      }),
      { numRuns: 500 },
    );
  });
});

suite('what is due', (test) => {
  test('a time that just came is due, once', () => {
    const first = judge([schedule('0 12 * * *')], {}, at('2026-01-01T12:00:20Z'));
    assert.equal(
      first.due.map(({ at }) => at.toISOString()),
      ['2026-01-01T12:00:00.000Z'],
    );
    const second = judge([schedule('0 12 * * *')], first.handled, at('2026-01-01T12:00:40Z'));
    assert.equal(second.due, []);
    assert.equal(judge([schedule('0 12 * * *')], second.handled, at('2026-01-02T12:00:01Z')).due.length, 1);
  });

  test('times that were missed go by, or are made up for by one run', () => {
    const now = at('2026-01-04T15:00:00Z');
    const { due, skipped } = judge([schedule('0 12 * * *')], {}, now);
    assert.equal([due.length, skipped.length, skipped[0]?.missed], [0, 1, 3]);
    const once = judge([schedule('0 12 * * *', { missed: 'once' })], {}, now);
    assert.equal([once.due.length, once.due[0]?.missed], [1, 3]);
    assert.is(once.handled['s'], '2026-01-04T12:00:00.000Z');
  });

  test('nothing is due before it was added', () => {
    assert.equal(judge([schedule('0 12 * * *')], {}, at('2025-12-31T12:00:10Z')).due, []);
  });

  test('a year of minutes missed is walked through in no time, to the last one', () => {
    const { due } = judge([schedule('* * * * *', { missed: 'once' })], {}, at('2027-01-01T00:00:30Z'));
    assert.is(due[0]?.at.toISOString(), '2027-01-01T00:00:00.000Z');
  });

  test('over any way of looking every time is seen to at most once, and none in between is lost', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5400 }), { minLength: 1, maxLength: 12 }), (steps) => {
        const one = schedule('*/7 * * * *', { missed: 'once' });
        let handled = {};
        let now = at(one.added).getTime();
        const seen: string[] = [];
        for (const step of steps) {
          now += step * 1000;
          const judged = judge([one], handled, new Date(now));
          handled = judged.handled;
          for (const { at, missed } of judged.due) {
            seen.push(at.toISOString());
            for (let n = 0; n < missed; n++) seen.push('missed');
          }
        }
        const came = parseCron(one.cron, 'UTC')
          .nextRuns(300, at(one.added))
          .filter((time) => time.getTime() <= now);
        assert.is(seen.length, came.length);
        assert.is(
          new Set(seen.filter((time) => time !== 'missed')).size,
          seen.filter((time) => time !== 'missed').length,
        );
      }),
      { numRuns: 10 },
    );
  });

  test('it wakes for the soonest time, and looks again at least so often', () => {
    const now = at('2026-01-01T11:59:50Z');
    assert.is(nextWake([schedule('0 12 * * *')], now, 30_000), 10_000);
    assert.is(nextWake([schedule('0 13 * * *')], now, 30_000), 30_000);
    assert.is(nextWake([], now, 30_000), 30_000);
  });
});
