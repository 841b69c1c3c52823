import * as assert from 'uvu/assert';
import { BUGS, findPlanted } from '../../../scripts/campaign/mesh-simulation/planted.ts';
import { simulate } from '../../../scripts/campaign/mesh-simulation/simulate.ts';
import * as lifecycle from '../../../src/mesh/lifecycle/index.ts';
import { suite } from '../../suite.ts';

suite('mesh simulation', (test) => {
  test('whatever is killed, cut off, late or heard twice, every job ends once', () => {
    for (let seed = 1; seed <= 400; seed++) {
      const { violation } = simulate(lifecycle, seed);
      assert.is(violation, undefined, `seed ${seed}: ${violation}`);
    }
  });

  test('the same seed is the same schedule', () => {
    const first = simulate(lifecycle, 7, true);
    const again = simulate(lifecycle, 7, true);
    assert.equal(again.trace, first.trace);
    assert.ok((first.trace?.length ?? 0) > 10);
  });

  test('bugs that are planted are found: no fence, no margin, no idempotency', async () => {
    const planted = BUGS.filter(({ name }) =>
      [
        'the fence is not checked',
        'nobody waits for clocks that differ',
        'a result that was committed is unknown when it comes again',
        'the same key makes another job',
        'an assignment is said before it is written',
      ].includes(name),
    );
    assert.is(planted.length, 5);
    for (const { name, after } of await findPlanted(1, 1_500, planted)) assert.ok(after !== undefined, name);
  });
});
