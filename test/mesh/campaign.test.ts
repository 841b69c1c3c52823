import * as assert from 'uvu/assert';
import { meshCampaign } from '../../scripts/campaign/mesh/index.ts';
import { suite } from '../suite.ts';

/** On NATS it is `npm run campaign -- mesh` alone: what is of that store is in its contract and in two-controllers.test.ts. */
suite('a mesh under faults', (test) => {
  test('ends each job in one result, whatever is killed, cut, late or told twice', async () => {
    const options = { jobs: 48, runners: 3, engine: 'embedded', patience: 240_000 } as const;
    // by what was done, not by the clock: each happens, on a fast machine and on a slow one
    const faults = { every: 8, turns: ['runner', 'controller', 'cut', 'runner', 'controller'] } as const;
    assert.ok(await meshCampaign({ ...options, faults, seed: process.pid }));
  });
});
