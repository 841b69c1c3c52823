import * as assert from 'uvu/assert';
import { processorTime, suite } from '../suite.ts';
import { job, repository, run, workflow } from './ground.ts';

suite('hostile workflows', (test) => {
  test('what an event says is text: injected expressions and commands do nothing through env', async () => {
    const place = repository({
      '.github/workflows/w.yml': workflow(
        job(
          '      - env:\n          T: ${{ github.event.issue.title }}\n        run: echo "$T"\n      - run: echo ${{ toJSON(github.event.issue.title) }} | cat\n',
        ),
        'issues',
      ),
    });
    try {
      const title = '${{ secrets.TOKEN }} $(touch pwned) `touch pwned`';
      place.write('e.json', JSON.stringify({ issue: { title } }));
      const { code, stdout, stderr } = await place.bit(
        'run',
        'w',
        '--event',
        'issues',
        '--payload',
        'e.json',
      );
      assert.is(code, 0, stdout + stderr);
      assert.ok((stdout + stderr).includes(title));
    } finally {
      place.close();
    }
  });

  test('names and paths do not lead out', async () => {
    for (const step of [
      'uses: actions/upload-artifact@v4\n        with: {name: ../x, path: a.txt}',
      'uses: actions/upload-artifact@v4\n        with: {path: /etc/hostname}',
      'uses: actions/upload-artifact@v4\n        with: {path: ../config}',
      'uses: actions/download-artifact@v4\n        with: {path: ../../out}',
      'uses: actions/checkout@v4\n        with: {path: ../out}',
      'uses: actions/checkout@v4\n        with: {ref: --upload-pack=x}',
      'uses: actions/checkout@v4\n        with: {repository: "../../x", path: y}',
      'uses: actions/cache@v4\n        with: {path: a.txt, key: "a,b"}',
      'uses: ./../outside',
      'uses: octo/../../x@v1',
    ]) {
      const { code, text } = await run(workflow(job(`      - ${step}\n`)));
      assert.ok(code === 1 || code === 2, `${step}: ${text}`);
      assert.not.match(text, /internal|at file:/, step);
    }
  });

  test('workflows that call themselves end', async () => {
    const { code, text } = await run(
      workflow('  a:\n    uses: ./.github/workflows/w.yml\n', '[push, workflow_call]'),
    );
    assert.is(code, 1, text);
    assert.match(text, /more than 10 workflows call each other/);
  });

  test('10,000 jobs are planned, and in linear time', async () => {
    const jobs = Array.from({ length: 10_000 }, (_, at) => `  j${at}: {runs-on: x, steps: [{run: a}]}`).join(
      '\n',
    );
    const place = repository({ '.github/workflows/w.yml': workflow(jobs) });
    try {
      const started = processorTime();
      const { code, stderr } = await place.bit('run', 'w', '--plan');
      assert.is(code, 0, stderr);
      assert.ok(processorTime() - started < 20_000);
    } finally {
      place.close();
    }
  });
});
