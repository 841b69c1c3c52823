import * as assert from 'uvu/assert';
import type { JobNews } from '../../../src/mesh/client/index.ts';
import { suite } from '../../suite.ts';
import { JOB, meshGround, until } from './ground.ts';
import { memoryStore } from './memory-store.ts';

suite('a job that its runner lets go', (test) => {
  test('says why while it waits, in its row, in the list and to who watches, and no more once another has it', async () => {
    const ground = await meshGround({ store: memoryStore() });
    try {
      const first = await ground.runner({
        work: ({ job_id, fence }, { link }) =>
          void link?.send('JOB_DECLINE', { job_id, fence, code: 'preflight', reason: 'the disk is full' }),
      });
      const client = await ground.client();
      const { job_id } = await client.submit(JOB, 'one');
      const why = `${first.id}: the disk is full`;
      await until(async () => (await client.job(job_id)).reason !== undefined);
      const row = await client.job(job_id);
      assert.equal([row.standard, row.reason, row.attempt], ['Pending', why, 1]);
      const { jobs } = await client.jobs({ limit: 10 });
      assert.equal(
        jobs.map(({ reason }) => reason),
        [why],
      );
      const news: JobNews[] = [];
      const watching = (async () => {
        for await (const one of client.watch(job_id, { logs: false })) news.push(one);
      })();
      await until(() => news.length > 0);
      const second = await ground.runner();
      await watching;
      const states = news.flatMap((one) => (one.kind === 'state' ? [one] : []));
      assert.is(states[0]?.reason, why, JSON.stringify(states));
      const done = states.at(-1);
      assert.equal([done?.standard, done?.runner_id], ['CompletedSuccessfully', second.id]);
      assert.is(done?.reason, undefined);
      const again = ground.notes.filter(({ event }) => event === 'JOB_REQUEUE');
      assert.match(JSON.stringify(again.map(({ payload }) => payload)), 'the disk is full');
    } finally {
      await ground.close();
    }
  });
});
