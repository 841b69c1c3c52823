import * as assert from 'uvu/assert';
import { workflowCampaign } from '../../scripts/campaign/workflow.ts';
import { suite } from '../suite.ts';

suite('the engine killed', (test) => {
  test('goes on after its last finished step, and leaves nothing running', async () => {
    assert.ok(await workflowCampaign({ rounds: 2, seed: process.pid }));
  });
});
