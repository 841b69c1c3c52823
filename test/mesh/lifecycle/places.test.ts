import * as assert from 'uvu/assert';
import { countsOf, runnerStandings } from '../../../src/mesh/lifecycle/index.ts';
import { suite } from '../../suite.ts';
import { endOf, jobOf, Rig, told, working } from './rig.ts';

suite('who is given a job of the mesh', (test) => {
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
});
