import * as assert from 'uvu/assert';
import { suite } from '../../suite.ts';
import { endOf, Rig, runnerOf, told, working } from './rig.ts';

suite('leases of the mesh', (test) => {
  test('a runner that is lost loses its job to another after lease and margin, and a late result counts for nothing', () => {
    const rig = new Rig();
    const job = working(rig, 'a');
    rig.join('b');
    rig.do({ type: 'gone', peer: 'a' });
    rig.do({ type: 'heartbeat', peer: 'b', load: 0, draining: false });
    assert.equal(told(rig.pass(32_999)), []);
    assert.equal(told(rig.pass(1)), ['b JOB_OFFER']);
    assert.equal(told(rig.bid('b', job)), ['b ASSIGN 2']);
    rig.join('a', {}, [{ job_id: job, fence: 1 }], 'a2');
    assert.equal(told(rig.result('a2', job, 1)), ['a2 COMMITTED false (another lease holds the job)']);
    assert.equal(told(rig.result('b', job, 2)), ['b COMMITTED true']);
    assert.equal(told(rig.result('a2', job, 1)), ['a2 COMMITTED false (the job ended without it)']);
  });

  test('renewals keep a lease for as long as they come', () => {
    const rig = new Rig();
    const job = working(rig, 'a');
    for (let round = 0; round < 10; round++) {
      rig.now += 30_000;
      const sent = rig.do({ type: 'renew', peer: 'a', re: 'M-r', leases: [{ job_id: job, fence: 1 }] });
      assert.equal(told(sent), ['a RENEWED 1 LOST 0']);
    }
    rig.pass(34_000);
    const sent = rig.do({ type: 'renew', peer: 'a', re: 'M-r', leases: [{ job_id: job, fence: 1 }] });
    assert.ok(told(sent).includes('a RENEWED 0 LOST 1'));
  });

  test('a job beyond its time limit is no longer renewed', () => {
    const rig = new Rig();
    rig.join('a');
    const job = rig.submit('one', { timeout_s: 60 });
    rig.bid('a', job);
    rig.now = 121_000;
    rig.mesh.at = { now: 0, wall: 0 };
    const sent = rig.do({ type: 'renew', peer: 'a', re: 'M-r', leases: [{ job_id: job, fence: 1 }] });
    assert.ok(told(sent).includes('a RENEWED 0 LOST 1'));
  });

  test('a runner that comes back without its job gives it up at once; an older HELLO does not', () => {
    const rig = new Rig();
    const job = working(rig, 'a');
    rig.now = 1000;
    rig.join('b');
    rig.do({ type: 'hello', peer: 'old', sent: -1, challenged: rig.now, runner: runnerOf('a'), jobs: [] });
    assert.is(rig.record(job).lease?.fence, 1);
    rig.join('a', {}, [{ job_id: job, fence: 1 }], 'a2');
    assert.is(rig.record(job).lease?.fence, 1);
    rig.now = 2000;
    assert.equal(told(rig.join('a', {}, [], 'a3')), ['b JOB_OFFER']);
    assert.is(rig.record(job).lease, undefined);
    assert.is(rig.record(job).attempt, 1);
  });

  test('a runner that was killed and is the only one has its job again a second later', () => {
    const rig = new Rig();
    const job = working(rig, 'a');
    rig.now = 1000;
    assert.equal(told(rig.join('a', {}, [], 'a2')), []);
    assert.is(rig.record(job).attempt, 1);
    assert.equal(told(rig.pass(1001)), ['a2 JOB_OFFER']);
    // a try that failed is not repeated at once, whoever else is there
    assert.equal(told(rig.bid('a2', job)), ['a2 ASSIGN 2']);
    const { exit_code: _none, ...end } = endOf(job, 2, { status: 'Failed', error: 'no sandbox' });
    rig.do({ type: 'result', peer: 'a2', re: 'M-f', end });
    assert.equal(told(rig.pass(29_000)), []);
    assert.equal(told(rig.pass(1001)), ['a2 JOB_OFFER']);
  });

  test('what a killed runner left behind is another’s as soon as its end was seen; no later lease, no other key', () => {
    const rig = new Rig();
    const job = working(rig, 'a');
    rig.join('b');
    const { public_key } = runnerOf('a');
    const released = (fence: number, key = public_key) =>
      told(rig.do({ type: 'released', leases: [{ job_id: job, fence, public_key: key }] }));
    rig.do({ type: 'gone', peer: 'a' });
    assert.equal(released(1, 'ed25519:other'), []);
    assert.equal(released(2), []);
    assert.is(rig.record(job).lease?.fence, 1);
    assert.equal(released(1), ['b JOB_OFFER']);
    assert.is(rig.record(job).attempts.at(-1)?.reason, 'its runner ended');
    assert.equal(told(rig.bid('b', job)), ['b ASSIGN 2']);
    assert.equal(released(1), [], 'told twice, it ends no other lease');
    assert.is(rig.record(job).lease?.fence, 2);
    assert.equal(told(rig.result('b', job, 2)), ['b COMMITTED true']);
  });

  test('a release that comes while its job is written waits for that', () => {
    const rig = new Rig();
    const job = working(rig, 'a');
    rig.join('b');
    const { public_key } = runnerOf('a');
    rig.prompt = false;
    rig.result('a', job, 1);
    rig.do({ type: 'released', leases: [{ job_id: job, fence: 1, public_key }] });
    rig.prompt = true;
    rig.do({ type: 'stored', outcomes: rig.write() });
    assert.is(rig.record(job).end?.state, 'CompletedSuccessfully');
    assert.is(rig.record(job).attempt, 1);
  });

  test('another key under the same name holds none of its leases', () => {
    const rig = new Rig();
    const job = working(rig, 'a');
    rig.now = 1;
    rig.join('a', { public_key: 'ed25519:other' }, [], 'thief');
    assert.is(rig.record(job).lease?.fence, 1, 'its HELLO gives nothing up either');
    assert.equal(told(rig.result('thief', job, 1)), ['thief COMMITTED false (another lease holds the job)']);
  });

  test('after a restart leases in the store hold for a whole lease and margin', () => {
    const before = new Rig();
    const job = working(before, 'a');
    const rig = new Rig();
    for (const [id, kept] of before.kept) rig.kept.set(id, kept);
    rig.now = 5;
    rig.do({ type: 'standing', me: 'C2', live: ['C2'], valid: true });
    rig.do({ type: 'load', jobs: [...before.kept.values()], runners: [] });
    rig.join('b');
    rig.join('a', {}, [{ job_id: job, fence: 1 }]);
    rig.now = 30_000;
    const sent = rig.do({ type: 'renew', peer: 'a', re: 'M-1', leases: [{ job_id: job, fence: 1 }] });
    assert.equal(told(sent), ['a RENEWED 1 LOST 0']);
    assert.is(rig.record(job).lease?.controller, 'C2');
    assert.equal(told(rig.pass(32_999)), []);
    assert.equal(told(rig.result('a', job, 1)), ['a COMMITTED true']);
  });

  test('a lease found at the start whose runner never comes back runs out too', () => {
    const before = new Rig();
    const job = working(before, 'a');
    const rig = new Rig();
    for (const [id, kept] of before.kept) rig.kept.set(id, kept);
    rig.do({ type: 'load', jobs: [...before.kept.values()], runners: [] });
    rig.join('b', {}, []);
    rig.now = 32_999;
    rig.do({ type: 'heartbeat', peer: 'b', load: 0, draining: false });
    assert.is(rig.record(job).lease?.fence, 1);
    assert.equal(told(rig.pass(1)), ['b JOB_OFFER']);
  });

  test("an exit code is the job's own failure; without one another runner tries, as often as it may", () => {
    const rig = new Rig();
    const job = working(rig, 'a');
    assert.equal(told(rig.result('a', job, 1, { status: 'Failed', exit_code: 2 })), ['a COMMITTED true']);
    assert.is(rig.record(job).end?.state, 'Failed');

    const other = new Rig({ attempts: 2, quarantine_after: 9 });
    const again = working(other, 'a');
    other.join('b');
    const failed = { status: 'Failed', exit_code: undefined, error: 'no sandbox' } as const;
    const { exit_code: _none, ...end } = { ...endOf(again, 1), ...failed };
    const first = other.do({ type: 'result', peer: 'a', re: 'M-1', end });
    assert.equal(told(first), ['a COMMITTED false (another runner tries it)', 'b JOB_OFFER']);
    other.bid('b', again);
    const second = other.do({ type: 'result', peer: 'b', re: 'M-2', end: { ...end, fence: 2 } });
    assert.equal(told(second), ['b COMMITTED true']);
    assert.is(other.record(again).end?.reason, 'no sandbox');
  });

  test('a job whose runners keep vanishing fails when its tries are used up', () => {
    const rig = new Rig({ attempts: 2, avoid_ms: 1, quarantine_after: 9 });
    const job = working(rig, 'a');
    for (const peer of ['a2', 'a3']) {
      rig.now += 1000;
      rig.join('a', {}, [], peer);
      rig.pass(1000);
      rig.bid(peer, job);
    }
    assert.is(rig.record(job).end?.state, 'Failed');
    assert.match(rig.record(job).end?.reason ?? '', /^tried 2 times; the last: /);
  });
});
