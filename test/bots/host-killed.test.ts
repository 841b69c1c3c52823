import * as assert from 'uvu/assert';
import { botsCampaign } from '../../scripts/campaign/bots.ts';
import { suite } from '../suite.ts';

suite('the host of the bots, killed', (test) => {
  test('has every commit tagged once and told of once, whatever was killed', async () => {
    assert.ok(await botsCampaign({ events: 3, seed: 11, longest: 6_000, kills: 4, patience: 120_000 }));
  });
});
