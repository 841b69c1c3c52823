import * as assert from 'uvu/assert';
import { BitError } from '../../../src/kernel/errors.ts';
import { holds, openMesh, standardOf } from '../../../src/mesh/lifecycle/index.ts';
import { suite } from '../../suite.ts';
import { endOf, Rig, runnerOf, told, working } from './rig.ts';

suite('mesh lifecycle', (test) => {
  test('a job is offered, bid for, assigned, and its result committed', () => {
    const rig = new Rig();
    rig.join('a');
    const job = rig.submit('one');
    assert.equal(told(rig.sent), ['client ACCEPTED', 'a JOB_OFFER']);
    assert.equal(told(rig.bid('a', job)), ['a ASSIGN 1']);
    assert.ok(holds(rig.mesh, 'a', job, 1));
    assert.equal(told(rig.result('a', job, 1)), ['a COMMITTED true']);
    assert.is(rig.record(job).end?.state, 'CompletedSuccessfully');
    assert.not.ok(holds(rig.mesh, 'a', job, 1));
  });

  test('nothing is said before it is durable', () => {
    const rig = new Rig();
    rig.join('a');
    rig.prompt = false;
    const job = rig.submit('one');
    assert.equal(told(rig.sent), []);
    assert.equal(told(rig.settle()), ['client ACCEPTED', 'a JOB_OFFER']);
    assert.equal(told(rig.bid('a', job)), []);
    assert.equal(told(rig.settle()), ['a ASSIGN 1']);
    assert.equal(told(rig.result('a', job, 1)), []);
    assert.equal(told(rig.result('a', job, 1)), [], 'the same again waits too');
    assert.equal(told(rig.settle()), ['a COMMITTED true', 'a COMMITTED true again']);
  });

  test('the same key is the same job, and another job under it is refused', () => {
    const rig = new Rig();
    rig.submit('one');
    rig.submit('one');
    rig.submit('one', { priority: 9 });
    assert.equal(told(rig.sent), ['client ACCEPTED', 'client ACCEPTED again', 'client ERROR conflict']);
    assert.is(rig.kept.size, 1);
  });

  test('a job forgotten in memory is found in the store', () => {
    const rig = new Rig({ remembered: 1 });
    rig.join('a');
    const first = rig.submit('one');
    rig.bid('a', first);
    rig.result('a', first, 1);
    const second = rig.submit('two');
    rig.bid('a', second);
    rig.result('a', second, 1);
    rig.sent.length = 0;
    assert.equal(told(rig.result('a', first, 1)), ['a COMMITTED true again']);
    rig.submit('one');
    assert.equal(told(rig.sent).slice(1), ['client ACCEPTED again']);
    assert.equal(told(rig.result('a', 'J-none', 1)), ['a COMMITTED false (there is no such job)']);
  });

  test('cancelling a queued job ends it; cancelling a running one asks its runner', () => {
    const rig = new Rig();
    const queued = rig.submit('one');
    const cancel = (job_id: string) =>
      rig.do({ type: 'cancel', peer: 'client', re: 'M-c', by: 'me', job_id, reason: 'enough' });
    assert.equal(told(cancel(queued)), ['client ACK']);
    assert.is(rig.record(queued).end?.state, 'Cancelled');
    const job = working(rig, 'a', 'two');
    assert.equal(told(cancel(job)), ['a JOB_CANCEL', 'client ACK']);
    assert.equal(told(rig.result('a', job, 1, { status: 'Cancelled' })), ['a COMMITTED true']);
    assert.is(rig.record(job).end?.state, 'Cancelled');
    assert.equal(told(cancel(job)), ['client ACK']);
    assert.equal(told(cancel('J-none')), ['client ERROR not-found']);
  });

  test('a result that was there before the cancellation reached the runner counts', () => {
    const rig = new Rig();
    const job = working(rig, 'a');
    rig.do({ type: 'cancel', peer: 'client', re: 'M-c', by: 'me', job_id: job, reason: 'enough' });
    rig.result('a', job, 1);
    assert.is(rig.record(job).end?.state, 'CompletedSuccessfully');
    const late = rig.do({ type: 'cancel', peer: 'client', re: 'M-d', by: 'me', job_id: job, reason: 'late' });
    assert.equal(told(late), ['client ERROR conflict']);
  });

  test('a cancelled job whose runner vanished is not tried again', () => {
    const rig = new Rig();
    const job = working(rig, 'a');
    rig.do({ type: 'cancel', peer: 'client', re: 'M-c', by: 'me', job_id: job, reason: 'enough' });
    rig.do({ type: 'gone', peer: 'a' });
    rig.pass(33_000);
    assert.is(rig.record(job).end?.state, 'Cancelled');
  });

  test('a job that failed can be asked for once more, with a greater fence', () => {
    const rig = new Rig();
    const job = working(rig, 'a');
    rig.result('a', job, 1, { status: 'Failed', exit_code: 1 });
    const sent = rig.do({ type: 'retry', peer: 'client', re: 'M-r', by: 'me', job_id: job });
    assert.equal(told(sent), ['client ACCEPTED', 'a JOB_OFFER']);
    assert.equal(told(rig.bid('a', job)), ['a ASSIGN 2']);
    assert.equal(told(rig.result('a', job, 1)), ['a COMMITTED false (another lease holds the job)']);
    rig.result('a', job, 2);
    const well = rig.do({ type: 'retry', peer: 'client', re: 'M-r', by: 'me', job_id: job });
    assert.equal(told(well), ['client ERROR conflict']);
  });

  test('an assignment that cannot begin goes elsewhere; a full runner has not tried it', () => {
    const rig = new Rig();
    const job = working(rig, 'a');
    rig.join('b');
    const sent = rig.do({ type: 'decline', peer: 'a', job_id: job, fence: 1, code: 'busy', reason: 'full' });
    assert.equal(told(sent), ['b JOB_OFFER']);
    assert.is(rig.record(job).attempt, 0);
    rig.bid('b', job);
    rig.do({ type: 'decline', peer: 'b', job_id: job, fence: 2, code: 'preflight', reason: 'no' });
    assert.is(rig.record(job).attempt, 1);
  });

  test('a profile gets more runners where jobs wait and fewer after a cooldown', () => {
    const profile = { name: 'p', min: 1, max: 3, cooldown_ms: 10_000 };
    const rig = new Rig({ profiles: [profile] });
    const scales = () =>
      rig.outputs
        .splice(0)
        .flatMap((output) =>
          output.kind === 'scale' ? [[output.from, output.to, output.retire.length]] : [],
        );
    rig.pass(0);
    assert.equal(scales(), [[0, 1, 0]]);
    rig.join('a', { profile: 'p' });
    const jobs = [1, 2, 3, 4, 5].map((n) => rig.submit(`k${n}`, { profile: 'p' }));
    rig.bid('a', jobs[0] ?? '');
    rig.pass(1000);
    assert.equal(scales(), [[1, 3, 0]]);
    rig.pass(1000);
    assert.equal(scales(), [], 'those asked for are on their way');
    rig.join('b', { profile: 'p' });
    rig.join('c', { profile: 'p' });
    for (const job of jobs.slice(1, 3)) for (const peer of ['b', 'c']) rig.bid(peer, job);
    for (const job of jobs) {
      const { lease } = rig.record(job);
      if (lease === undefined)
        rig.do({ type: 'cancel', peer: 'client', re: 'M', by: 'me', job_id: job, reason: '' });
      else rig.result(lease.runner_id.slice(-1), job, 1);
    }
    rig.pass(9_000);
    assert.equal(scales(), []);
    rig.pass(1_000);
    assert.equal(scales(), [[3, 1, 2]]);
  });

  test('the controller that was first has it: the other one is told how the job is and goes on from there', () => {
    const rig = new Rig();
    rig.join('a');
    const job = rig.submit('one');
    rig.prompt = false;
    rig.bid('a', job);
    const kept = rig.kept.get(job);
    if (kept === undefined) throw new Error('no job');
    // Another controller leases it to somebody of its own meanwhile.
    const lease = {
      runner_id: 'aln://runner/z',
      public_key: 'k',
      fence: 1,
      controller: 'C9',
      lease_s: 30,
      granted_at: '',
    };
    rig.kept.set(job, {
      record: { ...kept.record, fence: 1, attempt: 1, lease },
      revision: kept.revision + 1,
    });
    rig.do({ type: 'cancel', peer: 'client', re: 'M-c', by: 'me', job_id: job, reason: 'enough' });
    assert.equal(told(rig.settle()), [], 'no assignment; the cancellation begins on what is');
    assert.equal(told(rig.settle()), ['client ACK']);
    assert.is(rig.record(job).cancel?.by, 'me');
    assert.is(rig.record(job).lease?.controller, 'C9');
  });

  test('a result that another controller took, of a job that ended before, is not called void', () => {
    const rig = new Rig({ claim_ms: 10_000 });
    const job = working(rig, 'a');
    rig.result('a', job, 1, { status: 'Failed', exit_code: 1 });
    const kept = rig.kept.get(job);
    if (kept?.record.end === undefined) throw new Error('it has not ended');
    // asked for once more and done, which was not heard of here yet
    const end = {
      ...kept.record.end,
      state: 'CompletedSuccessfully' as const,
      fence: 2,
      result: endOf(job, 2),
    };
    rig.kept.set(job, { record: { ...kept.record, fence: 2, end }, revision: kept.revision + 3 });
    assert.equal(told(rig.result('a', job, 2)), ['a COMMITTED true again']);
    assert.equal(told(rig.result('a', job, 1)), ['a COMMITTED false (the job ended without it)']);
  });

  test('a lease of another controller goes to another runner when its own, challenged since, does not name it', () => {
    const before = new Rig({ claim_ms: 10_000 });
    const job = working(before, 'a');
    const after = (challenged: number): Rig => {
      const rig = new Rig({ claim_ms: 10_000 });
      for (const [id, kept] of before.kept) rig.kept.set(id, kept);
      rig.now = 5;
      // the one that gave it passes for alive as long as its claim may hold
      rig.do({ type: 'standing', me: 'C2', live: ['C1', 'C2'], valid: true });
      rig.do({ type: 'load', jobs: [...before.kept.values()], runners: [] });
      rig.now = 10;
      rig.do({ type: 'hello', peer: 'a', sent: 10, challenged, runner: runnerOf('a'), jobs: [] });
      return rig;
    };
    const gone = after(6).record(job);
    assert.is(gone.lease, undefined);
    assert.is(gone.attempts.at(-1)?.reason, 'the runner came back without it');
    // it may have been given since, by the one the runner was with in between
    assert.is(after(5).record(job).lease?.fence, 1);
  });

  test('a controller without a claim places and renews nothing', () => {
    const rig = new Rig({ claim_ms: 10_000 });
    const job = working(rig, 'a');
    rig.do({ type: 'standing', me: 'C1', live: [], valid: false });
    assert.equal(
      told(rig.do({ type: 'renew', peer: 'a', re: 'M', leases: [{ job_id: job, fence: 1 }] })),
      [],
    );
    rig.join('b');
    rig.submit('two');
    assert.not.ok(told(rig.sent).includes('b JOB_OFFER'));
    rig.do({ type: 'standing', me: 'C1b', live: ['C1b'], valid: true });
    assert.ok(told(rig.sent).includes('b JOB_OFFER'));
    assert.equal(told(rig.do({ type: 'renew', peer: 'a', re: 'M', leases: [{ job_id: job, fence: 1 }] })), [
      'a RENEWED 1 LOST 0',
    ]);
    assert.is(rig.record(job).lease?.controller, 'C1b');
  });

  test('a margin that clocks could eat up is refused', () => {
    try {
      openMesh({ lease_ms: 30_000, margin_ms: 600, drift: 0.01 });
      assert.unreachable();
    } catch (error) {
      assert.instance(error, BitError);
    }
  });

  test('each fine state has its standard one, a receipt that of its end', () => {
    assert.is(standardOf('BiddingOpen'), 'Pending');
    assert.is(standardOf('AwaitingInputs'), 'Running');
    assert.is(standardOf('ReceiptAnchored', 'Failed'), 'Failed');
  });
});
