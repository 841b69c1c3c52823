import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { makeCage } from '../../src/workflow/local/cage.ts';
import { suite } from '../suite.ts';

const LIMITS = { processes: 64, memory: 1024 ** 3, cpu: 1.5 };

function within(lines: string, folders: readonly string[], work: (root: string, self: string) => void): void {
  const root = mkdtempSync(join(tmpdir(), 'bit-cgroup-'));
  try {
    const self = join(root, 'self');
    writeFileSync(self, lines);
    for (const path of folders) {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), 'max\n');
    }
    work(root, self);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** What was written into the one group that was made in a folder. */
function written(folder: string): Record<string, string> {
  const [name = ''] = readdirSync(folder).filter((one) => one.startsWith('bit-'));
  const group = join(folder, name);
  return Object.fromEntries(
    readdirSync(group).map((file) => [file, readFileSync(join(group, file), 'utf8')]),
  );
}

suite('control groups of a job', (test) => {
  if (process.platform !== 'linux') return;

  test('of version 2 stand beside this process’s own, in the form that version has', () => {
    const own = 'user.slice/user-1000.slice/bit.service';
    const files = ['memory.max', 'pids.max', 'cpu.max'].map((file) => `${own}/${file}`);
    within(`0::/${own}\n`, files, (root, self) => {
      const cage = makeCage(LIMITS, { root, self });
      assert.equal(cage?.holds, { processes: 2, memory: 2, cpu: 2 });
      assert.equal(written(join(root, 'user.slice/user-1000.slice')), {
        'memory.max': '1073741824',
        'pids.max': '64',
        'cpu.max': '150000 100000',
      });
      assert.is(cage?.doors.length, 1, 'one group holds all three');
      assert.match(cage?.doors[0] ?? '', /user-1000\.slice\/bit-\d+-\d+\/cgroup\.procs$/);
      writeFileSync(cage?.doors[0] ?? '', '12\n13\n');
      assert.equal(cage?.pids(), [12, 13]);
    });
  });

  test('hold only what the machine has a controller for', () => {
    within('0::/a/b\n', ['a/b/pids.max'], (root, self) => {
      assert.equal(makeCage(LIMITS, { root, self })?.holds, { processes: 2 });
    });
    // this process stands at the root itself: beside it there is nothing
    within('0::/\n', ['memory.max', 'pids.max'], (root, self) => {
      assert.is(makeCage(LIMITS, { root, self }), undefined);
    });
    within('', [], (root, self) => assert.is(makeCage(LIMITS, { root, self }), undefined));
    within('0::/a/b\n', ['a/b/pids.max'], (root, self) => {
      assert.is(makeCage({}, { root, self }), undefined);
      assert.not(existsSync(join(root, 'a', 'bit-1')));
    });
  });

  test('of both versions at once are taken where each controller is', () => {
    const lines = '5:memory:/jobs\n3:cpu,cpuacct:/jobs\n0::/jobs/own\n';
    within(lines, ['memory/jobs/x', 'jobs/own/pids.max'], (root, self) => {
      const cage = makeCage(LIMITS, { root, self });
      assert.equal(cage?.holds, { memory: 1, processes: 2 });
      assert.equal(written(join(root, 'memory/jobs')), { 'memory.limit_in_bytes': '1073741824' });
      assert.equal(written(join(root, 'jobs')), { 'pids.max': '64' });
    });
  });
});
