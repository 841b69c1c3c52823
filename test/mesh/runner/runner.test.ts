import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { verifyPayload } from '../../../src/mesh/identity/index.ts';
import type { Runner } from '../../../src/mesh/runner/runner.ts';
import { confinementFault } from '../../../src/workflow/index.ts';
import { MESH } from '../../policy/samples.ts';
import { requireService, suite } from '../../suite.ts';
import { FakeMesh, jobOf, startRunner } from './fake-mesh.ts';
import { type Ground, ground } from './job.ts';

interface Here {
  mesh: FakeMesh;
  place: Ground;
  runner: Runner;
}

async function within(
  work: (here: Here) => Promise<void>,
  options: Parameters<typeof startRunner>[2] = {},
): Promise<void> {
  const place = ground();
  const mesh = new FakeMesh();
  const runner = startRunner(mesh, place, options);
  try {
    mesh.connect();
    await work({ mesh, place, runner });
  } finally {
    await runner.close();
    place.close();
  }
}

const results = (mesh: FakeMesh) => mesh.said.filter(({ type }) => type === 'JOB_RESULT');

suite('a runner on a mesh', (test) => {
  if (!requireService('bubblewrap that may work', confinementFault() === undefined)) return;

  test('bids, works, streams what is said and tells a signed result; then nothing of it is left', () =>
    within(async ({ mesh, place, runner }) => {
      const job = jobOf(place, 'echo out; echo err >&2; printf "name=value\\n" >"$BIT_OUTPUT"; cat a.txt');
      await mesh.give(job);
      const { payload } = await mesh.heard(({ type }) => type === 'JOB_RESULT');
      assert.is(payload['status'], 'CompletedSuccessfully', mesh.log(job.job_id));
      assert.is(payload['exit_code'], 0);
      assert.equal(payload['outputs'], { name: 'value' });
      assert.ok(verifyPayload('JOB_RESULT', payload as never, runner.status.publicKey));
      assert.match(mesh.log(job.job_id), /out\n/);
      assert.match(mesh.log(job.job_id), /err\n/);
      assert.match(mesh.log(job.job_id), /one\n/);
      const states = mesh.said.filter(({ type }) => type === 'JOB_STATE').map((one) => one.payload['state']);
      assert.equal(states, ['PreparingExecution', 'Running', 'ProducingOutputs']);
      await runner.idle();
      assert.equal(mesh.committed, [job.job_id]);
      assert.equal(mesh.recorded, [
        `JOB_CLAIM ${job.job_id}`,
        `JOB_EXECUTE ${job.job_id}`,
        `JOB_RESULT ${job.job_id}`,
      ]);
      assert.equal(readdirSync(join(place.root, 'state/mesh/runner/results')), []);
      assert.equal(readdirSync(join(place.root, 'state/mesh/runner/jobs')), []);
    }));

  test('says in a bid what it learned of jobs like it', () =>
    within(async ({ mesh, place, runner }) => {
      const bidOn = async (job: ReturnType<typeof jobOf>) => {
        const re = await mesh.say('JOB_OFFER', job);
        return (await mesh.heard((one) => one.re === re)).payload as { eta_s: number; confidence: number };
      };
      const first = await bidOn(jobOf(place, 'sleep 0.1'));
      for (let turn = 0; turn < 3; turn++) {
        await mesh.give(jobOf(place, 'sleep 0.1'), turn + 1);
        await runner.idle();
        await mesh.heard(() => results(mesh).length > turn);
        await runner.idle();
      }
      const later = await bidOn(jobOf(place, 'sleep 0.1'));
      assert.ok(later.eta_s < 10 && first.eta_s >= 30, `${first.eta_s} ${later.eta_s}`);
      assert.ok(later.confidence > first.confidence, `${first.confidence} ${later.confidence}`);
    }));

  test('declines what it can’t do, may not do, and has no room for, and says which', () =>
    within(
      async ({ mesh, place, runner }) => {
        const refusal = async (more: Parameters<typeof jobOf>[2]) => {
          const re = await mesh.say('JOB_OFFER', jobOf(place, 'true', more));
          const { type, payload } = await mesh.heard((one) => one.re === re);
          return `${type} ${payload['code']}: ${payload['reason']}`;
        };
        assert.match(
          await refusal({ required: { capabilities: ['ml'] } }),
          'JOB_DECLINE capability: lacks ml',
        );
        assert.match(await refusal({ required: { capabilities: ['build/go1.22'] } }), 'lacks build/go1.22');
        assert.match(
          await refusal({ required: { capabilities: ['build'], persona: 'strict' } }),
          'persona hybrid',
        );
        assert.match(
          await refusal({ required: { capabilities: ['build'], policies: ['no.such.suite'] } }),
          'holds no policy no.such.suite',
        );
        assert.match(
          await refusal({ required: { capabilities: ['build'], resources: { gpu: 1 } } }),
          'has 0 GPUs, not 1',
        );
        assert.match(await refusal({ priority: 11 }), 'JOB_DECLINE policy:');
        assert.match(await refusal({ repo: 'git+https://example.com/a/forbidden' }), 'JOB_DECLINE policy:');
        assert.match(
          await refusal({ required: { capabilities: ['build'], compliance: 'critical' } }),
          'critical jobs require strict persona',
        );
        const slow = jobOf(place, 'sleep 30');
        await mesh.give(slow);
        await mesh.heard(({ type, payload }) => type === 'JOB_STATE' && payload['state'] === 'Running');
        assert.match(await refusal({}), 'JOB_DECLINE busy');
        runner.drain();
        assert.match(await refusal({}), 'JOB_DECLINE draining');
        assert.ok(
          mesh.said.some(({ type, payload }) => type === 'HEARTBEAT' && payload['draining'] === true),
        );
      },
      {
        policies: MESH.text,
      },
    ));

  test('an assignment counts only signed, for this runner, as offered, and once bid on', () =>
    within(async ({ mesh, place }) => {
      const declined = async (payload: Parameters<FakeMesh['assignment']>[0], change: object) => {
        const bid = await mesh.bid(payload);
        await mesh.say('JOB_ASSIGN', { ...mesh.assignment(payload, 1), ...change }, bid);
        return (
          await mesh.heard((one) => one.type === 'JOB_DECLINE' && one.payload['job_id'] === payload.job_id)
        ).payload;
      };
      const stranger = new FakeMesh();
      const one = jobOf(place, 'true');
      assert.match(
        String((await declined(one, { signature: stranger.assignment(one, 1).signature }))['reason']),
        'not signed',
      );
      const two = jobOf(place, 'true');
      assert.match(
        String((await declined(two, mesh.assignment(two, 1, 'aln://runner/other')))['reason']),
        'not for this runner',
      );
      const three = jobOf(place, 'true');
      const evil = { ...three, task: { kind: 'command' as const, argv: ['/bin/sh', '-c', 'evil'] } };
      const said = await declined(three, mesh.assignment(evil, 7));
      assert.match(String(said['reason']), 'not what was offered');
      assert.is(said['fence'], 7);
      const four = jobOf(place, 'true');
      await mesh.say('JOB_ASSIGN', mesh.assignment(four, 1));
      const unasked = await mesh.heard(
        (x) => x.type === 'JOB_DECLINE' && x.payload['job_id'] === four.job_id,
      );
      assert.match(String(unasked.payload['reason']), 'answers no bid');
      assert.equal(mesh.recorded, []);
    }));

  test('an assignment answers one bid, and a fence that is not greater than one before is nobody’s', () =>
    within(async ({ mesh, place, runner }) => {
      const job = jobOf(place, 'true');
      const [first, second] = [await mesh.bid(job), await mesh.bid(job)];
      const other = await mesh.bid(jobOf(place, 'true'));
      await mesh.say('JOB_ASSIGN', mesh.assignment(job, 3), other);
      const wrong = await mesh.heard(({ type }) => type === 'JOB_DECLINE');
      assert.match(String(wrong.payload['reason']), 'answers no bid');
      assert.is(wrong.payload['fence'], 3);
      await mesh.say('JOB_ASSIGN', mesh.assignment(job, 3), first);
      await mesh.say('JOB_ASSIGN', mesh.assignment(job, 2), first);
      assert.equal(runner.status.jobs, [], 'told of fence 3, it takes no 3 or 2 any more');
      await mesh.say('JOB_ASSIGN', mesh.assignment(job, 4), second);
      await mesh.heard(({ type }) => type === 'JOB_RESULT');
      await runner.idle();
      // what came twice on the way, and what answers the same bid once more
      await mesh.say('JOB_ASSIGN', mesh.assignment(job, 4), second);
      await mesh.say('JOB_ASSIGN', mesh.assignment(job, 5), second);
      const declined = mesh.said.filter(({ type }) => type === 'JOB_DECLINE');
      assert.equal(
        declined.map(({ payload }) => payload['fence']),
        [3, 5],
      );
      assert.is(results(mesh).length, 1);
      assert.is(results(mesh)[0]?.payload['fence'], 4);
    }));

  test('a failed job tells its exit code; one it could not do tells none', () =>
    within(async ({ mesh, place }) => {
      const failing = jobOf(place, 'exit 3');
      await mesh.give(failing);
      const told = await mesh.heard(
        (one) => one.type === 'JOB_RESULT' && one.payload['job_id'] === failing.job_id,
      );
      assert.is(told.payload['status'], 'Failed');
      assert.is(told.payload['exit_code'], 3);
      const lost = jobOf(place, 'true', { commit: '0'.repeat(40) });
      await mesh.heard(() => mesh.committed.length === 1);
      await mesh.give(lost);
      const unable = await mesh.heard(
        (one) => one.type === 'JOB_RESULT' && one.payload['job_id'] === lost.job_id,
      );
      assert.is(unable.payload['status'], 'Failed');
      assert.is(unable.payload['exit_code'], undefined);
      assert.match(String(unable.payload['error']), 'has no commit');
    }));

  test('what stands in the way of a checked-out job declines it with its fence', () =>
    within(async ({ mesh, place }) => {
      place.write('.bithub/workflows/approved_jobs', '# these\nrelease\n');
      place.commit();
      const job = jobOf(place, '', { task: { kind: 'workflow', workflow: 'other' } });
      await mesh.give(job, 4);
      const { payload } = await mesh.heard(({ type }) => type === 'JOB_DECLINE');
      assert.is(payload['code'], 'preflight');
      assert.is(payload['fence'], 4);
      assert.match(String(payload['reason']), 'approved_jobs of the repository does not name other');
      const required = jobOf(place, 'true', {
        required: { capabilities: ['build'], policies: ['bithub.repo.structure', 'bithub.workflows.ledger'] },
      });
      await mesh.give(required);
      const told = await mesh.heard(
        (one) => one.type === 'JOB_RESULT' && one.payload['job_id'] === required.job_id,
      );
      assert.is(told.payload['status'], 'CompletedSuccessfully');
      place.write('.bithub/ledger/runner.log', 'committed by mistake\n');
      place.commit();
      const bad = jobOf(place, 'true', {
        required: { capabilities: ['build'], policies: ['bithub.repo.structure'] },
      });
      await mesh.heard(() => mesh.committed.length === 1);
      await mesh.give(bad);
      const refused = await mesh.heard(
        (one) => one.type === 'JOB_DECLINE' && one.payload['job_id'] === bad.job_id,
      );
      assert.match(String(refused.payload['reason']), '.bithub/ledger/runner.log is local state');
    }));

  test('a cancelled job ends, and says so', () =>
    within(async ({ mesh, place }) => {
      const job = jobOf(place, 'sleep 60');
      await mesh.give(job);
      await mesh.heard(({ type, payload }) => type === 'JOB_STATE' && payload['state'] === 'Running');
      const re = await mesh.say('JOB_CANCEL', { job_id: job.job_id, fence: 1, reason: 'no more' });
      await mesh.heard((one) => one.type === 'ACK' && one.re === re);
      const { payload } = await mesh.heard(({ type }) => type === 'JOB_RESULT');
      assert.is(payload['status'], 'Cancelled');
      assert.match(String(payload['error']), 'it was cancelled: no more');
    }));

  test('cut off, it ends its job before the lease can pass on, and tells nothing of it', async () => {
    const place = ground();
    const mesh = new FakeMesh();
    mesh.leaseS = 3;
    const runner = startRunner(mesh, place);
    try {
      mesh.connect();
      const marked = join(place.root, 'state/mesh/runner/jobs');
      const asked = performance.now();
      await mesh.give(jobOf(place, 'trap "" INT TERM; while :; do date +%s%N >alive; sleep 0.05; done'));
      await mesh.heard(({ type, payload }) => type === 'JOB_STATE' && payload['state'] === 'Running');
      mesh.cut();
      while (existsSync(marked) && readdirSync(marked).length > 0) await sleep(20);
      // from the bid, which was after `asked`
      const took = performance.now() - asked;
      assert.ok(took < 3000 + 50, `${took}`);
      assert.ok(took > 1500, `${took}`);
      mesh.connect();
      await sleep(300);
      assert.equal(results(mesh), []);
      assert.equal(mesh.hello().jobs, []);
      assert.is(runner.status.done.lost, 1);
    } finally {
      await runner.close();
      place.close();
    }
  });

  test('renewed leases go on; lost ones end at once', () =>
    within(async ({ mesh, place, runner }) => {
      mesh.leaseS = 2;
      mesh.cut();
      mesh.connect();
      const job = jobOf(place, 'sleep 4; echo done');
      await mesh.give(job);
      const told = await mesh.heard(({ type }) => type === 'JOB_RESULT', 15_000);
      assert.is(told.payload['status'], 'CompletedSuccessfully');
      await runner.idle();
      const lost = jobOf(place, 'sleep 60');
      await mesh.give(lost);
      await mesh.heard(
        (one) =>
          one.type === 'JOB_STATE' &&
          one.payload['job_id'] === lost.job_id &&
          one.payload['state'] === 'Running',
      );
      mesh.answers.LEASE_RENEW = ({ leases }) => ({ leases: [], lost: leases });
      const began = performance.now();
      await runner.idle();
      assert.ok(performance.now() - began < 2500);
      assert.is(results(mesh).length, 1);
    }));

  test('time that passes while the machine sleeps counts', async () => {
    const place = ground();
    const mesh = new FakeMesh();
    let slept = 0;
    const runner = startRunner(mesh, place, { monotonic: () => performance.now() + slept });
    try {
      mesh.connect();
      await mesh.give(jobOf(place, 'sleep 60'));
      await mesh.heard(({ type, payload }) => type === 'JOB_STATE' && payload['state'] === 'Running');
      delete mesh.answers.LEASE_RENEW;
      slept = 31_000;
      await runner.idle();
      assert.equal(results(mesh), []);
      assert.is(runner.status.done.lost, 1);
    } finally {
      await runner.close();
      place.close();
    }
  });

  test('a result waits on disk until it is committed, also for the runner’s next life', async () => {
    const place = ground();
    const mesh = new FakeMesh();
    delete mesh.answers.JOB_RESULT;
    const first = startRunner(mesh, place);
    mesh.connect();
    const job = jobOf(place, 'echo done');
    await mesh.give(job, 5);
    const sent = await mesh.heard(({ type }) => type === 'JOB_RESULT');
    assert.is(readdirSync(join(place.root, 'state/mesh/runner/results')).length, 1);
    await first.close();
    const again = new FakeMesh();
    const second = startRunner(again, place);
    try {
      assert.equal(again.hello().jobs, [{ job_id: job.job_id, fence: 5 }]);
      again.connect();
      const { payload } = await again.heard(({ type }) => type === 'JOB_RESULT');
      assert.equal(payload, sent.payload);
      await second.idle();
      assert.equal(again.committed, [job.job_id]);
      assert.equal(readdirSync(join(place.root, 'state/mesh/runner/results')), []);
    } finally {
      await second.close();
      place.close();
    }
  });

  test('a result that will never count is forgotten, and celebrated by nobody', () =>
    within(async ({ mesh, place, runner }) => {
      mesh.answers.JOB_RESULT = ({ job_id, fence }) => ({
        job_id,
        fence,
        committed: false,
        duplicate: false,
      });
      await mesh.give(jobOf(place, 'true'));
      await mesh.heard(({ type }) => type === 'JOB_RESULT');
      await runner.idle();
      assert.equal(mesh.committed, []);
    }));

  test('after a break it names its leases and sends the log from what is kept', () =>
    within(async ({ mesh, place }) => {
      mesh.keepLogs = false;
      const job = jobOf(place, 'echo first; sleep 1.5; echo second; sleep 1');
      await mesh.give(job, 3);
      await mesh.heard(
        ({ type, payload }) => type === 'JOB_LOG' && String(payload['data']).includes('first'),
      );
      mesh.cut();
      assert.equal(mesh.hello().jobs, [{ job_id: job.job_id, fence: 3 }]);
      const before = mesh.said.length;
      mesh.keepLogs = true;
      mesh.connect();
      await mesh.heard(({ type }) => type === 'JOB_RESULT');
      const after = mesh.said.slice(before).filter(({ type }) => type === 'JOB_LOG');
      assert.is(after[0]?.payload['offset'], 0);
      assert.match(mesh.log(job.job_id), /first\n(.|\n)*second\n/);
      assert.ok(mesh.said.slice(before).some(({ type }) => type === 'LEASE_RENEW'));
    }));

  test('keeps a window: what nobody acknowledges is not sent on', () =>
    within(async ({ mesh, place }) => {
      mesh.keepLogs = false;
      const job = jobOf(place, 'yes 0123456789abcdef | head -c 4000000; sleep 3');
      await mesh.give(job);
      await sleep(2500);
      const sent = mesh.said
        .filter(({ type }) => type === 'JOB_LOG')
        .reduce((sum, { payload }) => sum + Buffer.byteLength(String(payload['data'])), 0);
      assert.ok(sent > 900_000 && sent < 1_200_000, `${sent}`);
    }));

  test('told to end, it gives its jobs back so that others can have them', () =>
    within(async ({ mesh, place, runner }) => {
      await mesh.give(jobOf(place, 'sleep 60'));
      await mesh.heard(({ type, payload }) => type === 'JOB_STATE' && payload['state'] === 'Running');
      await runner.stop('the test ends it');
      const { payload } = await mesh.heard(({ type }) => type === 'JOB_RESULT');
      assert.is(payload['status'], 'Failed');
      assert.is(payload['exit_code'], undefined);
      assert.match(String(payload['error']), 'the test ends it');
    }));

  test('answers what others ask of its policies', () =>
    within(
      async ({ mesh, runner }) => {
        const re = await mesh.say('POLICY_QUERY', {
          package: 'bithub.mesh',
          rule: 'allow_job',
          input: { msg: { type: 'JOB_OFFER' } },
        });
        const { payload } = await mesh.heard((one) => one.re === re);
        assert.is(payload['result'], true);
        assert.match(String(payload['policy_hash']), /^sha256-[0-9a-f]{64}$/);
        assert.is(payload['policy_hash'], mesh.hello().policy_hash);
        assert.ok(runner.status.state === 'joined');
      },
      { policies: 'package bithub.mesh\nallow_job { input.msg.type == "JOB_OFFER" }\n' },
    ));
});
