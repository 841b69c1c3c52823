import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { needsOf } from '../../../src/mesh/controller/autoscale.ts';
import { detectCapabilities } from '../../../src/mesh/runner/capabilities.ts';
import { findGpus, gpusOf } from '../../../src/mesh/runner/gpus.ts';
import { runnerManifestOf } from '../../../src/mesh/settings/index.ts';
import { suite } from '../../suite.ts';
import { JOB, meshGround, until } from './ground.ts';
import { memoryStore } from './memory-store.ts';

const GB = 1024 ** 3;

suite('what a runner has', (test) => {
  test('is what its manifest says, and what the machine has where it says nothing', () => {
    const said = 'runner:\n  id: aln://runner/a\n  resources: { cpu: 1.5, memory_mb: 2048, gpus: 3 }\n';
    const { resources } = detectCapabilities(runnerManifestOf(said), {});
    assert.equal(
      { ...resources, gpus: undefined },
      { cpu: 1.5, memory_bytes: 2 * GB, gpu: 3, gpus: undefined },
    );
    const found = detectCapabilities(runnerManifestOf('runner:\n  id: aln://runner/a\n'), {}).resources;
    assert.ok(found.cpu >= 1 && found.memory_bytes > 0 && Number.isInteger(found.gpu));
  });

  test('is GPUs by their kinds: nvidia-smi’s word, then the driver’s, then that of the bus', () => {
    const root = mkdtempSync(join(tmpdir(), 'bit-gpus-'));
    const put = (path: string, text: string, mode = 0o644): void => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text, { mode });
    };
    const device = (slot: string, [vendor, id, kind]: readonly string[], driver?: string): void => {
      const folder = `sys/bus/pci/devices/${slot}`;
      put(`${folder}/vendor`, `0x${vendor}\n`);
      put(`${folder}/device`, `0x${id}\n`);
      put(`${folder}/class`, `0x${kind}\n`);
      if (driver !== undefined)
        symlinkSync(`../../../bus/pci/drivers/${driver}`, join(root, folder, 'driver'));
    };
    try {
      assert.equal(findGpus({}, root), { count: 0, kinds: {} });
      device('0000:01:00.0', ['10de', '2236', '030200'], 'nvidia');
      device('0000:02:00.0', ['10de', '2236', '030200'], 'nvidia');
      device('0000:03:00.0', ['10de', '20b2', '030200'], 'vfio-pci');
      device('0000:04:00.0', ['1002', 'ffff', '030000'], 'amdgpu');
      device('0000:05:00.0', ['8086', '4680', '030000'], 'i915');
      device('0000:06:00.0', ['10de', '1aef', '040300'], 'snd_hda_intel');
      assert.equal(findGpus({}, root), { count: 3, kinds: { A10: 2, 'amd-ffff': 1 } });
      put('proc/driver/nvidia/gpus/0000:01:00.0/information', 'Model: \t\t NVIDIA A100-SXM4-80GB\nIRQ: 1\n');
      assert.equal(findGpus({}, root), { count: 1, kinds: { 'A100-SXM4-80GB': 1, A100: 1 } });
      put(
        'bin/nvidia-smi',
        '#!/bin/sh\n[ "$1" = --query-gpu=name ] && printf "Tesla T4\\nTesla T4\\n"\n',
        0o755,
      );
      const env = { PATH: `${join(root, 'bin')}:/usr/bin:/bin` };
      assert.equal(findGpus(env, root), { count: 2, kinds: { T4: 2 } });
      const manifest = (lines: string) => runnerManifestOf(`runner:\n  id: aln://runner/a\n${lines}`);
      const found = detectCapabilities(manifest(''), {}, findGpus(env, root));
      assert.equal(found.capabilities['gpu'], ['T4']);
      assert.equal(found.resources.gpus, { T4: 2 });
      const both = detectCapabilities(
        manifest('  capabilities: { gpu: [L4] }\n  resources: { gpus: 3 }\n'),
        {},
        findGpus(env, root),
      );
      assert.equal(both.capabilities['gpu'], ['L4', 'T4']);
      assert.equal(both.resources.gpus, { T4: 2, L4: 1 });
      assert.is(both.resources.gpu, 3);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });

  test('has to be what the profile of a job asks for', async () => {
    const needs = needsOf({
      'vsc-gpu': { resources: { gpus: 'A10:1', memoryGB: 64, cpus: 4 } },
      plain: undefined,
      any: { resources: { gpus: 'a10' } },
    });
    assert.equal(needs, {
      'vsc-gpu': { cpu: 4, memory_bytes: 64e9, gpus: { kind: 'A10', count: 1 } },
      any: { gpus: { kind: 'a10', count: 1 } },
    });
    const ground = await meshGround({ store: memoryStore(), parts: { lifecycle: { needs } } });
    try {
      const profile = 'vsc-gpu';
      const has = { cpu: 8, memory_bytes: 96 * GB, gpu: 1 };
      const idle = { work: () => {} };
      const wrong = [
        await ground.runner({ ...idle, hello: { profile } }),
        await ground.runner({ ...idle, hello: { profile, resources: { ...has, gpus: { T4: 1 } } } }),
        await ground.runner({
          ...idle,
          hello: {
            profile,
            resources: { ...has, memory_bytes: 32 * GB, gpus: gpusOf(['NVIDIA A10']).kinds },
          },
        }),
        await ground.runner({ ...idle, hello: { profile, resources: { ...has, cpu: 2, gpus: { A10: 1 } } } }),
        await ground.runner({ ...idle, hello: { resources: { ...has, gpus: { A10: 1 } } } }),
      ];
      const client = await ground.client();
      const { job_id } = await client.submit({ ...JOB, profile }, 'one');
      const other = await client.submit({ ...JOB, profile: 'none-of-these' }, 'two');
      const plain = await client.submit(JOB, 'three');
      await until(() => wrong.some(({ held }) => held.has(plain.job_id)));
      assert.not(wrong.some(({ held }) => held.has(job_id)));
      const right = await ground.runner({
        ...idle,
        hello: { profile, resources: { ...has, gpus: gpusOf(['NVIDIA A10', 'NVIDIA A10']).kinds } },
      });
      await until(() => right.held.has(job_id));
      assert.is((await client.job(other.job_id)).runner_id, undefined);
      assert.equal(ground.faults, []);
    } finally {
      await ground.close();
    }
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
