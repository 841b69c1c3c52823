import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { BitError } from '../../src/kernel/errors.ts';
import {
  type Delegate,
  type DelegateRequest,
  packName,
  type RunEvent,
  readDelegation,
  runDelegated,
  type Workflow,
} from '../../src/workflow/index.ts';
import { suite } from '../suite.ts';
import { type Bench, bench, flow, job, native, optionsIn, REQUEST, sh } from './engine.ts';

interface Elsewhere {
  readonly delegate: Delegate;
  readonly asked: DelegateRequest[];
}

/** Another machine: a folder of its own, that is handed the document and the packs as files, and nothing else. */
function elsewhere(
  place: Bench,
  workflow: Workflow,
  more: { secret?: string; damage?: (text: string) => string } = {},
): Elsewhere {
  const asked: DelegateRequest[] = [];
  const delegate: Delegate = {
    placement: 'mesh',
    async run(request) {
      const nth = asked.push(request);
      const { document, writePack, directory, onHandle, onEvent, signal } = request;
      const root = join(place.root, `machine-${nth}`);
      mkdirSync(root, { recursive: true });
      mkdirSync(directory, { recursive: true });
      await onHandle(`J-${nth}`);
      for (const artifact of document.artifacts) await writePack(artifact, join(root, packName(artifact)));
      const outcome = join(directory, `outcome-${nth}`);
      await runDelegated({
        ...optionsIn(root),
        delegation: readDelegation(JSON.stringify(document)),
        packs: root,
        outcome,
        load: async () => workflow,
        secrets: async () => (name) => (name === 'TOKEN' ? more.secret : undefined),
        signal,
        watch: (event) => onEvent({ kind: 'event', event: JSON.parse(JSON.stringify(event)) as RunEvent }),
      });
      if (more.damage !== undefined) writeFileSync(outcome, more.damage(readFileSync(outcome, 'utf8')));
      return { kind: 'outcome', path: outcome };
    },
  };
  return { delegate, asked };
}

const MESH = { request: { ...REQUEST, on: 'mesh' as const } };

/** What is told of a run, without what differs each time. */
function told(events: readonly RunEvent[]): string[] {
  return events
    .flatMap((event) => {
      if (event.event === 'step-output') return [`${event.job} ${event.step} | ${event.line}`];
      if (event.event === 'step-finished') return [`${event.job} ${event.step} ${event.conclusion}`];
      if (event.event === 'job-finished')
        return [`${event.job} ${event.result} ${JSON.stringify(event.outputs)}`];
      if (event.event === 'artifact')
        return [`${event.job} artifact ${event.artifact.name} ${event.artifact.digest}`];
      if (event.event === 'annotation') return [`${event.job} ${event.annotation.message}`];
      return [];
    })
    .sort();
}

const BUILD = job(
  'build',
  [],
  [
    sh('make', 'echo made; echo "version=7" >>"$OUTPUT"; echo "**sum**" >>"$SUMMARY"'),
    native('keep', async (tools) => {
      const path = join(tools.state.temporary, 'file.txt');
      mkdirSync(tools.state.temporary, { recursive: true });
      writeFileSync(path, 'the built thing');
      await tools.artifacts.put('built', [{ path: 'out/file.txt', from: path }]);
      tools.annotate({ level: 'notice', message: 'well built' });
    }),
  ],
  { outputs: ({ steps }) => ({ version: steps.get('make')?.outputs['version'] ?? '' }) },
);

const TEST = {
  ...job('test', ['build'], [], {
    strategy: () => ({
      failFast: false,
      instances: ['a', 'b'].map((key) => ({ key, title: key, values: { key } })),
    }),
  }),
  plan: (state: Parameters<Workflow['jobs'][number]['plan']>[0]) => ({
    kind: 'steps' as const,
    env: {},
    steps: [
      native('use', async (tools) => {
        await tools.artifacts.get('built', join(tools.state.temporary, 'got'));
        const text = readFileSync(join(tools.state.temporary, 'got/out/file.txt'), 'utf8');
        const { index, total } = tools.state.strategy;
        tools.log(
          `${String(state.instance.values['key'])} ${index} of ${total} has ${text} ${state.needs.get('build')?.outputs['version']}`,
        );
      }),
    ],
  }),
};

const CALLED: Workflow = {
  name: 'called',
  jobs: [
    job('inner', [], [sh('say', 'echo inside')], {
      outputs: (state) => ({ got: state.inputs['word'] ?? '' }),
    }),
  ],
  outputs: (state) => ({ word: state.jobs.get('inner')?.outputs['got'] ?? '' }),
};

const CALLER: Workflow['jobs'][number] = {
  id: 'call',
  needs: ['build'],
  plan: (state) => ({
    kind: 'call',
    workflow: CALLED,
    inputs: { word: `v${state.needs.get('build')?.outputs['version']}` },
    secrets: 'inherit',
  }),
};

suite<{ place: Bench }>('a job that runs elsewhere', (test) => {
  test.before.each((context) => {
    context.place = bench();
  });
  test.after.each((context) => context.place.close());

  test('is told, ends and hands on as it does here: outputs, matrix, artifacts, calls, notes', async ({
    place,
  }) => {
    const workflow = flow([BUILD, TEST, CALLER]);
    const here = await place.run(workflow);
    const toldHere = told(place.events.splice(0));
    const { delegate, asked } = elsewhere(place, workflow);
    const there = await place.run(workflow, { ...MESH, delegates: { mesh: delegate } });
    assert.is(here.result, 'success');
    assert.is(there.result, 'success', JSON.stringify(there.failed));
    assert.equal(told(place.events), toldHere);
    assert.equal(there.jobs, here.jobs);
    assert.equal(there.artifacts, here.artifacts);
    assert.equal(asked.map((one) => one.job).sort(), ['build', 'call/inner', 'test(a)', 'test(b)']);
    assert.is(new Set(asked.map((one) => one.key)).size, 4);
    assert.is(
      readFileSync(join(place.state, 'runs', there.id, 'logs', 'build', 'make.log'), 'utf8'),
      'made\n',
    );
    assert.is(
      readFileSync(join(place.state, 'runs', there.id, 'summaries', 'build.md'), 'utf8').trim(),
      '**sum**',
    );
  });

  test('fails here with the step that failed there, and the next attempt has another key', async ({
    place,
  }) => {
    const workflow = flow([
      job('a', [], [sh('good', 'echo fine'), sh('bad', 'echo why >&2; exit 3'), sh('never', 'true')]),
    ]);
    const { delegate, asked } = elsewhere(place, workflow);
    const end = await place.run(workflow, { ...MESH, delegates: { mesh: delegate } });
    assert.is(end.result, 'failure');
    assert.equal(
      [end.failed?.job, end.failed?.step, end.failed?.error, end.failed?.tail],
      ['a', 'bad', 'exit status 3', ['why']],
    );
    await place.again(end.id, workflow, { delegates: { mesh: delegate } });
    assert.equal(
      asked.map(({ handle }) => handle),
      [undefined, undefined],
    );
    assert.is.not(asked[0]?.key, asked[1]?.key);
  });

  test('is taken up again by its handle and key after the engine died', async ({ place }) => {
    const workflow = flow([job('a', [], [sh('x', 'echo hi')])]);
    const { delegate, asked } = elsewhere(place, workflow);
    let died = false;
    const dying: Delegate = {
      placement: 'mesh',
      async run(request) {
        if (died) return delegate.run(request);
        died = true;
        await request.onHandle('J-first');
        asked.push(request);
        // as a killed engine: nothing more is ever written
        throw new BitError('io', 'killed');
      },
    };
    const first = await place.run(workflow, { ...MESH, delegates: { mesh: dying } });
    // what it wrote after its death is taken out of the journal
    const journal = join(place.state, 'runs', first.id, 'journal');
    const lines = readFileSync(journal, 'utf8').split('\n');
    writeFileSync(
      journal,
      `${lines.slice(0, lines.findIndex((line) => line.includes('"delegated"')) + 1).join('\n')}\n`,
    );
    const second = await place.again(first.id, workflow, { delegates: { mesh: dying } });
    assert.is(second.result, 'success');
    assert.is(asked[1]?.handle, 'J-first');
    assert.is(asked[0]?.key, asked[1]?.key);
  });

  test('no secret travels, in either direction', async ({ place }) => {
    const workflow = flow(
      [
        job(
          'a',
          [],
          [sh('x', 'echo "t=$T" >>"$OUTPUT"; echo "::add-mask::other-secret"; echo other-secret')],
          {
            outputs: ({ steps, secret }) => ({
              t: `is ${secret('TOKEN')}`,
              plain: steps.get('x')?.outputs['t'] ?? '',
            }),
          },
        ),
        job('b', ['a'], [sh('y', 'echo "$T"')]),
      ],
      { secrets: ['TOKEN'] },
    );
    const { delegate, asked } = elsewhere(place, workflow, { secret: 'hunter2-hunter2' });
    const end = await place.run(workflow, {
      ...MESH,
      delegates: { mesh: delegate },
      secrets: async () => () => 'of-this-machine',
    });
    assert.equal(end.jobs[0]?.outputs, { plain: '' });
    assert.ok(
      place.events.some(
        (event) => event.event === 'annotation' && /output t is left out/.test(event.annotation.message),
      ),
    );
    assert.not.match(
      JSON.stringify([asked.map(({ document }) => document), place.events]),
      /hunter2|of-this-machine/,
    );
    assert.equal(asked[0]?.secrets, ['TOKEN']);
    const refused = await place.run(workflow, {
      request: { ...REQUEST, on: 'mesh', inputs: { x: 'of-this-machine' } },
      delegates: { mesh: delegate },
      secrets: async () => () => 'of-this-machine',
    });
    assert.is(refused.result, 'failure');
    assert.match(refused.failed?.error ?? '', /x holds a secret/);
  });

  test('Ctrl-C ends it there, and it counts as cancelled', async ({ place }) => {
    const workflow = flow([job('a', [], [sh('long', 'sleep 60')])]);
    const { delegate } = elsewhere(place, workflow);
    const ending = new AbortController();
    setTimeout(() => ending.abort(), 300);
    const end = await place.run(workflow, { ...MESH, delegates: { mesh: delegate }, signal: ending.signal });
    assert.is(end.result, 'cancelled');
  });

  test('an outcome that is no good fails the job and changes nothing else', async ({ place }) => {
    const workflow = flow([BUILD]);
    for (const damage of [
      (text: string) => text.slice(0, 50),
      (text: string) => text.replace('the built thing', 'another  thing!'),
      (text: string) => text.replace('out/file.txt', '../../evil.tx'),
      (text: string) => text.replace('"result":"success"', '"result":"triumph"'),
      (text: string) => text.replace('"name":"built"', '"name":"a/b"'),
      () => 'null\n',
      () => '',
    ]) {
      const { delegate } = elsewhere(place, workflow, { damage });
      const end = await place.run(workflow, { ...MESH, delegates: { mesh: delegate } });
      assert.is(end.result, 'failure', damage.toString());
      assert.equal(end.artifacts, []);
    }
  });

  test('without anything that takes it there, the error says so', async ({ place }) => {
    const end = await place.run(flow([job('a', [], [sh('x', 'true')])]), MESH);
    assert.match(end.failed?.error ?? '', /can't run on mesh/);
  });
});
