import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

const CI = `name: CI
on:
  push:
    branches: [main]
  pull_request:
env:
  LEVEL: "3"
jobs:
  build:
    runs-on: ubuntu-latest
    outputs:
      version: \${{ steps.v.outputs.version }}
    strategy:
      matrix:
        node: [20, 22]
        include:
          - node: 24
            extra: true
    steps:
      - uses: actions/checkout@v4
      - uses: octo/greet@v1
        with: {who: "\${{ github.actor }}"}
      - id: v
        env:
          BOTH: \${{ env.LEVEL }}-\${{ matrix.node }}
        run: echo "version=\${{ env.BOTH }}" >> "$GITHUB_OUTPUT"
      - if: matrix.node == 22
        run: echo \${{ secrets.TOKEN }}
  later:
    needs: build
    if: github.event_name == 'push'
    runs-on: \${{ fromJSON('["ubuntu-latest"]') }}
    steps:
      - run: echo \${{ needs.build.outputs.version }}
`;

function started(): World {
  const place = world();
  place.start();
  place.write('.github/workflows/ci.yml', CI);
  return place;
}

/** A server with octo/greet in it, at v1. */
function server(place: World): string {
  const folder = `${place.root}/server/octo/greet`;
  place.gitIn(place.root, 'init', '-q', '-b', 'main', folder);
  place.write(
    `${folder}/action.yml`,
    'name: greet\nruns:\n  using: composite\n  steps:\n    - run: echo hello\n      shell: bash\n    - uses: octo/inner@v2\n',
  );
  place.write(`${folder}/lib/x.txt`, 'x\n');
  place.gitIn(folder, 'add', '.');
  place.gitIn(folder, 'commit', '-q', '-m', 'one');
  place.gitIn(folder, 'tag', 'v1');
  return `file://${place.root}/server`;
}

suite('bit workflow context preview', (test) => {
  test('the graph, and every expression with its values', async () => {
    const place = started();
    try {
      const { stdout, code, stderr } = await place.bit('workflow', 'context', 'preview', 'ci', '--json');
      assert.is(code, 0, stderr);
      const out = JSON.parse(stdout);
      assert.equal(out.starts.runs, true);
      assert.equal(
        out.jobs.map((job: Record<string, unknown>) => [
          job['id'],
          job['depth'],
          job['if'],
          job['instances'],
        ]),
        [
          ['build', 0, 'runs', ['(20)', '(22)', '(24, true)']],
          ['later', 1, 'runs', ['']],
        ],
      );
      const value = (text: string) =>
        out.expressions.find((each: { expression: string }) => each.expression === text);
      assert.equal(value('matrix.node').values, [20, 22, 24]);
      assert.equal(value('env.BOTH').values, ['3-20', '3-22', '3-24']);
      assert.equal(value('secrets.TOKEN').values, ['***']);
      assert.equal(value('matrix.node == 22').values, [false, true]);
      assert.equal(value("github.event_name == 'push'").values, [true]);
      assert.is(value('needs.build.outputs.version').values, null);
      assert.equal([value('env.LEVEL').line, value('env.LEVEL').column], [25, 17]);
      assert.equal(out.missing, ['octo/greet@v1']);
    } finally {
      place.close();
    }
  });

  test('a payload and an event change what is seen', async () => {
    const place = started();
    try {
      place.write(
        'e.json',
        JSON.stringify({ action: 'closed', pull_request: { head: { ref: 't' }, base: { ref: 'main' } } }),
      );
      const run = await place.bit(
        'workflow',
        'context',
        'preview',
        'CI',
        '--event',
        'pull_request',
        '--payload',
        'e.json',
        '--json',
      );
      const out = JSON.parse(run.stdout);
      assert.equal([out.starts.runs, out.jobs[1].if], [false, 'skipped']);
      assert.match(
        (await place.bit('workflow', 'context', 'preview', 'ci')).stdout,
        /bit workflow vendor octo\/greet@v1/,
      );
      assert.is((await place.bit('workflow', 'context', 'preview', 'cj')).code, 4);
      assert.is((await place.bit('workflow', 'context', 'preview', 'ci', '--payload', 'none')).code, 4);
    } finally {
      place.close();
    }
  });
});

suite('bit workflow vendor', (test) => {
  test('a dry run changes nothing; then it is here at its commit, and undo takes it away', async () => {
    const place = started();
    try {
      const from = server(place);
      const dry = await place.bit('workflow', 'vendor', '--from', from, '--dry-run');
      assert.is(dry.code, 0, dry.stderr);
      assert.match(dry.stdout, /fetch octo\/greet@v1 at [0-9a-f]{40}/);
      assert.not(place.exists('.bithub/actions'));
      const run = await place.bit('workflow', 'vendor', '--from', from);
      assert.is(run.code, 0, run.stderr);
      assert.is(place.read('.bithub/actions/octo/greet/v1/lib/x.txt'), 'x\n');
      assert.match(run.stdout, /used besides and not here yet: octo\/inner@v2/);
      const lock = JSON.parse(place.read('.bithub/actions/actions.lock.json'));
      assert.is(
        lock.actions['octo/greet@v1'].commit,
        place.gitIn(`${place.root}/server/octo/greet`, 'rev-parse', 'v1'),
      );
      const preview = await place.bit('workflow', 'context', 'preview', 'ci', '--json');
      assert.equal(JSON.parse(preview.stdout).missing, []);
      const undo = await place.bit('undo', '--yes');
      assert.is(undo.code, 0, undo.stderr);
      assert.not(place.exists('.bithub/actions/actions.lock.json'));
      assert.not(place.exists('.bithub/actions/octo/greet/v1/action.yml'));
    } finally {
      place.close();
    }
  });

  test('a tag that was moved is not followed, and other files under the pinned commit are refused', async () => {
    const place = started();
    try {
      const from = server(place);
      const folder = `${place.root}/server/octo/greet`;
      await place.bit('workflow', 'vendor', 'octo/greet@v1', '--from', from);
      const before = place.read('.bithub/actions/actions.lock.json');
      place.write(`${folder}/lib/x.txt`, 'evil\n');
      place.gitIn(folder, 'commit', '-q', '-a', '-m', 'two');
      place.gitIn(folder, 'tag', '-f', 'v1');
      assert.is((await place.bit('workflow', 'vendor', 'octo/greet@v1', '--from', from)).code, 0);
      assert.is(place.read('.bithub/actions/actions.lock.json'), before);
      const lock = JSON.parse(before);
      lock.actions['octo/greet@v1'].digest = '0'.repeat(64);
      place.write('.bithub/actions/actions.lock.json', JSON.stringify(lock));
      (await import('node:fs')).rmSync(`${place.dir}/.bithub/actions/octo`, { recursive: true });
      assert.is((await place.bit('workflow', 'vendor', 'octo/greet@v1', '--from', from)).code, 7);
      assert.not(place.exists('.bithub/actions/octo'));
      const updated = await place.bit('workflow', 'vendor', 'octo/greet@v1', '--from', from, '--update');
      assert.is(updated.code, 0, updated.stderr);
      assert.is(place.read('.bithub/actions/octo/greet/v1/lib/x.txt'), 'evil\n');
    } finally {
      place.close();
    }
  });

  test('an action named by the commit it was vendored at runs from what is here', async () => {
    const place = started();
    try {
      const folder = `${place.root}/server/octo/hello`;
      place.gitIn(place.root, 'init', '-q', '-b', 'main', folder);
      place.write(
        `${folder}/action.yml`,
        'name: hello\nruns:\n  using: composite\n  steps:\n    - run: echo hello\n      shell: bash\n',
      );
      place.gitIn(folder, 'add', '.');
      place.gitIn(folder, 'commit', '-q', '-m', 'one');
      place.gitIn(folder, 'tag', 'v1');
      await place.bit('workflow', 'vendor', 'octo/hello@v1', '--from', `file://${place.root}/server`);
      const ci = (ref: string): string =>
        `on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: octo/hello@${ref}\n`;
      place.write('.github/workflows/pin.yml', ci(place.gitIn(folder, 'rev-parse', 'v1')));
      assert.is((await place.bit('run', 'pin')).code, 0);
      const preview = await place.bit('workflow', 'context', 'preview', 'pin', '--json');
      assert.equal(JSON.parse(preview.stdout).missing, []);
      place.write('.github/workflows/pin.yml', ci('0'.repeat(40)));
      const other = await place.bit('run', 'pin');
      assert.is(other.code, 1);
      assert.match(other.stderr, /is not in this repository/);
    } finally {
      place.close();
    }
  });

  test("what is no action, or isn't there, is said", async () => {
    const place = started();
    try {
      const from = server(place);
      for (const [words, code] of [
        [['octo/greet@v9'], 4],
        [['octo/none@v1'], 6],
        [['./local'], 2],
        [['--upload-pack=x'], 2],
        [['octo/greet@--upload-pack'], 2],
        [['../x/y@v1'], 2],
        [['octo/greet'], 2],
      ] as const)
        assert.is(
          (await place.bit('workflow', 'vendor', '--from', from, ...words)).code,
          code,
          words.join(' '),
        );
      assert.is((await place.bit('workflow', 'vendor', '--from', 'ext::sh -c x')).code, 2);
    } finally {
      place.close();
    }
  });
});

suite('bit audit workflow', (test) => {
  test('text, SARIF, a patch that applies, and an exit status where asked', async () => {
    const place = started();
    try {
      const text = await place.bit('audit', 'workflow');
      assert.is(text.code, 0, text.stderr);
      assert.match(text.stdout, /ci\.yml:\d+:\d+ {2}medium {2}unpinned-uses/);
      const sarif = JSON.parse((await place.bit('audit', 'workflow', 'ci', '--format', 'sarif')).stdout);
      assert.is(sarif.version, '2.1.0');
      assert.ok(sarif.runs[0].results.length > 3);
      assert.is((await place.bit('audit', 'workflow', '--fail-on', 'high')).code, 1);
      const high = await place.bit('audit', 'workflow', '--severity', 'high');
      assert.match(high.stdout, / {2}high {2}/);
      assert.not.match(high.stdout, / {2}(medium|low|info) {2}/);
      assert.is((await place.bit('audit', 'workflow', 'none')).code, 4);
      place.write('p', (await place.bit('audit', 'workflow', '--patch')).stdout);
      place.git('apply', 'p');
      assert.match(place.read('.github/workflows/ci.yml'), /persist-credentials: false/);
    } finally {
      place.close();
    }
  });

  test('how the runs here went, and which steps are flaky', async () => {
    const place = world();
    try {
      place.start();
      place.write(
        '.github/workflows/w.yml',
        'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - name: moody\n        run: test -f fine\n',
      );
      assert.is((await place.bit('run', 'w')).code, 1);
      place.write('fine', '');
      assert.is((await place.bit('run', 'w')).code, 0);
      const { history } = JSON.parse((await place.bit('audit', 'workflow', 'w', '--json')).stdout);
      assert.equal([history[0].runs, history[0].successRate], [2, 0.5]);
      assert.equal(history[0].flaky, [{ job: 'a', step: '_1', title: 'moody', failed: 1, succeeded: 1 }]);
      assert.ok(history[0].p50 >= 0 && history[0].p95 >= history[0].p50);
      assert.match(
        (await place.bit('audit', 'workflow', 'w')).stdout,
        /flaky: a, moody: failed 1, succeeded 1/,
      );
    } finally {
      place.close();
    }
  });
});
