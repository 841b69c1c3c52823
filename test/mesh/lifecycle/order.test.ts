import * as assert from 'uvu/assert';
import { Heap } from '../../../src/mesh/lifecycle/heap.ts';
import { countsOf } from '../../../src/mesh/lifecycle/index.ts';
import fc from '../../property.ts';
import { suite } from '../../suite.ts';
import { Rig } from './rig.ts';

interface Offered {
  readonly job_id: string;
  readonly priority: number;
  readonly repo: string;
  readonly to: string;
}

/** Offers made since the last look. */
function offers(rig: Rig): Offered[] {
  return rig.sent.splice(0).flatMap(({ to, said }) => {
    if (said.type !== 'JOB_OFFER') return [];
    const { job_id, priority, repo } = said.payload;
    return [{ job_id, priority, repo, to }];
  });
}

const wish = fc.record({ priority: fc.constantFrom(1, 5, 9), repo: fc.constantFrom('a', 'b', 'c') });

suite('mesh order', (test) => {
  test('no job is offered before one of a higher priority, and repositories of a priority take turns', () => {
    fc.assert(
      fc.property(
        fc.array(wish, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 3 }),
        (wishes, places) => {
          const rig = new Rig();
          const left = new Map<string, { priority: number; repo: string }>();
          for (const [n, { priority, repo }] of wishes.entries()) {
            const address = `git+https://example.com/${repo}.git`;
            left.set(rig.submit(`k${n}`, { priority, repo: address }), { priority, repo: address });
          }
          const had = new Map<string, number>();
          rig.join('a', { max_concurrent_jobs: places });
          for (let made = offers(rig); made.length > 0; made = offers(rig)) {
            for (const { job_id, priority, repo } of made) {
              left.delete(job_id);
              const waiting = [...left.values()];
              assert.ok(
                waiting.every((other) => other.priority <= priority),
                'a higher one waits',
              );
              const count = (had.get(`${priority} ${repo}`) ?? 0) + 1;
              had.set(`${priority} ${repo}`, count);
              for (const other of waiting)
                if (other.priority === priority)
                  assert.ok(
                    count - (had.get(`${priority} ${other.repo}`) ?? 0) <= 1,
                    'another one has had less',
                  );
            }
            assert.ok(countsOf(rig.mesh).bidding <= places);
            for (const { job_id } of made) {
              rig.bid('a', job_id);
              rig.result('a', job_id, 1);
            }
          }
          assert.is(left.size, 0);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('a heap gives back what was put in, least first', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (numbers) => {
        const heap = new Heap<number>((a, b) => a < b);
        for (const number of numbers) heap.push(number);
        const out: number[] = [];
        for (let next = heap.pop(); next !== undefined; next = heap.pop()) out.push(next);
        assert.equal(
          out,
          [...numbers].sort((a, b) => a - b),
        );
      }),
    );
  });
});
