import * as assert from 'uvu/assert';
import { judgeOf } from '../../src/mending/yaml/judge.ts';
import { repairYaml } from '../../src/mending/yaml/repair.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

const GITHUB = '.github/workflows/ci.yml';
const NATIVE = '.bithub/workflows/ci.yml';
const JOB = '    runs-on: ubuntu-latest\n    steps:\n      - run: npm test\n';

/** File, text and what it becomes. */
const CASES: Readonly<Record<string, readonly [string, string, string]>> = {
  'tabs for indentation': [
    NATIVE,
    'jobs:\n\ta:\n\t\tsteps:\n\t\t\t- run: echo\n',
    'jobs:\n  a:\n    steps:\n      - run: echo\n',
  ],
  'a tab among spaces': [
    GITHUB,
    `on: push\njobs:\n  a:\n\t  runs-on: ubuntu-latest\n    steps:\n      - run: npm test\n`,
    `on: push\njobs:\n  a:\n${JOB}`,
  ],
  'a colon in a script': [
    NATIVE,
    'jobs:\n  a:\n    steps:\n      - run: echo "status: fine"\n',
    `jobs:\n  a:\n    steps:\n      - run: 'echo "status: fine"'\n`,
  ],
  'a package name that begins with @': [
    NATIVE,
    'jobs:\n  a:\n    env:\n      SCOPE: @acme/app\n    steps:\n      - run: echo\n',
    `jobs:\n  a:\n    env:\n      SCOPE: '@acme/app'\n    steps:\n      - run: echo\n`,
  ],
  'a schedule without quotes': [
    GITHUB,
    `on:\n  schedule:\n    - cron: * 3 * * *\njobs:\n  a:\n${JOB}`,
    `on:\n  schedule:\n    - cron: '* 3 * * *'\njobs:\n  a:\n${JOB}`,
  ],
  'branches by a star': [
    GITHUB,
    `on:\n  push:\n    branches: [*]\njobs:\n  a:\n${JOB}`,
    `on:\n  push:\n    branches: ['*']\njobs:\n  a:\n${JOB}`,
  ],
  'a script that begins with a quote': [
    NATIVE,
    'jobs:\n  a:\n    steps:\n      - run: "$HOME/bin/x" --all\n',
    `jobs:\n  a:\n    steps:\n      - run: '"$HOME/bin/x" --all'\n`,
  ],
  'a quote that is not closed': [
    NATIVE,
    'name: "Build\njobs:\n  a:\n    steps:\n      - run: echo\n',
    'name: "Build"\njobs:\n  a:\n    steps:\n      - run: echo\n',
  ],
  'a list that is not closed': [
    GITHUB,
    `on: [push, pull_request\njobs:\n  a:\n${JOB}`,
    `on: [push, pull_request]\njobs:\n  a:\n${JOB}`,
  ],
  'a missing space after a colon': [
    NATIVE,
    'name:Build\njobs:\n  a:\n    steps:\n      - run: echo\n',
    'name: Build\njobs:\n  a:\n    steps:\n      - run: echo\n',
  ],
  'a missing colon': [
    NATIVE,
    'jobs:\n  a:\n    steps\n      - run: echo\n',
    'jobs:\n  a:\n    steps:\n      - run: echo\n',
  ],
  'a dash that sticks to its word': [
    NATIVE,
    'jobs:\n  a:\n    steps:\n      -run: echo\n',
    'jobs:\n  a:\n    steps:\n      - run: echo\n',
  ],
  'quotes of typography': [
    NATIVE,
    'name: “Build: all”\njobs:\n  a:\n    steps:\n      - run: echo\n',
    'name: "Build: all"\njobs:\n  a:\n    steps:\n      - run: echo\n',
  ],
  'a misspelt key': [
    NATIVE,
    'jobs:\n  a:\n    stpes:\n      - run: echo\n',
    'jobs:\n  a:\n    steps:\n      - run: echo\n',
  ],
  'several misspelt keys': [
    GITHUB,
    'on: push\njobs:\n  a:\n    runs_on: ubuntu-latest\n    step:\n      - run: npm test\n',
    `on: push\njobs:\n  a:\n${JOB}`,
  ],
  'a misspelt event': [
    GITHUB,
    `on: pull-request\njobs:\n  a:\n${JOB}`,
    `on: pull_request\njobs:\n  a:\n${JOB}`,
  ],
  'a misspelt need': [
    GITHUB,
    `on: push\njobs:\n  build:\n${JOB}  test:\n    needs: biuld\n${JOB}`,
    `on: push\njobs:\n  build:\n${JOB}  test:\n    needs: build\n${JOB}`,
  ],
  'no event': [
    GITHUB,
    `name: CI\njobs:\n  a:\n${JOB}`,
    `name: CI\non: [push, pull_request, workflow_dispatch]\njobs:\n  a:\n${JOB}`,
  ],
  'nowhere to run': [
    GITHUB,
    `on: push\njobs:\n  a:\n    steps:\n      - run: npm test\n`,
    `on: push\njobs:\n  a:\n${JOB}`,
  ],
  'steps too far left': [
    GITHUB,
    'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n  steps:\n    - run: npm test\n',
    `on: push\njobs:\n  a:\n${JOB}`,
  ],
  'one key too far right': [
    GITHUB,
    `on: push\njobs:\n  a:\n     runs-on: ubuntu-latest\n    steps:\n      - run: npm test\n`,
    `on: push\njobs:\n  a:\n${JOB}`,
  ],
  'a step cut in two': [
    NATIVE,
    'jobs:\n  a:\n    steps:\n      - name: test\n      - run: echo\n',
    'jobs:\n  a:\n    steps:\n      - name: test\n        run: echo\n',
  ],
  'two steps that run together': [
    GITHUB,
    `on: push\njobs:\n  a:\n${JOB}        run: npm run lint\n`,
    `on: push\njobs:\n  a:\n${JOB}      - run: npm run lint\n`,
  ],
  'an environment that stands twice': [
    NATIVE,
    'env:\n  A: 1\nenv:\n  B: 2\njobs:\n  a:\n    steps:\n      - run: echo\n',
    'env:\n  A: 1\n  B: 2\njobs:\n  a:\n    steps:\n      - run: echo\n',
  ],
  'a script of several lines without its |': [
    NATIVE,
    'jobs:\n  a:\n    steps:\n      - run:\n          echo "a: b"\n          echo c\n',
    'jobs:\n  a:\n    steps:\n      - run: |\n          echo "a: b"\n          echo c\n',
  ],
  'a script too far left': [
    NATIVE,
    'jobs:\n  a:\n    steps:\n      - run: |\n        echo one\n      echo two\n',
    'jobs:\n  a:\n    steps:\n      - run: |\n          echo one\n          echo two\n',
  ],
};

suite('the repair of workflows’ files', (test) => {
  for (const [name, [path, broken, whole]] of Object.entries(CASES))
    test(`mends ${name}`, async () => {
      const judge = judgeOf(path);
      assert.ok(judge);
      const { text, notes, left } = await repairYaml(broken, judge);
      assert.is(text, whole, JSON.stringify({ notes, left }));
      assert.is((await judge(whole)).faults.length, 0);
    });

  test('leaves a file that is right alone', async () => {
    const judge = judgeOf(GITHUB);
    assert.ok(judge);
    const { text, faults } = await repairYaml(`on: push\njobs:\n  a:\n${JOB}`, judge);
    assert.is(text, undefined);
    assert.is(faults.length, 0);
  });

  test('whatever is done to a workflow, what comes back as mended would run', async () => {
    const judge = judgeOf(NATIVE);
    assert.ok(judge);
    const whole =
      'name: CI\non: [push]\nenv:\n  A: "1"\njobs:\n  build:\n    steps:\n      - name: make\n        run: |\n          make a\n          make b\n      - run: echo "done"\n  test:\n    needs: build\n    steps:\n      - run: npm test\n';
    let [mended, harmed] = [0, 0];
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.constantFrom('', '\t', ' ', '"', "'", ':', '-', '@', '*', '{', '[', '\n', 'x', '\u201c', '\0'),
        fc.boolean(),
        async (at, put, over) => {
          const broken = whole.slice(0, at) + put + whole.slice(over ? at + 1 : at);
          const { text, faults } = await repairYaml(broken, judge);
          if (faults.length > 0) harmed++;
          if (text === undefined) return;
          mended++;
          assert.is((await judge(text)).faults.length, 0);
        },
      ),
      { numRuns: 150, seed: 11 },
    );
    process.stdout.write(`\nfigure: ${mended} of ${harmed} random faults of a workflow's file mended\n`);
    assert.ok(mended / harmed > 0.7, `${mended} of ${harmed}`);
  });

  test('says of two values for one name that a person decides', async () => {
    const judge = judgeOf(NATIVE);
    assert.ok(judge);
    const { text, left } = await repairYaml(
      'env:\n  A: 1\n  A: 2\njobs:\n  a:\n    steps:\n      - run: echo\n',
      judge,
    );
    assert.is(text, undefined);
    assert.is(left[0]?.line, 3);
  });
});
