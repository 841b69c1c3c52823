import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { runTree } from '../../src/kernel/process-tree.ts';
import { suite } from '../suite.ts';

const env = { PATH: process.env['PATH'] ?? '' };

function alive(pid: number): boolean {
  try {
    // one that ended and was not waited for still has a number
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

/** Those still there after as long as anybody would wait. */
async function left(pids: readonly number[]): Promise<number[]> {
  for (const late = Date.now() + 5000; pids.some(alive) && Date.now() < late; ) await sleep(20);
  return pids.filter(alive);
}

interface Given {
  readonly signal?: AbortSignal;
  readonly timeout?: number;
  readonly most?: number;
  readonly onSaid?: () => void;
}

async function run(script: string, options: Given = {}) {
  const cwd = mkdtempSync(join(tmpdir(), 'bit-tree-'));
  let said = '';
  const { most, onSaid, ...rest } = options;
  const result = await runTree({
    program: '/bin/sh',
    args: ['-c', script],
    cwd,
    env,
    ...rest,
    onOutput: (chunk) => {
      said += chunk.toString();
      onSaid?.();
      return most !== undefined && said.length > most;
    },
  });
  rmSync(cwd, { recursive: true });
  return { ...result, said };
}

suite('a process tree', (test) => {
  test('tells its exit code and all it said', async () => {
    assert.equal(await run('echo out; echo err >&2; exit 3'), {
      exitCode: 3,
      ended: 'exit',
      said: 'out\nerr\n',
    });
  });

  test('that can not be started says so', async () => {
    const result = await runTree({ program: '/no/such', args: [], cwd: '/', env, onOutput: () => undefined });
    assert.equal([result.exitCode, result.ended], [127, 'unstartable']);
  });

  test('ends whole at its time, also what made a session of its own', async () => {
    const { ended, said } = await run('sleep 60 & echo $!; setsid sleep 61 & echo $!; sleep 62', {
      timeout: 1500,
    });
    assert.is(ended, 'timeout');
    const pids = said.trim().split('\n').map(Number);
    assert.is(pids.length, 2);
    assert.equal(await left(pids), []);
  });

  test('ends whole when it is called off, although it does not listen', async () => {
    const controller = new AbortController();
    const { ended, said } = await run('trap "" TERM INT; sleep 60 & echo $!; while :; do sleep 0.1; done', {
      signal: controller.signal,
      onSaid: () => controller.abort(),
    });
    assert.is(ended, 'aborted');
    assert.equal(await left(said.trim().split('\n').map(Number)), []);
  });

  test('leaves nothing behind in its group', async () => {
    const began = performance.now();
    const { said } = await run('sleep 60 & echo $!');
    assert.ok(performance.now() - began < 5000);
    assert.equal(await left([Number(said)]), []);
  });

  test('that says too much is ended', async () => {
    const { ended } = await run('yes', { most: 1 << 20 });
    assert.is(ended, 'flood');
  });
});
