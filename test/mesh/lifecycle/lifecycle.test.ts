import * as assert from 'uvu/assert';
import { BitError } from '../../../src/kernel/errors.ts';
import { countsOf, holds, openMesh, runnerStandings, standardOf } from '../../../src/mesh/lifecycle/index.ts';
import { suite } from '../../suite.ts';
import { endOf, jobOf, Rig, runnerOf, told } from './rig.ts';

/** A job that `name` works on. */
function working(rig: Rig, name: string, key = 'k'): string {
  rig.join(name);
  const job = rig.submit(key);
  rig.bid(name, job);
  return job;
}

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

  test('only runners that have what a job asks for are offered it', () => {
    const rig = new Rig({ bidders: 9 });
    rig.join('plain');
    rig.join('strict', {
      persona: 'strict',
      policies: ['bithub.repo.structure'],
      capabilities: { build: ['docker'] },
    });
    rig.join('gpu', { resources: { gpu: 1 }, profile: 'vsc-gpu' });
    const offered = (job: Parameters<typeof jobOf>[0]) => {
      rig.sent.length = 0;
      const id = rig.submit(JSON.stringify(job), job);
      const to = rig.sent.filter(({ said }) => said.type === 'JOB_OFFER').map((sent) => sent.to);
      rig.do({ type: 'cancel', peer: 'client', re: 'M-c', by: 'me', job_id: id, reason: '' });
      return to.sort();
    };
    assert.equal(offered({}), ['gpu', 'plain', 'strict']);
    assert.equal(offered({ required: { capabilities: ['build/docker'] } }), ['strict']);
    assert.equal(offered({ required: { capabilities: [], persona: 'strict' } }), ['strict']);
    assert.equal(offered({ required: { capabilities: [], policies: ['bithub.repo.structure'] } }), [
      'strict',
    ]);
    assert.equal(offered({ required: { capabilities: [], resources: { gpu: 1 } } }), ['gpu']);
    assert.equal(offered({ profile: 'vsc-gpu' }), ['gpu']);
    const runner = 'aln://runner/plain';
    assert.equal(offered({ required: { capabilities: [], runner } }), ['plain']);
    assert.equal(offered({ required: { capabilities: ['build/docker'], runner } }), []);
    assert.equal(offered({ required: { capabilities: [], runner: 'aln://runner/none' } }), []);
    rig.join('some', { capabilities: { host: ['gpu'] } });
    assert.equal(offered({ required: { capabilities: [], resources: { gpu: 2 } } }), ['some']);
    assert.equal(offered({ required: { capabilities: ['__proto__'] } }), []);
  });

  test('a runner that policy forbids is not offered a job, and may be after policies changed', () => {
    let forbidden = true;
    const rig = new Rig({
      permits: (_job, runner) =>
        forbidden && runner.runner_id.endsWith('/a') ? 'critical jobs require strict persona' : undefined,
    });
    rig.join('a');
    rig.submit('one');
    assert.equal(told(rig.sent), ['client ACCEPTED']);
    forbidden = false;
    assert.equal(told(rig.do({ type: 'policy-changed' })), ['a JOB_OFFER']);
  });

  test('the best bid wins, sooner before later where runners suit alike', () => {
    const rig = new Rig();
    rig.join('a');
    rig.join('b');
    rig.join('c', { capabilities: { build: [], test: [], ml: [] } });
    const job = rig.submit('one');
    assert.equal(told(rig.sent).slice(1).sort(), ['a JOB_OFFER', 'b JOB_OFFER', 'c JOB_OFFER']);
    rig.do({
      type: 'bid',
      peer: 'c',
      re: 'M-b',
      job_id: job,
      terms: { eta_s: 1, cost_units: 0, confidence: 1 },
    });
    rig.do({
      type: 'bid',
      peer: 'a',
      re: 'M-b',
      job_id: job,
      terms: { eta_s: 9, cost_units: 0, confidence: 1 },
    });
    const sent = rig.do({
      type: 'bid',
      peer: 'b',
      re: 'M-b',
      job_id: job,
      terms: { eta_s: 3, cost_units: 0, confidence: 1 },
    });
    assert.equal(told(sent), ['b ASSIGN 1']);
  });

  test('who does not answer in time is not waited for; who answers late may still get it', () => {
    const rig = new Rig();
    rig.join('a');
    rig.join('b');
    const job = rig.submit('one');
    rig.do({ type: 'bid', peer: 'a', re: 'M-b', job_id: job });
    assert.equal(told(rig.pass(1000)), ['a ASSIGN 1']);
    const alone = new Rig();
    alone.join('a');
    const late = alone.submit('one');
    alone.pass(1000);
    assert.equal(told(alone.bid('a', late)), ['a ASSIGN 1']);
  });

  test('a higher priority goes first', () => {
    const rig = new Rig();
    const low = rig.submit('low', { priority: 1 });
    const high = rig.submit('high', { priority: 9 });
    rig.join('a');
    assert.equal(rig.sent.at(-1)?.said.payload, { job_id: high, ...jobOf({ priority: 9 }) });
    rig.bid('a', high);
    rig.result('a', high, 1);
    assert.equal(rig.sent.at(-1)?.said.payload, { job_id: low, ...jobOf({ priority: 1 }) });
  });

  test('repositories take turns, however many jobs one of them has', () => {
    const rig = new Rig({ weight: (repository) => (repository.endsWith('heavy.git') ? 2 : 1) });
    const repo = (name: string) => `git+https://example.com/${name}.git#main`;
    for (let n = 0; n < 60; n++) rig.submit(`a${n}`, { repo: repo('many') });
    for (let n = 0; n < 60; n++)
      rig.submit(`h${n}`, { repo: repo('heavy'), required: { capabilities: ['build/node18'] } });
    for (let n = 0; n < 6; n++) rig.submit(`b${n}`, { repo: repo('few') });
    rig.join('a');
    const order: string[] = [];
    for (let n = 0; n < 24; n++) {
      const offer = rig.sent.findLast(({ said }) => said.type === 'JOB_OFFER');
      if (offer?.said.type !== 'JOB_OFFER') throw new Error('no offer');
      const { job_id } = offer.said.payload;
      order.push(/(many|heavy|few)/.exec(offer.said.payload.repo)?.[0] ?? '');
      rig.bid('a', job_id);
      rig.result('a', job_id, 1);
    }
    const count = (name: string) => order.filter((other) => other === name).length;
    assert.equal([count('many'), count('heavy'), count('few')], [6, 12, 6]);
  });

  test('no runner gets more jobs than it takes at a time', () => {
    const rig = new Rig();
    rig.join('a', { max_concurrent_jobs: 3 });
    const jobs = [1, 2, 3, 4, 5].map((n) => rig.submit(`k${n}`));
    for (const job of jobs) rig.bid('a', job);
    assert.is(countsOf(rig.mesh).leased, 3);
    assert.is(countsOf(rig.mesh).queued, 2);
  });

  test('resources in use are not given twice', () => {
    const rig = new Rig();
    rig.join('a', { max_concurrent_jobs: 4, resources: { gpu: 2 } });
    const jobs = [1, 2, 3].map((n) =>
      rig.submit(`k${n}`, { required: { capabilities: [], resources: { gpu: 1 } } }),
    );
    for (const job of jobs) rig.bid('a', job);
    assert.is(countsOf(rig.mesh).leased, 2);
    rig.result('a', jobs[0] ?? '', 1);
    rig.pass(1000);
    rig.bid('a', jobs[2] ?? '');
    assert.is(countsOf(rig.mesh).leased, 2);
  });

  test('a runner that keeps failing is quarantined, comes back with one job at a time, and can be released', () => {
    const rig = new Rig({ attempts: 100, avoid_ms: 1 });
    const job = working(rig, 'a');
    let fence = 1;
    for (; fence <= 3; fence++) {
      const { exit_code: _none, ...end } = endOf(job, fence, { status: 'Failed', error: 'broken' });
      rig.do({ type: 'result', peer: 'a', re: 'M-1', end });
      rig.pass(1000);
      rig.bid('a', job);
    }
    assert.is(runnerStandings(rig.mesh)[0]?.state, 'quarantined');
    assert.is(rig.record(job).lease, undefined);
    rig.sent.length = 0;
    for (let n = 0; n < 7; n++) {
      rig.pass(9_000);
      rig.do({ type: 'heartbeat', peer: 'a', load: 0, draining: false });
    }
    assert.ok(told(rig.sent).includes('a JOB_OFFER'));
    rig.do({ type: 'release', peer: 'client', re: 'M-2', by: 'me', runner_id: 'aln://runner/a' });
    assert.ok(told(rig.sent).includes('client ACK'));
  });

  test('a drained runner and a draining mesh take no more jobs', () => {
    const rig = new Rig();
    rig.join('a');
    const drain = (on: boolean, runner_id?: string) =>
      rig.do({
        type: 'drain',
        peer: 'client',
        re: 'M-d',
        by: 'me',
        drain: on,
        ...(runner_id && { runner_id }),
      });
    assert.equal(told(drain(true, 'aln://runner/a')), ['a MESH_DRAIN', 'client ACK']);
    const job = rig.submit('one');
    assert.equal(
      told(rig.sent).filter((line) => line.endsWith('OFFER')),
      [],
    );
    assert.equal(told(drain(false, 'aln://runner/a')), ['a JOB_OFFER', 'a MESH_DRAIN', 'client ACK']);
    rig.bid('a', job);
    drain(true);
    rig.submit('two');
    assert.equal(told(rig.sent).at(-1), 'client ERROR draining');
    assert.equal(told(rig.result('a', job, 1)), ['a COMMITTED true']);
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
