import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Job, Result, RunEnd, Step, Strategy } from '../../src/workflow/index.ts';
import { suite } from '../suite.ts';
import { type Bench, bench, flow, job, native, sh } from './engine.ts';

function results(end: RunEnd): Record<string, Result> {
  return Object.fromEntries(end.jobs.map(({ id, result }) => [id, result]));
}

const ok = (id: string): Step => native(id, async () => undefined);
const bad = (id: string, more: Partial<Step> = {}): Step =>
  native(
    id,
    async () => {
      throw new Error(`${id} went wrong`);
    },
    more,
  );

const matrix =
  (keys: readonly string[], more: Partial<Strategy> = {}): (() => Strategy) =>
  () => ({
    failFast: false,
    ...more,
    instances: keys.map((key) => ({ key, title: `(${key})`, values: { key } })),
  });

suite<{ place: Bench }>('the engine', (test) => {
  test.before.each((context) => {
    context.place = bench();
  });
  test.after.each((context) => context.place.close());

  test('what needs a job is skipped when that failed, was skipped or cancelled, unless it decides otherwise', async ({
    place,
  }) => {
    const always: Partial<Job> = { decide: () => ({ run: true }) };
    const end = await place.run(
      flow([
        job('good', [], [ok('s')]),
        job('bad', [], [bad('s')]),
        job('off', [], [ok('s')], { decide: () => ({ run: false, why: 'not today' }) }),
        job('after-good', ['good'], [ok('s')]),
        job('after-bad', ['good', 'bad'], [ok('s')]),
        job('after-off', ['off'], [ok('s')]),
        job('anyway', ['bad', 'off'], [ok('s')], always),
        job('after-anyway', ['anyway'], [ok('s')]),
      ]),
    );
    assert.equal(results(end), {
      good: 'success',
      bad: 'failure',
      off: 'skipped',
      'after-good': 'success',
      'after-bad': 'skipped',
      'after-off': 'skipped',
      anyway: 'success',
      'after-anyway': 'success',
    });
    assert.is(end.result, 'failure');
    assert.is(end.failed?.job, 'bad');
    assert.is(end.failed?.error, 's went wrong');
  });

  test('a step that failed skips the rest but for those that decide otherwise; forgiven, it does not', async ({
    place,
  }) => {
    const seen: string[] = [];
    const look = (id: string, more: Partial<Step> = {}): Step =>
      native(id, async ({ state }) => void seen.push(`${id} ${state.status}`), more);
    const anyway: Partial<Step> = { decide: () => ({ run: true }) };
    const onFailure: Partial<Step> = {
      decide: (state) => (state.status === 'failure' ? { run: true } : { run: false, why: '' }),
    };
    const forgiven = job('forgiven', [], [bad('b', { continueOnError: () => true }), look('next')]);
    const failing = job(
      'failing',
      [],
      [bad('b'), look('next'), look('fails', onFailure), look('always', anyway)],
    );
    const end = await place.run(flow([forgiven, failing]), { jobs: 1 });
    assert.equal(seen, ['next success', 'fails failure', 'always failure']);
    assert.equal(results(end), { forgiven: 'success', failing: 'failure' });
  });

  test('a job that may fail leaves the run a success', async ({ place }) => {
    const end = await place.run(
      flow([job('may', [], [bad('b')], { continueOnError: true }), job('next', ['may'], [ok('s')])]),
    );
    assert.equal([end.result, results(end)], ['success', { may: 'success', next: 'success' }]);
  });

  test('outputs, environment and path of a step reach the next ones, outputs of a job those that need it', async ({
    place,
  }) => {
    const first = sh(
      'first',
      'echo x=1 >> $OUTPUT; printf "y<<E\\na\\nb\\nE\\n" >> $OUTPUT; echo V=vee >> $ENV; echo /nowhere >> $FOLDERS',
    );
    const second = sh(
      'second',
      'test "$V" = vee; case "$PATH" in /nowhere:*) ;; *) exit 9;; esac; echo z=$V >> $OUTPUT',
    );
    const give = job('give', [], [first, second], {
      outputs: (state) => ({
        y: state.steps.get('first')?.outputs['y'] ?? '',
        z: state.steps.get('second')?.outputs['z'] ?? '',
      }),
    });
    const take: Job = {
      id: 'take',
      needs: ['give'],
      plan: (state) => ({
        kind: 'steps',
        env: { GOT: state.needs.get('give')?.outputs['y'] ?? '' },
        steps: [sh('s', 'test "$GOT" = "a\nb"')],
      }),
    };
    const end = await place.run(
      flow([give, take], { outputs: (state) => state.jobs.get('give')?.outputs ?? {} }),
    );
    assert.is(end.result, 'success', JSON.stringify(end.failed));
    assert.equal(end.outputs, { y: 'a\nb', z: 'vee' });
  });

  test('a step is tried again as often as it says, with growing waits, and no oftener', async ({ place }) => {
    let tries = 0;
    const flaky = native(
      'flaky',
      async () => {
        tries++;
        if (tries < 3) throw new Error('not yet');
      },
      { retry: { times: 5, backoffMs: 8 } },
    );
    assert.is((await place.run(flow([job('a', [], [flaky])]))).result, 'success');
    assert.is(tries, 3);
    const waits = place.events.flatMap((event) =>
      event.event === 'step-retrying' ? [event.milliseconds] : [],
    );
    assert.is(waits.length, 2);
    assert.ok(
      (waits[0] ?? 0) >= 6 && (waits[0] ?? 0) <= 10 && (waits[1] ?? 0) >= 12 && (waits[1] ?? 0) <= 20,
      String(waits),
    );
    let hopeless = 0;
    const never = native('never', async () => Promise.reject(new Error(`${++hopeless}`)), {
      retry: { times: 2, backoffMs: 1 },
    });
    assert.is((await place.run(flow([job('a', [], [never])]))).result, 'failure');
    assert.is(hopeless, 3);
  });

  test('instances of a job run at most so many at once; under fail-fast one that fails ends the others', async ({
    place,
  }) => {
    let now = 0;
    let most = 0;
    const count = native('count', async () => {
      now++;
      most = Math.max(most, now);
      await new Promise((resolve) => setTimeout(resolve, 10));
      now--;
    });
    const keys = Array.from({ length: 12 }, (_, at) => String(at));
    await place.run(flow([job('m', [], [count], { strategy: matrix(keys, { maxParallel: 3 }) })]), {
      jobs: 20,
    });
    assert.is(most, 3);
    const some = native('some', async ({ state, signal }) => {
      if (state.instance.key === 'bad') throw new Error('bad');
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      throw new Error('ended');
    });
    const end = await place.run(
      flow([job('m', [], [some], { strategy: matrix(['bad', 'x', 'y'], { failFast: true }) })]),
      { jobs: 9 },
    );
    assert.equal(end.jobs[0]?.instances, { bad: 'failure', x: 'cancelled', y: 'cancelled' });
  });

  test('post steps run last first, whatever failed, with what their steps saved', async ({ place }) => {
    const seen: string[] = [];
    const step = (id: string, fail: boolean): Step =>
      native(
        id,
        async (tools) => {
          tools.save('was', id);
          if (fail) throw new Error('no');
        },
        {
          post: native(
            'p',
            async ({ state }) => void seen.push(`${id} ${state.saved['was']} ${state.status}`),
          ),
        },
      );
    await place.run(flow([job('a', [], [step('one', false), step('two', true), step('three', false)])]));
    assert.equal(seen, ['two two failure', 'one one failure']);
  });

  test('steps within a step have a scope of their own, and fail it together', async ({ place }) => {
    const inner = [
      sh('set', 'echo x=in >> $OUTPUT; echo E=1 >> $ENV'),
      native('see', async ({ state }) => assert.equal([...state.steps.keys()], ['set'])),
    ];
    const group: Step = {
      id: 'group',
      title: 'group',
      prepare: () => ({
        kind: 'group',
        steps: inner,
        outputs: (state) => ({ out: state.steps.get('set')?.outputs['x'] ?? '' }),
      }),
    };
    const failing: Step = {
      id: 'f',
      title: 'f',
      continueOnError: () => true,
      prepare: () => ({ kind: 'group', steps: [bad('b'), ok('never')] }),
    };
    const after = native('after', async ({ state }) => {
      assert.equal(
        [state.steps.get('group')?.outputs, state.env['E'], state.jobStatus],
        [{ out: 'in' }, '1', 'success'],
      );
      assert.equal([state.steps.get('f')?.outcome, state.steps.get('f')?.conclusion], ['failure', 'success']);
    });
    const end = await place.run(flow([job('a', [], [group, failing, after])]));
    assert.is(end.result, 'success', JSON.stringify(end.failed));
  });

  test('a job may be another workflow, with its inputs, outputs and secrets', async ({ place }) => {
    const called = flow(
      [
        job('in', [], [sh('s', 'echo v=$WHO >> $OUTPUT')], {
          outputs: (state) => ({ v: state.steps.get('s')?.outputs['v'] ?? '' }),
        }),
      ].map((one) => ({
        ...one,
        plan: (state) =>
          ({ ...(one.plan(state) as never as object), env: { WHO: state.inputs['who'] ?? '' } }) as never,
      })),
      { outputs: (state) => ({ said: state.jobs.get('in')?.outputs['v'] ?? '' }) },
    );
    const end = await place.run(
      flow(
        [
          {
            id: 'call',
            needs: [],
            plan: () => ({ kind: 'call', workflow: called, inputs: { who: 'Ada' }, secrets: {} }),
          },
        ],
        {
          outputs: (state) => state.jobs.get('call')?.outputs ?? {},
        },
      ),
    );
    assert.equal([end.result, end.outputs], ['success', { said: 'Ada' }]);
  });

  test('timeouts end a step as failed and a job as cancelled, and what cleans up still runs', async ({
    place,
  }) => {
    const cleaned = join(place.root, 'cleaned');
    const clean = sh('clean', `touch ${cleaned}`, { decide: () => ({ run: true }) });
    const slow = sh('slow', 'sleep 30', { timeoutMs: () => 100 });
    const one = await place.run(flow([job('a', [], [slow, clean])]));
    assert.equal(
      [one.result, one.failed?.error, existsSync(cleaned)],
      ['failure', 'it took longer than 100 ms', true],
    );
    const two = await place.run(flow([job('a', [], [sh('slow', 'sleep 30')], { timeoutMs: 150 })]));
    assert.equal([two.result, results(two)], ['failure', { a: 'cancelled' }]);
  });

  test('a run tried again keeps what succeeded, and repeats what needs what is repeated', async ({
    place,
  }) => {
    const log = join(place.root, 'log');
    const say = (id: string, then = ''): Step => sh(id, `echo ${id} >> ${log}; ${then}`);
    const workflow = flow([
      job('a', [], [say('a1'), say('a2', 'test -e ready')]),
      job('b', [], [say('b1')]),
      job('report', ['a'], [say('r1')], { decide: () => ({ run: true }) }),
    ]);
    const first = await place.run(workflow, { jobs: 1 });
    assert.equal([first.result, readFileSync(log, 'utf8')], ['failure', 'a1\na2\nb1\nr1\n']);
    writeFileSync(join(place.root, 'ready'), '');
    const second = await place.again(first.id, workflow, { jobs: 1 });
    assert.equal([second.result, second.attempt], ['success', 2]);
    assert.is(readFileSync(log, 'utf8'), 'a1\na2\nb1\nr1\na2\nr1\n');
  });

  test('a run that was cancelled between two steps goes on with the second', async ({ place }) => {
    const log = join(place.root, 'log');
    const steps = ['one', 'two', 'three'].map((id) => sh(id, `echo ${id} >> ${log}`));
    const workflow = flow([job('a', [], steps), job('b', ['a'], [sh('four', `echo four >> ${log}`)])]);
    const stop = new AbortController();
    const first = await place.run(workflow, {
      signal: stop.signal,
      watch: ({ event }) => (event === 'step-finished' ? stop.abort() : undefined),
    });
    assert.equal([first.result, readFileSync(log, 'utf8')], ['cancelled', 'one\n']);
    const second = await place.again(first.id, workflow);
    assert.equal([second.result, readFileSync(log, 'utf8')], ['success', 'one\ntwo\nthree\nfour\n']);
  });

  test('a file of output that is wrong fails the step with its line', async ({ place }) => {
    const end = await place.run(
      flow([job('a', [], [sh('s', 'echo good=1 >> $OUTPUT; echo nonsense >> $OUTPUT')])]),
    );
    assert.match(end.failed?.error ?? '', /OUTPUT:2: nonsense/);
  });

  test('runs of one concurrency group take turns, also those of other engines', async ({ place }) => {
    let now = 0;
    let most = 0;
    const count = native('count', async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 150));
      now--;
    });
    const grouped = flow([job('a', [], [count])], {
      concurrency: () => ({ group: 'g', cancelInProgress: false }),
    });
    const ends = await Promise.all([place.run(grouped), place.run(grouped)]);
    assert.equal([most, ends.map(({ result }) => result)], [1, ['success', 'success']]);
  });

  test('10,000 jobs are no trouble', async ({ place }) => {
    const jobs = Array.from({ length: 10_000 }, (_, at) =>
      job(`j${at}`, at < 100 ? [] : [`j${at - 100}`], [ok('s')]),
    );
    const started = performance.now();
    const end = await place.run(flow(jobs), { jobs: 50, watch: () => undefined });
    assert.equal([end.result, end.jobs.length], ['success', 10_000]);
    console.log(`figure: 10,000 jobs ${((performance.now() - started) / 1000).toFixed(1)} s`);
  });
});
