/**
 * The program itself, killed again and again while jobs are handed in, run and committed: nothing that was acknowledged
 * is lost, nothing counts twice, and the ledger tells of all of it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { isBitError } from '../../../src/kernel/errors.ts';
import { isJsonObject } from '../../../src/kernel/json.ts';
import { openLedgerReader } from '../../../src/ledger/index.ts';
import { suite } from '../../suite.ts';
import { type World, world } from '../../world.ts';
import { clientOf, dialTo, JOB, newSigner, TestRunner, until } from './ground.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', '..', 'bin', 'run.js');
const JOBS = 120;
const KILLS = 4;

interface Serving {
  readonly child: ChildProcess;
  readonly address: string;
}

async function serve(place: World, key: string, listen: string): Promise<Serving> {
  const words = ['mesh', 'serve', '--listen', listen, '--tls', 'off', '--no-announce', '--client', key];
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    cwd: place.dir,
    env: place.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let told = '';
  child.stderr.on('data', (text) => {
    told += text;
  });
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'close').then(() => Promise.reject(new Error(`it ended: ${told}`)));
  ended.catch(() => undefined);
  const [address] = (await Promise.race([once(lines, 'line'), ended])) as [string];
  return { child, address };
}

async function kill({ child }: Serving): Promise<void> {
  const over = once(child, 'close');
  child.kill('SIGKILL');
  await over;
}

/** Works on what it is given and repeats the result until it hears that it is committed, or will never be. */
async function stubborn(assigned: { job_id: string; fence: number }, runner: TestRunner): Promise<void> {
  while (runner.held.get(assigned.job_id) === assigned.fence) {
    try {
      await runner.finish(assigned);
      runner.held.delete(assigned.job_id);
    } catch (error) {
      if (isBitError(error, 'cancelled')) return;
      await sleep(20);
    }
  }
}

suite('a controller that is killed', (test) => {
  test('forgets nothing that it acknowledged', async () => {
    const place = world();
    const client = newSigner();
    let serving: Serving | undefined;
    try {
      place.git('init', '-q');
      place.write('.bit/mesh/config.yml', 'mesh:\n  rate_limits: { per_peer_rps: 100000, burst: 100000 }\n');
      serving = await serve(place, client.publicKey, '127.0.0.1:0');
      const { address } = serving;
      const listen = address.replace('ws://', '');
      const dial = dialTo(address);
      const mesh = await clientOf(dial, client, address);
      const runners = [1, 2, 3].map(
        (n) => new TestRunner({ id: `aln://runner/crash/r${n}`, work: stubborn }),
      );
      await Promise.all(runners.map((runner) => runner.start(dial)));
      const acknowledged = new Set<string>();
      let asked = 0;
      const submitting = Promise.all(
        Array.from({ length: 8 }, async () => {
          while (asked < JOBS) {
            const key = `job-${asked++}`;
            // repeated under its key until it is acknowledged
            for (;;) {
              const done = await mesh.submit(JOB, key).catch(() => undefined);
              if (done !== undefined) acknowledged.add(done.job_id);
              if (done !== undefined) break;
              await sleep(20);
            }
            await sleep(40);
          }
        }),
      );
      for (let n = 0; n < KILLS; n++) {
        await sleep(150 + 170 * n);
        await kill(serving);
        serving = await serve(place, client.publicKey, listen);
      }
      await submitting;
      assert.is(acknowledged.size, JOBS, 'a submission is one job however often it is repeated');
      await until(async () => {
        const { jobs } = await mesh.jobs({ limit: 500 });
        return jobs.length === JOBS && jobs.every(({ standard }) => standard === 'CompletedSuccessfully');
      }, 60_000);
      const { jobs } = await mesh.jobs({ limit: 500 });
      assert.equal(new Set(jobs.map(({ job_id }) => job_id)), acknowledged);
      const won = new Map<string, number>();
      for (const runner of runners)
        for (const { job_id, committed, duplicate } of runner.committed)
          if (committed && !duplicate) won.set(job_id, (won.get(job_id) ?? 0) + 1);
      for (const [job, times] of won) assert.is(times, 1, `${job} was committed once`);
      await Promise.all([mesh.close(), ...runners.map(({ link }) => link?.close())]);
      const over = once(serving.child, 'close');
      serving.child.kill('SIGINT');
      await over;
      await ledgerTells(place, acknowledged);
      const [job = ''] = acknowledged;
      const { stdout } = await place.bit('why', job);
      for (const event of ['JOB_SUBMIT', 'JOB_ASSIGN', 'JOB_RESULT']) assert.match(stdout, event);
    } finally {
      if (serving !== undefined && serving.child.exitCode === null) await kill(serving);
      place.close();
    }
  });
});

/** Every job is told of from its submission to its one result, and the chain holds. */
async function ledgerTells(place: World, jobs: ReadonlySet<string>): Promise<void> {
  const ledger = openLedgerReader({ directory: join(place.dir, '.git', 'bit', 'ledger') });
  assert.ok(ledger.verify().ok);
  const told = new Map<string, Set<string>>();
  for (const { phase, event, payload } of ledger.entries()) {
    if (phase !== 'note' || payload === undefined) continue;
    const changes = Array.isArray(payload['changes']) ? payload['changes'] : [{ event, ...payload }];
    for (const change of changes) {
      if (!isJsonObject(change) || typeof change['job_id'] !== 'string') continue;
      const name = `${change['job_id']} ${String(change['event'])}`;
      const ids = told.get(name) ?? new Set();
      told.set(name, ids.add(String(change['id'])));
    }
  }
  for (const job of jobs) {
    assert.is(told.get(`${job} JOB_SUBMIT`)?.size, 1, `${job} was submitted once`);
    assert.is(told.get(`${job} JOB_RESULT`)?.size, 1, `${job} has one result`);
  }
}
