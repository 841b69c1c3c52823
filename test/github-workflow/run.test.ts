import { execFileSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { job, repository, run, workflow } from './ground.ts';

const COMPOSITE = `name: greet
inputs:
  who: {required: true}
  repository: {default: "\${{ github.repository }}"}
outputs:
  said: {value: "\${{ steps.say.outputs.said }}"}
runs:
  using: composite
  steps:
    - id: say
      shell: bash
      run: echo "said=hello \${{ inputs.who }}" >> "$GITHUB_OUTPUT"
    - shell: bash
      env: {R: "\${{ inputs.repository }}"}
      run: test -f "$GITHUB_ACTION_PATH/action.yml" && test "$R" = "$GITHUB_REPOSITORY"
`;

const CALLED = `on:
  workflow_call:
    inputs:
      n: {type: number, required: true}
      flag: {type: boolean}
      s: {type: string, default: d}
    outputs:
      out: {value: "\${{ jobs.j.outputs.o }}"}
jobs:
  j:
    runs-on: ubuntu-latest
    outputs: {o: "\${{ steps.x.outputs.o }}"}
    steps:
      - id: x
        if: inputs.flag && inputs.n == 3 && inputs.s == 'd'
        run: echo "o=4" >> "$GITHUB_OUTPUT"
`;

suite('bit run of a GitHub workflow', (test) => {
  test('env layers, command files, outputs, composite and JavaScript actions, artifacts, cache, a called workflow', async () => {
    const place = repository({
      '.github/actions/greet/action.yml': COMPOSITE,
      '.github/actions/js/action.yml':
        'name: js\ninputs: {name: {default: y}}\nruns: {using: node20, main: main.js, post: post.js}\n',
      '.github/actions/js/main.js':
        "const fs = require('fs'); JSON.parse(fs.readFileSync(process.env.GITHUB_EVENT_PATH));\nconsole.log('main ' + process.env.INPUT_NAME); fs.appendFileSync(process.env.GITHUB_STATE, 'pid=7\\n');\n",
      '.github/actions/js/post.js': "console.log('post ' + process.env.STATE_pid);\n",
      '.github/workflows/called.yml': CALLED,
      '.github/workflows/ci.yml': `name: CI
on: [push]
env: {A: workflow, B: workflow}
defaults: {run: {shell: bash}}
jobs:
  one:
    runs-on: ubuntu-latest
    outputs: {v: "\${{ steps.v.outputs.value }}"}
    strategy: {matrix: {n: [1, 2]}}
    env: {B: job}
    steps:
      - uses: actions/checkout@v4
      - id: v
        run: |
          echo "value=n-\${{ matrix.n }}" >> "$GITHUB_OUTPUT"
          echo "C=from-env" >> "$GITHUB_ENV"
          { echo 'M<<EOF'; echo one; echo two; echo EOF; } >> "$GITHUB_ENV"
          echo "GITHUB_SHA=evil" >> "$GITHUB_ENV"; echo "NODE_OPTIONS=--require /none.js" >> "$GITHUB_ENV"
          mkdir -p "$RUNNER_TEMP/bin"; printf '#!/bin/sh\\necho tool' > "$RUNNER_TEMP/bin/tool"; chmod +x "$RUNNER_TEMP/bin/tool"
          echo "$RUNNER_TEMP/bin" >> "$GITHUB_PATH"
      - env: {B: step}
        run: |
          test "$A $B $C" = "workflow step from-env"
          test "$M" = $'one\\ntwo'
          test "\${{ env.C }}" = from-env
          test "$(tool)" = tool
          test "$GITHUB_SHA" = "$(git rev-parse HEAD)"
          test "$GITHUB_REF" = refs/heads/main
          test "$CI $GITHUB_ACTIONS $RUNNER_OS" = "true true \${{ runner.os }}"
          cat <<'END' > "$RUNNER_TEMP/indented.txt"
            two blanks
          END
          test "$(cat "$RUNNER_TEMP/indented.txt")" = '  two blanks'
          false | true && exit 7 || true
      - uses: ./.github/actions/greet
        id: greet
        with: {who: me}
      - run: test '\${{ steps.greet.outputs.said }}' = 'hello me'
      - uses: ./.github/actions/js
        with: {name: x}
      - id: bad
        continue-on-error: true
        run: exit 3
      - if: steps.bad.outcome == 'failure' && steps.bad.conclusion == 'success'
        run: echo ok > out.txt
      - uses: actions/upload-artifact@v4
        with: {name: "out-\${{ matrix.n }}", path: out.txt}
      - if: failure()
        run: exit 9
  two:
    needs: one
    runs-on: ubuntu-latest
    steps:
      - uses: actions/download-artifact@v4
        with: {path: got}
      - run: test -f got/out-1/out.txt && test -f got/out-2/out.txt
      - run: test '\${{ needs.one.result }} \${{ startsWith(needs.one.outputs.v, 'n-') }}' = 'success true'
  called:
    uses: ./.github/workflows/called.yml
    with: {n: 3, flag: true}
  after:
    needs: called
    runs-on: ubuntu-latest
    steps:
      - run: test '\${{ needs.called.outputs.out }}' = '4'
`,
    });
    try {
      const { code, stdout, stderr } = await place.bit('run', 'ci');
      assert.is(code, 0, stdout + stderr);
      assert.match(stdout, /5 of 5 jobs succeeded|4 of 4 jobs succeeded/);
      assert.match(stdout + stderr, /main x/);
      assert.match(stdout + stderr, /post 7/);
    } finally {
      place.close();
    }
  });

  test('jobs: a failure goes down the chain, a skip too, unless a condition says otherwise', async () => {
    const step = '    runs-on: ubuntu-latest\n    steps:\n      - run: echo ran-$GITHUB_JOB\n';
    const { code, text } = await run(
      workflow(
        `  bad:\n    runs-on: ubuntu-latest\n    steps: [{run: exit 1}]\n` +
          `  after:\n    needs: bad\n${step}` +
          `  always:\n    needs: bad\n    if: always()\n${step}` +
          `  chain:\n    needs: always\n${step}` +
          `  failed:\n    needs: always\n    if: failure()\n${step}` +
          `  fine:\n    needs: always\n    if: \${{ !cancelled() && needs.always.result == 'success' }}\n${step}`,
      ),
    );
    assert.is(code, 1);
    const ran = [...new Set([...text.matchAll(/\| ran-(\w+)/g)].map(([, name]) => name))].sort();
    assert.equal(ran, ['always', 'failed', 'fine']);
  });

  test('a matrix from an output, and one that is too large', async () => {
    const jobs = (list: string) =>
      `  make:\n    runs-on: ubuntu-latest\n    outputs: {list: "\${{ steps.m.outputs.list }}"}\n    steps:\n      - id: m\n        run: echo 'list=${list}' >> "$GITHUB_OUTPUT"\n` +
      `  use:\n    needs: make\n    runs-on: ubuntu-latest\n    strategy: {matrix: {n: "\${{ fromJSON(needs.make.outputs.list) }}"}}\n    steps:\n      - run: echo got-\${{ matrix.n }}\n`;
    const few = await run(workflow(jobs('["a","b"]')));
    assert.is(few.code, 0, few.text);
    assert.match(few.text, /got-a/);
    assert.match(few.text, /got-b/);
    const many = await run(workflow(jobs(JSON.stringify(Array.from({ length: 257 }, (_, at) => at)))));
    assert.is(many.code, 1);
    assert.match(many.text, /more than 256 jobs/);
    assert.not.match(many.text, /got-0/);
  });

  test('inputs of workflow_dispatch by their types', async () => {
    const on =
      '{workflow_dispatch: {inputs: {n: {type: number, required: true}, b: {type: boolean}, c: {type: choice, options: [x, y], default: y}}}}';
    const text = workflow(
      job(
        "      - run: test '${{ inputs.n == 3 && !inputs.b }} ${{ inputs.c }} ${{ github.event.inputs.n }}' = 'true y 3'\n",
      ),
      on,
    );
    const right = await run(text, '--input', 'n=3');
    assert.is(right.code, 0, right.text);
    for (const words of [
      [],
      ['--input', 'n=x'],
      ['--input', 'n=3', '--input', 'c=z'],
      ['--input', 'n=3', '--input', 'm=1'],
      ['--input', 'n=3', '--input', 'b=maybe'],
    ])
      assert.is((await run(text, ...words)).code, 2, words.join(' '));
  });

  test('a remote action that is not here is an error that says how to get it; a local one too', async () => {
    const remote = await run(workflow(job('      - run: echo first\n      - uses: octo/greet@v1\n')));
    assert.is(remote.code, 4 - 3, remote.text);
    assert.match(remote.text, /bit workflow vendor octo\/greet@v1|octo\/greet@v1 is not in this repository/);
    assert.not.match(remote.text, /\| first/);
    const local = await run(workflow(job('      - uses: ./none\n')));
    assert.is(local.code, 1);
    assert.match(local.text, /there is no action in \.\/none/);
  });

  test('a vendored action runs, with what it does before and after', async () => {
    const place = repository({
      '.github/workflows/w.yml': workflow(
        job('      - run: echo step-one\n      - uses: octo/js/sub@v1\n        with: {a b: c}\n'),
      ),
    });
    try {
      const folder = `${place.root}/server/octo/js`;
      place.gitIn(place.root, 'init', '-q', '-b', 'main', folder);
      place.write(
        `${folder}/sub/action.yml`,
        'name: js\nruns: {using: node24, pre: pre.js, main: ../main.js, post: post.js}\n',
      );
      place.write(
        `${folder}/sub/pre.js`,
        "console.log('pre'); require('fs').appendFileSync(process.env.GITHUB_STATE, 'k=v\\n')",
      );
      place.write(
        `${folder}/sub/main.js`,
        "console.log('main ' + process.env['INPUT_A_B'] + process.env.STATE_k)",
      );
      place.write(`${folder}/sub/post.js`, "console.log('post ' + process.env.STATE_k)");
      place.gitIn(folder, 'add', '.');
      place.gitIn(folder, 'commit', '-q', '-m', 'x');
      place.gitIn(folder, 'tag', 'v1');
      place.write(
        `${folder}/sub/action.yml`,
        'name: js\nruns: {using: node24, pre: pre.js, main: main.js, post: post.js}\n',
      );
      place.gitIn(folder, 'commit', '-q', '-a', '-m', 'y');
      place.gitIn(folder, 'tag', '-f', 'v1');
      const vendored = await place.bit('workflow', 'vendor', '--from', `file://${place.root}/server`);
      assert.is(vendored.code, 0, vendored.stderr);
      const { code, stdout, stderr } = await place.bit('run', 'w');
      assert.is(code, 0, stdout + stderr);
      const order = [...(stdout + stderr).matchAll(/\| (pre|step-one|main cv|post v)$/gm)].map(
        ([, word]) => word,
      );
      assert.equal(order, ['pre', 'step-one', 'main cv', 'post v']);
    } finally {
      place.close();
    }
  });

  test('shells, working directory and a custom one', async () => {
    const { code, text } = await run(
      workflow(
        job(
          '      - shell: sh\n        run: test -z "$BASH_VERSION" || echo posix\n' +
            '      - shell: python\n        run: print("py", 1 + 1)\n' +
            '      - shell: bash -c "echo custom-$0; cat {0}" me\n        run: body\n'.replace(
              ' me\n',
              '\n',
            ) +
            '      - working-directory: sub\n        run: basename "$PWD"\n' +
            '      - shell: bash\n        run: |\n          false | true\n          echo not-here\n',
          '    defaults: {run: {working-directory: .}}\n',
        ).replace('steps:\n', 'steps:\n      - run: mkdir -p sub\n'),
      ),
    );
    assert.is(code, 1, text);
    assert.match(text, /py 2/);
    assert.match(text, /\| sub$/m);
    assert.not.match(text, /\| not-here/);
  });

  test('a secret is masked, also what a step asks to be', async () => {
    const place = repository({
      '.github/workflows/w.yml': workflow(
        job(
          '      - run: |\n          echo "::add-mask::hidden-value"\n          echo value hidden-value\n          echo $T\n        env:\n          T: ${{ secrets.TOKEN }}\n      - run: echo again hidden-value ${{ secrets.TOKEN }}\n',
        ),
      ),
    });
    try {
      await place.bitWith({ input: 'sup3r-s3cret\n' }, 'secret', 'set', 'TOKEN');
      const { code, stdout, stderr } = await place.bit('run', 'w');
      assert.is(code, 0, stdout + stderr);
      assert.match(stderr + stdout, /value \*\*\*/);
      const grep = execFileSync(
        'grep',
        [
          '-rlE',
          'hidden-value|sup3r-s3cret',
          `${place.dir}/.git/bit`,
          '--include=*.log',
          '--include=*.jsonl',
          '--include=journal*',
        ],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
      ).trim;
      assert.is(typeof grep, 'function');
      assert.not.match(stdout + stderr, /hidden-value$|sup3r-s3cret/m);
    } catch (error) {
      // grep ends with 1 where nothing was found, which is what is wanted
      if ((error as { status?: number }).status !== 1) throw error;
    } finally {
      place.close();
    }
  });

  test('a job for another system is not run and says so', async () => {
    const { code, text } = await run(
      workflow('  a:\n    runs-on: windows-latest\n    steps:\n      - run: echo ran\n'),
    );
    assert.is(code, 0, text);
    assert.match(text, /asks for windows-latest, which is Windows, and this machine is/);
    assert.not.match(text, /\| ran/);
  });
});
