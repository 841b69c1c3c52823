/** GPUs in a job's room: device files that are there to be used, and others that are not. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { gpuFiles } from '../../../src/mesh/runner/gpus.ts';
import { confinementFault, localExecutor } from '../../../src/workflow/index.ts';
import { requireService, suite } from '../../suite.ts';

suite('GPUs of a job', (test) => {
  const root = realpathSync(mkdtempSync('/var/tmp/bit-gpu-'));
  test.after(() => rmSync(root, { recursive: true, force: true }));

  test('their device files are found, and nothing else of /dev', () => {
    const dev = join(root, 'dev');
    mkdirSync(join(dev, 'dri'), { recursive: true });
    mkdirSync(join(dev, 'nvidia-caps'));
    for (const name of [
      'nvidia0',
      'nvidia12',
      'nvidiactl',
      'nvidia-uvm',
      'kfd',
      'sda',
      'nvidia0.bak',
      'mem',
      'nvidiax',
    ])
      writeFileSync(join(dev, name), '');
    assert.equal(
      gpuFiles(root).devices.map((path) => path.slice(dev.length + 1)),
      ['dri', 'kfd', 'nvidia-caps', 'nvidia-uvm', 'nvidia0', 'nvidia12', 'nvidiactl'],
    );
    assert.ok(gpuFiles(root).readable.includes(join(root, 'sys/bus/pci')));
    assert.equal(gpuFiles(join(root, 'nothing')), { devices: [], readable: [] });
  });

  if (!requireService('bubblewrap that may work', confinementFault() === undefined)) return;
  if (!requireService('root, who makes device files', process.getuid?.() === 0)) return;

  test('a job uses the devices it was given, and no others', async () => {
    const [given, kept] = [join(root, 'nvidia0'), join(root, 'nvidia1')];
    for (const path of [given, kept])
      assert.is(spawnSync('mknod', ['-m', '666', path, 'c', '1', '5']).status, 0);
    const work = join(root, 'work');
    mkdirSync(work);
    const said = { stdout: '', stderr: '' };
    const room = await localExecutor().open({
      ...{
        title: 'gpu',
        workspace: work,
        env: { PATH: '/usr/bin:/bin' },
        limits: {},
        writable: [],
        hidden: [],
      },
      sandbox: { network: 'none', confined: { readable: [kept], scratch: 1 << 20, devices: [given] } },
      grace: { interrupt: 0, terminate: 0 },
    });
    try {
      await room.run({
        argv: ['/bin/sh', '-c', `head -c 3 ${given} | wc -c; head -c 3 ${kept} | wc -c; echo end`],
        ...{ cwd: work, env: {}, signal: new AbortController().signal },
        onOutput: (stream, bytes) => {
          said[stream] += bytes.toString();
        },
      });
    } finally {
      await room.close();
    }
    assert.is(said.stdout, '3\n0\nend\n');
    assert.match(said.stderr, 'Permission denied');
  });
});
