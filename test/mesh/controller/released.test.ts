import * as assert from 'uvu/assert';
import { signRelease } from '../../../src/mesh/identity/index.ts';
import { suite } from '../../suite.ts';
import { JOB, meshGround, newSigner, until } from './ground.ts';
import { memoryStore } from './memory-store.ts';

suite('a lease given back for a runner that ended', (test) => {
  test('passes on at once, signed by the runner, and only while it stands', async () => {
    const ground = await meshGround({ store: memoryStore() });
    const post = async (body: unknown): Promise<number> => {
      const url = `${ground.listener.address.replace(/^ws/, 'http').replace(/\/mesh$/, '')}/leases/released`;
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      return (await fetch(url, { method: 'POST', body: text })).status;
    };
    try {
      const first = await ground.runner({ work: () => {} });
      const client = await ground.client();
      const { job_id } = await client.submit(JOB, 'one');
      await until(() => first.held.has(job_id));
      const second = await ground.runner({ work: () => {} });
      const lease = { runner_id: first.id, job_id, fence: 1 };
      const told = (one: { job_id: string; fence: number; signature: string }) =>
        post({ runner_id: first.id, leases: [one] });
      assert.is(await told(signRelease(lease, newSigner())), 200, 'a stranger is told nothing');
      assert.is(await told({ ...signRelease({ ...lease, fence: 2 }, first.signer), fence: 1 }), 200);
      assert.is(await post('{'), 400);
      assert.is(await post({ runner_id: first.id, leases: [{ ...lease, signature: 'x' }] }), 400);
      assert.is(await post('x'.repeat(300_000)), 400);
      assert.is((await client.job(job_id)).runner_id, first.id);
      await first.link?.close();
      const signed = signRelease(lease, first.signer);
      const began = performance.now();
      assert.is(await told(signed), 200);
      await until(() => second.held.get(job_id) === 2);
      assert.ok(performance.now() - began < 2000);
      assert.is(await told(signed), 200);
      assert.is(await told({ ...signed, fence: 2 }), 200);
      await second.finish({ job_id, fence: 2 });
      const { state, attempt } = await client.job(job_id);
      assert.equal([state, attempt], ['Completed', 2]);
      const again = ground.notes.filter(({ event }) => event === 'JOB_REQUEUE');
      assert.is(again.length, 1);
      assert.match(JSON.stringify(again[0]?.payload), 'its runner ended');
      assert.equal(ground.faults, []);
    } finally {
      await ground.close();
    }
  });
});
