import * as assert from 'uvu/assert';
import { jobStanding } from '../../../src/mesh/lifecycle/index.ts';
import { suite } from '../../suite.ts';
import { endOf, Rig, runnerOf, working } from './rig.ts';

/** How the runner `a`, which works on the job under fence 1, lets it go, and why that is said to be. */
const LETS_GO: Readonly<Record<string, readonly [reason: string, lets: (rig: Rig, job: string) => void]>> = {
  'a runner was lost': [
    'its lease ran out',
    (rig) => {
      rig.do({ type: 'gone', peer: 'a' });
      rig.pass(33_000);
    },
  ],
  'a lease ran out under a runner that is there': ['its lease ran out', (rig) => void rig.pass(33_000)],
  'its time was over': [
    'it ran beyond its time limit',
    (rig, job) => {
      // renewed as far as it goes
      for (let round = 0; round < 60 && rig.record(job).lease !== undefined; round++) {
        rig.do({ type: 'renew', peer: 'a', re: 'M-r', leases: [{ job_id: job, fence: 1 }] });
        rig.pass(15_000);
      }
    },
  ],
  'a runner came back without it': [
    'the runner came back without it',
    (rig) => {
      rig.now += 1000;
      rig.join('a', {}, [], 'a2');
    },
  ],
  'a guard saw its runner end': [
    'its runner ended',
    (rig, job) => {
      const { public_key } = runnerOf('a');
      rig.do({ type: 'released', leases: [{ job_id: job, fence: 1, public_key }] });
    },
  ],
  'a runner was full by then': [
    'works on others by now',
    (rig, job) =>
      void rig.do({
        ...{ type: 'decline', peer: 'a', job_id: job, fence: 1, code: 'busy' },
        reason: 'works on others by now',
      }),
  ],
  'a runner refused what it was to begin': [
    'the preflight suite refuses it',
    (rig, job) =>
      void rig.do({
        ...{ type: 'decline', peer: 'a', job_id: job, fence: 1, code: 'preflight' },
        reason: 'the preflight suite refuses it',
      }),
  ],
  'a runner could not run it': [
    'no sandbox',
    (rig, job) => {
      const { exit_code: _none, ...end } = endOf(job, 1, { status: 'Failed', error: 'no sandbox' });
      rig.do({ type: 'result', peer: 'a', re: 'M-f', end });
    },
  ],
};

/** Of each state that was told, the reason that stood beside it. */
function toldStates(rig: Rig, from: number): string[] {
  return rig.outputs
    .slice(from)
    .flatMap((output) => (output.kind === 'standing' ? [output.standing] : []))
    .map(({ state, reason }) => `${state}: ${reason ?? '-'}`);
}

suite('why a job of the mesh is queued again', (test) => {
  for (const [how, [reason, lets]] of Object.entries(LETS_GO))
    test(`${how}: its state says so until another has it, and its record always`, () => {
      const rig = new Rig();
      const job = working(rig, 'a');
      assert.is(jobStanding(rig.mesh, job)?.reason, undefined);
      const from = rig.outputs.length;
      lets(rig, job);
      const why = `aln://runner/a: ${reason}`;
      const standing = jobStanding(rig.mesh, job);
      assert.equal([standing?.standard, standing?.reason], ['Pending', why], JSON.stringify(standing));
      assert.ok(
        toldStates(rig, from).includes(`PendingAnnouncement: ${why}`),
        toldStates(rig, from).join('\n'),
      );
      const [write] = rig.record(job).attempts;
      assert.equal([write?.runner_id, write?.fence, write?.reason], ['aln://runner/a', 1, reason]);

      rig.join('b');
      assert.is(jobStanding(rig.mesh, job)?.reason, why, 'while it is offered again');
      rig.bid('b', job);
      assert.is(rig.record(job).lease?.runner_id, 'aln://runner/b');
      assert.is(jobStanding(rig.mesh, job)?.reason, undefined, 'of the new runner nothing is said yet');
      rig.result('b', job, 2);
      assert.is(jobStanding(rig.mesh, job)?.reason, undefined);
      assert.equal(
        rig.record(job).attempts.map((one) => one.reason),
        [reason],
      );
    });

  test('what comes later takes the place of what was before: a policy, a runner that says no', () => {
    let refuses: string | undefined;
    const rig = new Rig({
      permits: (_job, { runner_id }) => (runner_id.endsWith('/b') ? refuses : undefined),
    });
    const job = working(rig, 'a');
    rig.do({ type: 'decline', peer: 'a', job_id: job, fence: 1, code: 'busy', reason: 'full' });
    refuses = 'not on a Friday';
    rig.join('b');
    assert.is(jobStanding(rig.mesh, job)?.reason, 'aln://runner/b: not on a Friday');
    rig.join('c');
    rig.do({ type: 'decline', peer: 'c', job_id: job, code: 'capability', reason: 'lacks docker' });
    assert.is(jobStanding(rig.mesh, job)?.reason, 'aln://runner/c: lacks docker');
  });

  test('a controller that begins anew says it too', () => {
    const rig = new Rig();
    const job = working(rig, 'a');
    rig.do({ type: 'decline', peer: 'a', job_id: job, fence: 1, code: 'busy', reason: 'full' });
    const kept = rig.kept.get(job);
    assert.ok(kept);
    const later = new Rig();
    later.do({ type: 'load', jobs: [kept], runners: [] });
    assert.is(jobStanding(later.mesh, job)?.reason, 'aln://runner/a: full');
  });
});
