import * as assert from 'uvu/assert';
import { detectCapabilities } from '../../../src/mesh/runner/capabilities.ts';
import { runnerManifestOf } from '../../../src/mesh/settings/index.ts';
import { suite } from '../../suite.ts';
import { JOB, meshGround, until } from './ground.ts';
import { memoryStore } from './memory-store.ts';

const GB = 1024 ** 3;

suite('what a runner has', (test) => {
  test('is what its manifest says, and what the machine has where it says nothing', () => {
    const said = 'runner:\n  id: aln://runner/a\n  resources: { cpu: 1.5, memory_mb: 2048, gpus: 3 }\n';
    const { resources } = detectCapabilities(runnerManifestOf(said), {});
    assert.equal(resources, { cpu: 1.5, memory_bytes: 2 * GB, gpu: 3 });
    const found = detectCapabilities(runnerManifestOf('runner:\n  id: aln://runner/a\n'), {}).resources;
    assert.ok(found.cpu >= 1 && found.memory_bytes > 0 && Number.isInteger(found.gpu));
  });

  test('decides which jobs it is offered, and how many at once', async () => {
    const ground = await meshGround({ store: memoryStore() });
    try {
      const small = await ground.runner({
        hello: { resources: { cpu: 2, memory_bytes: GB, gpu: 0 } },
        work: () => {},
      });
      const client = await ground.client();
      const asking = (resources: { cpu?: number; memory_bytes?: number; gpu?: number }) => ({
        ...JOB,
        required: { capabilities: ['build'], resources },
      });
      const gpu = await client.submit(asking({ gpu: 1 }), 'gpu');
      await client.submit(asking({ cpu: 3 }), 'cores');
      await client.submit(asking({ memory_bytes: 2 * GB }), 'memory');
      const first = await client.submit(asking({ cpu: 1.5 }), 'first');
      await until(() => small.held.has(first.job_id));
      const second = await client.submit(asking({ cpu: 1 }), 'second');
      const third = await client.submit(asking({ cpu: 0.5 }), 'third');
      await until(() => small.held.has(third.job_id));
      assert.is(small.held.has(second.job_id), false, 'half a core was left');
      assert.is(small.held.size, 2);
      const large = await ground.runner({ hello: { resources: { cpu: 8, memory_bytes: 8 * GB, gpu: 1 } } });
      await until(async () => (await client.job(gpu.job_id)).runner_id === large.id);
      assert.equal(ground.faults, []);
    } finally {
      await ground.close();
    }
  });
});
