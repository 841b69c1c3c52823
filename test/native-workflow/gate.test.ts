import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';

const APPROVAL = 'CONTRACT: terms\n[APPROVAL]\nACTION: flow.approve\nOWN: true\n';

const workflow = (gate: string): string => `jobs:
  before:
    steps: [{ run: echo before >> trace }]
  gated:
    needs: before
    steps:
      - gate: ${gate}
      - run: echo behind >> trace
      - if: always()
        run: echo always >> trace
  beside:
    needs: before
    steps: [{ run: echo beside >> trace2 }]
  after:
    needs: gated
    steps: [{ run: echo after >> trace }]
`;

const lines = (place: World): string[] =>
  place.exists('trace') ? place.read('trace').trim().split('\n') : [];

suite('a gate in a native workflow', (test) => {
  test('waits for approval in a state of its own; the rest goes on; resume and retry pending pass it once granted', () =>
    within(
      { '.bithub/workflows/w.yml': workflow('approval'), '.bit/contract.aln': APPROVAL },
      async (place) => {
        assert.is((await place.bit('contract', 'enforce', '.bit/contract.aln')).code, 0);
        const held = await place.bit('run', 'w', '--json');
        assert.is(held.code, 75, held.stderr);
        const said = held.stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Record<string, unknown>);
        assert.is(said.find(({ event }) => event === 'run-finished')?.['result'], 'waiting');
        const error = said.at(-1)?.['error'] as {
          code: string;
          details: { run: string; waiting: unknown[] };
        };
        assert.is(error.code, 'waiting');
        assert.is(error.details.waiting.length, 1);
        const { run: id } = error.details;
        assert.is(
          (JSON.parse(place.read(`.git/bit/runs/${id}/summary.json`)) as { state: string }).state,
          'waiting',
        );
        assert.equal(lines(place), ['before', 'always']);
        assert.is(place.read('trace2'), 'beside\n');
        const again = await place.bit('resume');
        assert.is(again.code, 75, 'nobody granted it yet');
        assert.match(
          again.stderr,
          new RegExp(`waits[\\s\\S]*job gated: it waits for approval[\\s\\S]*bit resume ${id}`),
        );
        const { request } = JSON.parse((await place.bit('approval', 'request', '--json')).stdout) as {
          request: string;
        };
        assert.is((await place.bit('approval', 'grant', request)).code, 0);
        const passed = await place.bit('retry', 'pending');
        assert.is(passed.code, 0, passed.stderr);
        assert.equal(lines(place).slice(-3), ['behind', 'always', 'after']);
        assert.is(lines(place).filter((line) => line === 'before').length, 1);
        assert.is(place.read('trace2'), 'beside\n');
        assert.match((await place.bit('resume')).stderr, 'nothing here was interrupted');
      },
    ));

  test('of policy runs the policies’ tests, asks for flow.gate and runs .bithub/policy.sh', () =>
    within({ '.bithub/workflows/w.yml': workflow('policy') }, async (place) => {
      place.write(
        '.bithub/policies/gate.rego',
        'package gate\ndeny contains "not this one" if { input.action == "flow.gate"; input.target.workflow == "w" }\n',
      );
      assert.is((await place.bit('policy', 'accept', '--yes')).code, 0);
      const closed = await place.bit('run', 'w');
      assert.is(closed.code, 1);
      assert.match(closed.stderr, 'not this one');
      assert.equal(lines(place), ['before', 'always']);
      place.write('.bithub/policies/gate.rego', 'package gate\n');
      assert.is((await place.bit('policy', 'accept', '--yes')).code, 0);
      const open = await place.bit('retry', 'failed');
      assert.is(open.code, 0, open.stderr);
      assert.equal(lines(place).slice(-3), ['behind', 'always', 'after']);
    }));

  test('a failure beside it is a failure', () =>
    within(
      {
        '.bithub/workflows/w.yml': `${workflow('approval')}  red:\n    steps: [{ run: exit 3 }]\n`,
        '.bit/contract.aln': APPROVAL,
      },
      async (place) => {
        assert.is((await place.bit('contract', 'enforce', '.bit/contract.aln')).code, 0);
        const run = await place.bit('run', 'w');
        assert.is(run.code, 1);
        assert.match(run.stderr, 'job red');
      },
    ));

  test('keeps its job here, where policies and approvals are, wherever the run goes', () =>
    within(
      {
        '.bithub/workflows/w.yml':
          'jobs:\n  a:\n    steps:\n      - gate: policy\n      - run: echo behind >> trace\n',
      },
      async (place) => {
        // there is no mesh
        const run = await place.bit('run', 'w', '--on', 'mesh');
        assert.is(run.code, 0, run.stderr);
        assert.equal(lines(place), ['behind']);
        place.write('.bithub/workflows/w.yml', 'jobs:\n  a:\n    on: mesh\n    steps: [{ gate: policy }]\n');
        assert.match(
          (await place.bit('run', 'w')).stderr,
          /w\.yml:3:9: job a stands at a gate, .* give the gate a job of its own/,
        );
      },
    ));

  test('that is none, or stands beside run, is refused by line and column', () =>
    within({ '.bithub/workflows/w.yml': workflow('aproval') }, async (place) => {
      const wrong = await place.bit('run', 'w');
      assert.is(wrong.code, 2);
      assert.match(wrong.stderr, /w\.yml:7:15: gate must be policy or approval, not aproval/);
      place.write('.bithub/workflows/w.yml', 'jobs:\n  a:\n    steps: [{ run: x, gate: policy }]\n');
      assert.match((await place.bit('run', 'w')).stderr, 'needs one of run, uses and gate');
    }));
});
