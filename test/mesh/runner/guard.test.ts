import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { uptime } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { listProcesses, startedWith } from '../../../src/kernel/processes.ts';
import { verifyRelease } from '../../../src/mesh/identity/index.ts';
import { Guard } from '../../../src/mesh/runner/guard/index.ts';
import { suite } from '../../suite.ts';
import { signer } from './fake-mesh.ts';

interface Posted {
  readonly path: string;
  readonly body: {
    readonly runner_id: string;
    readonly leases: { job_id: string; fence: number; signature: string }[];
  };
}

const RUNNER = 'aln://runner/test';
const now = (): number => uptime() * 1000;
let count = 0;

/** Processes as a room has them, one of them a session of its own. */
function room(): { readonly pid: number; readonly marker: string; readonly alive: () => number } {
  const marker = `guard-test-${process.pid}-${++count}`;
  const child = spawn('/bin/sh', ['-c', 'sleep 300 & setsid sleep 300 & wait'], {
    env: { PATH: '/usr/bin:/bin', BIT_ROOM: marker },
    stdio: 'ignore',
  });
  const alive = (): number =>
    listProcesses().filter(({ pid, zombie }) => !zombie && startedWith(pid, 'BIT_ROOM') === marker).length;
  return { pid: child.pid ?? 0, marker, alive };
}

async function until(is: () => boolean, milliseconds = 8000): Promise<void> {
  for (const end = performance.now() + milliseconds; !is(); await sleep(20))
    if (performance.now() > end) throw new Error('it never came to that');
}

async function within(
  work: (here: {
    guard: Guard;
    posted: Posted[];
    publicKey: string;
    answer: { status: number };
  }) => Promise<void>,
): Promise<void> {
  const posted: Posted[] = [];
  const answer = { status: 200 };
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    posted.push({ path: request.url ?? '', body: JSON.parse(text) });
    response.writeHead(answer.status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const key = signer();
  const guard = new Guard({ runnerId: RUNNER, signer: key, notice: () => undefined });
  guard.controller(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, undefined);
  try {
    await work({ guard, posted, publicKey: key.publicKey, answer });
  } finally {
    guard.close();
    server.closeAllConnections();
    server.close();
  }
}

suite("a runner's guard", (test) => {
  if (process.platform !== 'linux') return;

  test('ends what a runner that is gone left behind, and gives its leases back, signed', () =>
    within(async ({ guard, posted, publicKey }) => {
      const one = room();
      await until(() => one.alive() === 3);
      guard.hold({ job_id: 'J-1', fence: 3 }, now() + 30_000);
      guard.room({ job_id: 'J-1', fence: 3 }, one);
      guard.hold({ job_id: 'J-2', fence: 1 }, now() + 30_000);
      guard.hold({ job_id: 'J-3', fence: 1 }, now() + 30_000);
      guard.drop({ job_id: 'J-3', fence: 1 });
      await sleep(300);
      assert.is(one.alive(), 3, 'while its runner is there nothing is ended');
      const { pid = 0 } = guard;
      // as when the kernel closes what a killed process had open
      guard.close();
      await until(() => posted.length > 0);
      assert.is(one.alive(), 0, 'told only once it is so');
      const [{ path, body } = { path: '', body: { runner_id: '', leases: [] } }] = posted;
      assert.is(path, '/leases/released');
      assert.equal(
        body.leases.map(({ job_id, fence }) => `${job_id} ${fence}`),
        ['J-1 3', 'J-2 1'],
      );
      for (const lease of body.leases) {
        assert.ok(verifyRelease({ runner_id: body.runner_id, ...lease }, publicKey));
        assert.not(verifyRelease({ runner_id: body.runner_id, ...lease, fence: 9 }, publicKey));
      }
      await until(() => !listProcesses().some((each) => each.pid === pid && !each.zombie));
    }));

  test('a job whose runner hangs is ended before its lease is over, a renewed one is not', () =>
    within(async ({ guard, posted }) => {
      const [hung, renewed] = [room(), room()];
      await until(() => hung.alive() === 3 && renewed.alive() === 3);
      const over = now() + 2000;
      guard.hold({ job_id: 'J-1', fence: 1 }, over);
      guard.room({ job_id: 'J-1', fence: 1 }, hung);
      guard.hold({ job_id: 'J-2', fence: 1 }, over);
      guard.room({ job_id: 'J-2', fence: 1 }, renewed);
      guard.until({ job_id: 'J-2', fence: 1 }, over + 30_000);
      await until(() => hung.alive() === 0);
      assert.ok(now() < over, 'before it could pass on');
      assert.is(renewed.alive(), 3);
      assert.equal(posted, [], 'its runner may still come to itself, and owes what it has');
      await until(() => now() > over);
      guard.close();
      await until(() => renewed.alive() === 0 && posted.length > 0);
      assert.equal(
        posted[0]?.body.leases.map(({ job_id }) => job_id),
        ['J-2'],
        'the other lease is over',
      );
    }));

  test('a controller that has no time yet is asked again', () =>
    within(async ({ guard, posted, answer }) => {
      answer.status = 503;
      guard.hold({ job_id: 'J-1', fence: 1 }, now() + 30_000);
      guard.close();
      await until(() => posted.length >= 2);
      answer.status = 200;
      const before = posted.length;
      await until(() => posted.length > before);
      await sleep(700);
      assert.is(posted.length, before + 1);
    }));

  test('a guard that was killed is replaced, and the next one knows all', () =>
    within(async ({ guard, posted }) => {
      const one = room();
      guard.hold({ job_id: 'J-1', fence: 1 }, now() + 30_000);
      guard.room({ job_id: 'J-1', fence: 1 }, one);
      const { pid: first = 0 } = guard;
      process.kill(first, 'SIGKILL');
      await until(() => guard.pid !== first);
      guard.close();
      await until(() => posted.length > 0 && one.alive() === 0);
      assert.equal(
        posted[0]?.body.leases.map(({ job_id }) => job_id),
        ['J-1'],
      );
    }));
});
