import * as assert from 'uvu/assert';
import { orderJobs } from '../../src/planner/order.ts';
import { criticalPath, simulate, type TimedJob } from '../../src/planner/simulate.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

const job = (id: string, milliseconds: number, needs: readonly string[] = []): TimedJob => ({
  id,
  needs,
  instances: [milliseconds],
  lanes: 1,
  slot: true,
});

/** Any graph without a circle: a job needs some of those that were made before it, and stands anywhere. */
const graphs = (most: number) =>
  fc
    .array(
      fc.record({
        instances: fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 3 }),
        lanes: fc.integer({ min: 1, max: 3 }),
        slot: fc.integer({ min: 0, max: 9 }).map((die) => die > 0),
        needs: fc.array(fc.nat(), { maxLength: 3 }),
        place: fc.nat(),
      }),
      { minLength: 1, maxLength: most },
    )
    .map((made) =>
      made
        .map(({ needs, place, ...rest }, at) => ({
          ...rest,
          id: `j${at}`,
          needs: at === 0 ? [] : [...new Set(needs.map((need) => `j${need % at}`))],
          place,
        }))
        .sort((a, b) => a.place - b.place),
    );

function permutations(ids: readonly string[]): string[][] {
  if (ids.length <= 1) return [[...ids]];
  return ids.flatMap((id) => permutations(ids.filter((one) => one !== id)).map((rest) => [id, ...rest]));
}

suite('planner: the order of jobs', (test) => {
  test('the long chain that stands last is put first, and the run gets shorter', () => {
    const jobs = [job('a', 30), job('b', 30), job('long', 50), job('end', 40, ['long'])];
    const { order, makespan, written } = orderJobs(jobs, 2);
    assert.is(written, 120);
    assert.is(makespan, 90);
    assert.is(order[0], 'long');
  });

  test('what is best as written stays as it is written', () => {
    const jobs = [job('long', 50), job('end', 40, ['long']), job('a', 30), job('b', 30)];
    assert.equal(orderJobs(jobs, 2).order, ['long', 'end', 'a', 'b']);
  });

  test('slots go to who waits longest, as the engine gives them', () => {
    // b and c wait since the start; d gets in line when a has ended, behind them
    const { jobs, makespan } = simulate([job('a', 10), job('b', 10), job('c', 10), job('d', 10, ['a'])], 1);
    assert.equal(jobs.get('d'), { start: 30, end: 40 });
    assert.is(makespan, 40);
  });

  test('instances of a matrix use their lanes, and a calling job no slot', () => {
    const matrix: TimedJob = { id: 'm', needs: [], instances: [10, 10, 10], lanes: 2, slot: true };
    assert.is(simulate([matrix], 8).makespan, 20);
    const call: TimedJob = { id: 'call', needs: [], instances: [100], lanes: 1, slot: false };
    assert.is(simulate([call, job('a', 100)], 1).makespan, 100);
    assert.equal(criticalPath([call, job('a', 5, ['call'])]), { jobs: ['call', 'a'], milliseconds: 105 });
  });

  test('a circle and an unknown need are refused', () => {
    assert.throws(() => orderJobs([job('a', 1, ['b']), job('b', 1, ['a'])], 2), /need each other/);
    assert.throws(() => orderJobs([job('a', 1, ['c'])], 2), /no such job/);
  });

  test('property: an order is never worse than the one written, never better than possible, and keeps jobs after their needs', () => {
    fc.assert(
      fc.property(graphs(24), fc.integer({ min: 1, max: 6 }), (jobs, slots) => {
        const { order, makespan, written } = orderJobs(jobs, slots);
        assert.equal([...order].sort(), jobs.map(({ id }) => id).sort());
        const byId = new Map(jobs.map((one) => [one.id, one]));
        const again = simulate(
          order.map((id) => byId.get(id) as TimedJob),
          slots,
        );
        assert.is(again.makespan, makespan);
        assert.ok(makespan <= written);
        const total = jobs.reduce(
          (sum, { slot, instances }) => sum + (slot ? instances.reduce((a, b) => a + b) : 0),
          0,
        );
        assert.ok(makespan >= Math.max(criticalPath(jobs).milliseconds, total / slots) - 1e-6);
        const tidy = (ids: readonly string[]): boolean =>
          ids.every((id, at) => (byId.get(id)?.needs ?? []).every((need) => ids.indexOf(need) < at));
        if (tidy(jobs.map(({ id }) => id))) assert.ok(tidy(order));
        // every job starts when all it needs has ended, and no more run at once than there are slots
        for (const { id, needs } of jobs)
          for (const need of needs)
            assert.ok(
              (again.jobs.get(id)?.start ?? -1) >= (again.jobs.get(need)?.end ?? Number.POSITIVE_INFINITY),
            );
      }),
      { numRuns: 300 },
    );
  });

  test('property: on small graphs it finds the best order there is nearly always', () => {
    let best = 0;
    let all = 0;
    let worst = 1;
    fc.assert(
      fc.property(graphs(6), fc.integer({ min: 1, max: 3 }), (jobs, slots) => {
        const byId = new Map(jobs.map((one) => [one.id, one]));
        const optimum = Math.min(
          ...permutations(jobs.map(({ id }) => id)).map(
            (order) =>
              simulate(
                order.map((id) => byId.get(id) as TimedJob),
                slots,
              ).makespan,
          ),
        );
        const { makespan } = orderJobs(jobs, slots);
        all++;
        // half a percent is left alone
        if (makespan <= optimum * 1.0051) best++;
        worst = Math.max(worst, makespan / optimum);
      }),
      { numRuns: 150 },
    );
    assert.ok(best / all >= 0.97, `${best} of ${all}, at worst ${worst}`);
  });
});
