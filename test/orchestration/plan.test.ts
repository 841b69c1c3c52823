import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { BitError } from '../../src/kernel/errors.ts';
import { loadSpecification, planFlow } from '../../src/orchestration/index.ts';
import { suite } from '../suite.ts';
import { PUSH, WHOLE } from './ground.ts';

const HEAD = 'apiVersion: bithub/v1\nkind: OrchestrationSpec\n';

function inRoot<Out>(text: string | undefined, files: readonly string[], use: (root: string) => Out): Out {
  const root = mkdtempSync(join(tmpdir(), 'bit-flow-'));
  try {
    if (text !== undefined) writeFileSync(join(root, '.bithub.yml'), text);
    for (const path of files) {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), 'jobs: {}\n');
    }
    return use(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

const TESTS = [
  '.bithub/workflows/.tests-aln.yml',
  '.github/workflows/.tests-batchfile.yml',
  '.bithub/workflows/.tests-lisp.yaml',
];

function planned(occasion: Partial<typeof PUSH> = {}, flow?: string, text = WHOLE) {
  return inRoot(text, TESTS, (root) =>
    planFlow(
      root,
      loadSpecification(root).specification,
      { ...PUSH, ...occasion },
      { flow, profile: undefined },
    ),
  );
}

function refused(text: string): BitError {
  try {
    inRoot(text, [], loadSpecification);
  } catch (error) {
    if (error instanceof BitError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

suite('a flow of the whole .bithub.yml, planned', (test) => {
  test('for a push to main: all of main-ci but what has no assets, and images are pushed', () => {
    const plan = planned();
    assert.is(plan.flow, 'main-ci');
    assert.ok(plan.starts);
    assert.equal(
      plan.steps.map(({ kind, name, runs }) => `${kind} ${name} ${runs}`),
      [
        'gate policy true',
        'action bit-image true',
        'barrier build-complete true',
        'workflows parallel true',
        'action package-assets false',
        'action publish-artifacts true',
      ],
    );
    const [gate, image, , tests, assets] = plan.steps;
    assert.ok(gate?.continueOnFailure);
    assert.equal(image?.push, { push: true, because: 'push to main' });
    assert.is(image?.retries, 3);
    assert.is(image?.backoffSeconds, 10);
    assert.equal(
      tests?.workflows.map(({ path, source, mode }) => [path, source, mode]),
      [
        ['.bithub/workflows/.tests-aln.yml', 'native', 'parallel'],
        ['.github/workflows/.tests-batchfile.yml', 'github', 'parallel'],
        ['.bithub/workflows/.tests-lisp.yaml', 'native', 'parallel'],
      ],
    );
    assert.match(assets?.because ?? '', "not files.changed matches '**/assets/**'");
    assert.is(plan.profile?.concurrencyGroup, 'bithub-refs/heads/main');
    assert.equal(
      plan.others.map(({ flow, starts }) => [flow, starts]),
      [['nightly-hardening', false]],
    );
  });

  test('for a pull request from a fork: its directive takes the tests out, nothing is pushed', () => {
    const plan = planned({
      event: 'pull_request',
      isFork: true,
      labels: ['repair-me'],
      changed: ['game/assets/a.png'],
    });
    const [, image, , tests, assets] = plan.steps;
    assert.not.ok(tests?.runs);
    assert.ok(
      tests?.workflows.every(({ because }) =>
        because.startsWith('the directive skip-heavy-tests disables it'),
      ),
    );
    assert.equal(image?.push, { push: false, because: 'only on push, and this is pull_request' });
    assert.ok(assets?.runs);
    assert.equal(plan.bots, { repair: true });
  });

  test('for the schedule: the other flow, whose images are always pushed', () => {
    const plan = planned({ event: 'schedule' });
    assert.is(plan.flow, 'nightly-hardening');
    assert.equal(plan.steps[0]?.push, { push: true, because: 'always' });
    assert.equal(
      plan.steps[1]?.workflows.map(({ path, runs }) => [path, runs]),
      [
        [null, true],
        [null, true],
      ],
    );
  });

  test('for another branch: it does not start, and says why; by hand it does', () => {
    assert.match(planned({ branch: 'dev' }).because, 'the branch dev is none of its branches');
    assert.not.ok(planned({ branch: 'dev' }).starts);
    assert.ok(planned({ event: 'manual', branch: 'dev' }).starts);
  });

  test('names the nearest flow and profile', () => {
    assert.throws(
      () => planned({}, 'main-cl'),
      (error: unknown) => error instanceof BitError && /main-ci/.test(error.hint ?? ''),
    );
  });

  test('says what only the mesh gives, and goes to the fallback where there is one', () => {
    const on = (text: string) =>
      planned({}, undefined, WHOLE.replace('defaultProfile: github-hosted', text)).profile;
    assert.equal(on('defaultProfile: vsc-amd64')?.handedToMesh, [
      'autoscale 2 to 2000 runners',
      '500 GB of cache',
    ]);
    assert.equal(on('defaultProfile: vsc-gpu')?.lacking[0], 'GPU A10:1');
    const rerouted = planned(
      {},
      undefined,
      WHOLE.replace('defaultProfile: github-hosted', 'defaultProfile: vsc-gpu').replace(
        '    vsc-gpu:\n',
        '    vsc-gpu:\n      fallback: github-hosted\n',
      ),
    ).profile;
    assert.is(rerouted?.name, 'github-hosted');
    assert.match(rerouted?.because ?? '', 'vsc-gpu needs GPU A10:1');
  });
});

suite('a specification', (test) => {
  test('is refused for what its shape can not see, all at once', () => {
    const { message } = refused(`${HEAD}orchestration:
  flows:
    - name: a
      condition: "evnt == 'push'"
      sequence:
        - { gate: policy, with: { name: x } }
        - { action: package-assets, with: { sbom: true } }
        - { workflows: {} }
        - { action: bit-image, with: { services: [web], pushOn: {} }, profile: nope }
    - name: a
      on: { schedule: every day }
      sequence: [ { barrier: b } ]
artifacts: { manifestPath: ../run.json }
clusters: { profiles: { p: { fallback: q }, q: { fallback: p, autoscale: { min: 5, max: 2 } } } }
notifications: { channels: [ { type: webhook } ] }
support: { userDirectives: [ { key: k, when: isFork, effect: rm -rf } ] }
`);
    for (const part of [
      ':6:18: there is no evnt',
      'with is for an action',
      'package-assets takes no sbom',
      'needs parallel or series',
      'there is no image service web',
      'pushOn says nothing',
      'there is no profile nope',
      'a stands twice in orchestration.flows',
      'no cron expression',
      'leaves the repository',
      'leads back to p',
      'min above its max',
      'lacks urlRef',
      'is no effect',
    ])
      assert.match(message, part);
  });

  test('is made up where there is none, of what is there', () => {
    const texts = [
      [],
      ['Dockerfile', '.bithub/workflows/.tests-aln.yml'],
      ['.bithub/workflows/validate.yml'],
    ].map((files) => inRoot(undefined, files, loadSpecification));
    assert.equal(
      texts.map(({ specification }) =>
        specification.orchestration?.flows?.[0]?.sequence.map((step) => Object.keys(step)[0]),
      ),
      [['gate'], ['gate', 'action', 'workflows'], ['gate', 'workflows']],
    );
    assert.match(texts[0]?.synthesised?.join() ?? '', 'not there: .tests-aln');
  });
});
