import * as assert from 'uvu/assert';
import { meshCampaign } from '../../scripts/campaign/mesh/index.ts';
import { suite } from '../suite.ts';
import { startServer } from './store/server.ts';

suite('a mesh under faults', (test) => {
  test('ends each job in one result, whatever is killed, cut, late or told twice', async () => {
    const options = { jobs: 60, runners: 3, engine: 'embedded', patience: 240_000 } as const;
    assert.ok(await meshCampaign({ ...options, seed: process.pid }));
  });

  test('does so on NATS too', async () => {
    const server = await startServer();
    try {
      const options = {
        jobs: 12,
        runners: 3,
        engine: 'nats',
        natsUrl: server.url,
        patience: 240_000,
      } as const;
      assert.ok(await meshCampaign({ ...options, seed: process.pid }));
    } finally {
      await server.stop();
    }
  });
});
