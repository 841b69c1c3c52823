import * as assert from 'uvu/assert';
import { meshCampaign } from '../../scripts/campaign/mesh/index.ts';
import { suite } from '../suite.ts';

/** On NATS it is `npm run campaign -- mesh` alone: what is of that store is in its contract and in two-controllers.test.ts. */
suite('a mesh under faults', (test) => {
  test('ends each job in one result, whatever is killed, cut, late or told twice', async () => {
    const options = { jobs: 60, runners: 3, engine: 'embedded', patience: 240_000 } as const;
    assert.ok(await meshCampaign({ ...options, seed: process.pid }));
  });
});
