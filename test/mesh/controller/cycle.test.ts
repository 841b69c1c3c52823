import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { isBitError } from '../../../src/kernel/errors.ts';
import { requireService, suite } from '../../suite.ts';
import { JOB, meshGround, type RunnerHow, until } from './ground.ts';
import { memoryStore } from './memory-store.ts';

const DENIES = `package bithub.mesh
default allow_job = false
allow_job {
  input.msg.type == "JOB_OFFER"
  input.msg.payload.priority <= input.config.max_priority
}
forbid_persona[msg] {
  not input.peer.persona == "strict"
  input.msg.payload.required.compliance == "critical"
  msg := "critical jobs require strict persona"
}
`;

suite('a controller', (test) => {
  test('takes a job, finds a runner for it and commits its result once', async () => {
    const store = memoryStore();
    const ground = await meshGround({ store });
    try {
      const runner = await ground.runner({ output: ['one\n', 'two\n'] });
      const client = await ground.client();
      const { job_id, duplicate } = await client.submit(JOB, 'first');
      assert.is(duplicate, false);
      const news = [];
      for await (const one of client.watch(job_id, { logs: true })) news.push(one);
      assert.is(news.at(-1)?.kind, 'state');
      const text = news.flatMap((one) => (one.kind === 'log' ? [one.data] : [])).join('');
      assert.is(text, 'one\ntwo\n');
      const row = await client.job(job_id);
      assert.is(row.standard, 'CompletedSuccessfully');
      assert.is(row.runner_id, runner.id);
      await until(() => ground.notes.length >= 3);
      const events = ground.notes.map(({ event }) => event);
      assert.equal(events, ['JOB_SUBMIT', 'JOB_ASSIGN', 'JOB_RESULT']);
      await until(() => runner.committed.length === 1);
      assert.is(runner.committed[0]?.ledger?.seq, 2, 'the runner is told where the ledger tells of it');
      const again = await client.submit(JOB, 'first');
      assert.equal(again, { job_id, duplicate: true });
      assert.equal(ground.faults, []);
    } finally {
      await ground.close();
    }
  });

  test('a claim without terms is answered like a bid', async () => {
    const ground = await meshGround({ store: memoryStore() });
    try {
      const runner = await ground.runner({ claims: true });
      const client = await ground.client();
      const { job_id } = await client.submit(JOB, 'claimed');
      await until(() => runner.committed.length === 1);
      const assigned = runner.messages.find(({ type }) => type === 'JOB_ASSIGN');
      assert.is(assigned !== undefined && 're' in assigned ? assigned.re : '', runner.bid);
      assert.is((await client.job(job_id)).state, 'Completed');
      // whoever begins on a claim alone works without a lease
      const result = await runner.finish({ job_id, fence: 7 });
      assert.is(result.committed, false);
      assert.equal(ground.faults, []);
    } finally {
      await ground.close();
    }
  });

  test('tells who submits which rule refused it, and keeps the refusal', async () => {
    const policies =
      'package guard\n\ndeny contains "no jobs on sundays" if input.msg.type == "JOB_SUBMIT"\n';
    const ground = await meshGround({ store: memoryStore(), policies });
    try {
      const client = await ground.client();
      const refused = await client.submit(JOB, 'one').catch((error: unknown) => error);
      assert.ok(
        isBitError(refused, 'denied') && refused.message.includes('no jobs on sundays'),
        String(refused),
      );
      await until(() => ground.notes.some(({ denied }) => denied === true));
      const { payload } = ground.notes.find(({ denied }) => denied === true) ?? {};
      assert.match(JSON.stringify(payload), /data\.guard\.deny mesh\.rego:3/);
    } finally {
      await ground.close();
    }
  });

  test('offers a job to runners that policies permit alone, and says why to the others', async () => {
    const store = memoryStore();
    const ground = await meshGround({ store, policies: DENIES });
    try {
      const hybrid = await ground.runner({ hello: { persona: 'hybrid' } });
      const client = await ground.client();
      const job = { ...JOB, required: { capabilities: ['build'], compliance: 'critical' } };
      const { job_id } = await client.submit(job, 'critical');
      await until(() => ground.notes.some(({ denied }) => denied === true));
      assert.is(
        hybrid.messages.some(({ type }) => type === 'JOB_OFFER'),
        false,
      );
      assert.match(
        JSON.stringify(ground.notes.find(({ denied }) => denied === true)?.payload),
        /critical jobs require strict persona/,
      );
      await until(async () => (await client.job(job_id)).reason?.includes('strict persona') === true);
      const strict = await ground.runner({ hello: { persona: 'strict' } });
      await until(async () => (await client.job(job_id)).standard === 'CompletedSuccessfully');
      assert.is((await client.job(job_id)).runner_id, strict.id);
    } finally {
      await ground.close();
    }
  });

  test('takes no result with another signature, nor one under another lease', async () => {
    const ground = await meshGround({ store: memoryStore() });
    try {
      const outcomes: unknown[] = [];
      const work: RunnerHow['work'] = async (assigned, runner) => {
        const forged = { ...assigned, fence: assigned.fence + 1 };
        outcomes.push(await runner.finish(forged));
        const end = {
          ...{ job_id: assigned.job_id, fence: assigned.fence, idempotency_key: 'k', exit_code: 0 },
          ...{
            status: 'CompletedSuccessfully' as const,
            metrics: {},
            artifacts: [],
            signature: 'A'.repeat(86),
          },
        };
        outcomes.push(await runner.link?.request('JOB_RESULT', end).catch((error: unknown) => error));
        outcomes.push(await runner.finish(assigned));
      };
      await ground.runner({ work });
      const client = await ground.client();
      const { job_id } = await client.submit(JOB, 'one');
      await until(async () => (await client.job(job_id)).standard === 'CompletedSuccessfully');
      await until(() => outcomes.length === 3);
      const [forged, unsigned, right] = outcomes;
      assert.is((forged as { committed: boolean }).committed, false);
      assert.ok(isBitError(unsigned) && unsigned.details['field'] === '/payload/signature', String(unsigned));
      assert.is((right as { committed: boolean }).committed, true);
    } finally {
      await ground.close();
    }
  });

  test('goes on with what is in the store when the store has failed', async () => {
    const store = memoryStore();
    const ground = await meshGround({ store });
    try {
      const client = await ground.client();
      const { job_id } = await client.submit(JOB, 'one');
      store.failing = true;
      const lost = await client.submit(JOB, 'two').catch((error: unknown) => error);
      assert.ok(isBitError(lost), 'what was not written was not acknowledged');
      store.failing = false;
      await client.link.ready();
      await ground.runner();
      await until(async () => (await client.job(job_id)).standard === 'CompletedSuccessfully');
      const { duplicate } = await client.submit(JOB, 'two');
      assert.is(duplicate, false);
    } finally {
      await ground.close();
    }
  });

  test('cancels what waits at once, and what runs at its runner', async () => {
    const ground = await meshGround({ store: memoryStore() });
    try {
      const client = await ground.client();
      const waiting = await client.submit(JOB, 'waits');
      await client.cancel(waiting.job_id, 'not needed');
      assert.is((await client.job(waiting.job_id)).standard, 'Cancelled');
      const runner = await ground.runner({ work: () => {} });
      const running = await client.submit(JOB, 'runs');
      await until(() => runner.held.has(running.job_id));
      await client.cancel(running.job_id, 'not needed');
      await until(() => runner.messages.some(({ type }) => type === 'JOB_CANCEL'));
      const fence = runner.held.get(running.job_id) ?? 0;
      await runner.finish({ job_id: running.job_id, fence }, { status: 'Cancelled' });
      assert.is((await client.job(running.job_id)).standard, 'Cancelled');
      await client.retry(waiting.job_id);
      await until(() => runner.held.has(waiting.job_id));
    } finally {
      await ground.close();
    }
  });

  test('answers metrics that Prometheus reads, and says whether it is well', async () => {
    const ground = await meshGround({ store: memoryStore() });
    try {
      await ground.runner();
      const client = await ground.client();
      const { job_id } = await client.submit(JOB, 'one');
      await until(async () => (await client.job(job_id)).standard === 'CompletedSuccessfully');
      const base = ground.listener.address.replace('ws:', 'http:');
      const health = await fetch(`${base}/healthz`);
      assert.is(health.status, 200);
      await health.arrayBuffer();
      const metrics = await fetch(`${base}/metrics`);
      const text = await metrics.text();
      assert.match(text, /^bit_mesh_jobs_ended_total\{state="CompletedSuccessfully"\} 1$/m);
      assert.match(text, /^bit_mesh_job_placement_seconds_bucket\{le="\+Inf"\} 1$/m);
      assert.match(text, /^bit_mesh_runners\{state="idle"\} 1$/m);
      const there = requireService('promtool', spawnSync('promtool', ['--version']).error === undefined);
      if (!there) return;
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
        input: text,
        encoding: 'utf8',
      });
      assert.is(status, 0, `${stdout}${stderr}`);
    } finally {
      await ground.close();
    }
  });

  test('keeps artifacts whole, resumes what broke off, and lets nobody else in', async () => {
    const ground = await meshGround({ store: memoryStore() });
    const folder = mkdtempSync(join(tmpdir(), 'bit-artifact-'));
    try {
      const client = await ground.client();
      const path = join(folder, 'in');
      const bytes = randomBytes(9 * 1024 * 1024);
      writeFileSync(path, bytes);
      const { sha256, size } = await client.put('aln+ns://builds/one.tar', path);
      assert.is(size, bytes.length);
      await client.get('aln+ns://builds/one.tar', join(folder, 'out'));
      assert.ok(readFileSync(join(folder, 'out')).equals(bytes));
      const note = ground.notes.find(({ event }) => event === 'ARTIFACT_COMMIT');
      assert.is(note?.payload['sha256'], sha256);
      writeFileSync(path, 'other');
      const other = await client.put('aln+ns://builds/one.tar', path).catch((error: unknown) => error);
      assert.ok(isBitError(other, 'conflict'), String(other));
      const none = await client
        .get('aln+ns://builds/none', join(folder, 'none'))
        .catch((error: unknown) => error);
      assert.ok(isBitError(none, 'not-found'), String(none));
      const base = ground.listener.address.replace('ws:', 'http:');
      const stranger = await fetch(`${base}/artifacts/content/x`, {
        headers: { authorization: 'Bearer a.b.c' },
      });
      assert.is(stranger.status, 401);
      await stranger.arrayBuffer();
    } finally {
      rmSync(folder, { recursive: true, force: true });
      await ground.close();
    }
  });

  test('drains: what runs ends, what comes is refused until it is over', async () => {
    const ground = await meshGround({ store: memoryStore() });
    try {
      const client = await ground.client();
      const runner = await ground.runner();
      await client.drain(undefined, true);
      assert.is((await client.status()).draining, true);
      const refused = await client.submit(JOB, 'one').catch((error: unknown) => error);
      assert.ok(isBitError(refused, 'busy'), String(refused));
      await client.drain(undefined, false);
      await client.drain(runner.id, true);
      const { job_id } = await client.submit(JOB, 'one');
      const { peers = [] } = await client.status({ peers: true });
      assert.is(peers.find(({ runner_id }) => runner_id === runner.id)?.state, 'draining');
      assert.is((await client.job(job_id)).standard, 'Pending');
      await client.drain(runner.id, false);
      await until(async () => (await client.job(job_id)).standard === 'CompletedSuccessfully');
    } finally {
      await ground.close();
    }
  });
});
