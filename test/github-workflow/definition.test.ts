import * as assert from 'uvu/assert';
import { readWorkflow } from '../../src/github-workflow/definition.ts';
import { startsOn } from '../../src/github-workflow/trigger.ts';
import type { BitError } from '../../src/kernel/errors.ts';
import { processorTime, suite } from '../suite.ts';

const job = 'jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo\n';
const read = (text: string) => readWorkflow('w.yml', text);
const on = (text: string) => read(`on:\n${text}\n${job}`);

function refused(text: string): BitError {
  try {
    read(text);
  } catch (error) {
    return error as BitError;
  }
  throw new Error('nothing was refused');
}

/** What is wrong, and where. */
const FAULTS: readonly (readonly [text: string, place: string])[] = [
  [`on: push\n${job}    unknown: 1\n`, 'w.yml:7:5'],
  [`on: pushh\n${job}`, 'w.yml:1:5'],
  ['on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: ${{ githup.x }}\n', 'w.yml:6:14'],
  ['on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - name: none\n', 'w.yml:6:9'],
  ['on: push\njobs:\n  a:\n    needs: b\n    runs-on: x\n    steps:\n      - run: x\n', 'w.yml:3:3'],
  ['on: push\njobs:\n  "a b":\n    runs-on: x\n    steps:\n      - run: x\n', 'w.yml:3:3'],
  ['on: push\njobs:\n  a:\n    runs-on: x\n    if: a b\n    steps:\n      - run: x\n', 'w.yml:5:9'],
  ['on: push\n  bad\nyaml: [', 'w.yml:3:'],
  ['', 'w.yml:1:1'],
];

suite('a workflow file', (test) => {
  for (const [text, place] of FAULTS)
    test(`${JSON.stringify(text.slice(0, 70))} is wrong at ${place}`, () => {
      const error = refused(text);
      assert.is(error.code, 'usage');
      assert.ok(error.message.startsWith(place), error.message);
    });

  test('jobs that need each other are refused', () => {
    const two =
      'on: push\njobs:\n  a:\n    needs: b\n    runs-on: x\n    steps: [{run: x}]\n  b:\n    needs: a\n    runs-on: x\n    steps: [{run: x}]\n';
    assert.throws(() => read(two), /dependenc|cycle/);
  });

  test('what GitHub takes is taken', () => {
    // a mapping made by an expression, anchors, filters where there are none, a list of events
    read(
      'on: [push, pull_request]\njobs:\n  a:\n    runs-on: ${{ matrix.os }}\n    strategy:\n      matrix: ${{ fromJSON(inputs.m) }}\n    steps:\n      - run: x\n        env: ${{ matrix.env }}\n',
    );
    read(
      'on: {create: {tags: [v*]}, push: }\njobs:\n  a: &job\n    runs-on: x\n    steps:\n      - run: x\n  b: *job\n',
    );
    read(
      'on:\n  schedule:\n    - cron: "0 0 * * *"\n      timezone: Europe/Berlin\n  workflow_dispatch:\n    inputs:\n      n: {type: number, default: 3}\n      c: {type: choice, options: [a, b]}\n' +
        job,
    );
  });

  test('a bomb of aliases, and one that stands for itself, are refused at once', () => {
    const rows = ['a: &a [x,x,x,x,x,x,x,x,x,x]'];
    for (let level = 1; level < 12; level++) {
      const last = String.fromCharCode(96 + level);
      const name = String.fromCharCode(97 + level);
      rows.push(`${name}: &${name} [${Array.from({ length: 10 }, () => `*${last}`).join(',')}]`);
    }
    const started = processorTime();
    assert.throws(() => read(rows.join('\n')), /more than \d+ values/);
    assert.ok(processorTime() - started < 5000);
    assert.throws(() => read('a: &a [*a]'), /stands for nothing, or for itself/);
    assert.throws(() => read(`a: ${'['.repeat(3000)}`), /w\.yml:/);
    assert.throws(() => read(`a: ${'['.repeat(300)}${']'.repeat(300)}`), /nested deeper/);
    assert.throws(() => read('x'.repeat(2 << 20)), /larger than/);
  });
});

suite('on', (test) => {
  test('branches and tags', () => {
    const push = on('  push:\n    branches: [main, "releases/**", "!releases/**-alpha"]');
    const runs = (ref: string) => startsOn(push, { event: 'push', ref }).runs;
    assert.equal(
      [
        'refs/heads/main',
        'refs/heads/releases/1',
        'refs/heads/releases/1-alpha',
        'refs/heads/x',
        'refs/tags/v1',
      ].map(runs),
      [true, true, false, false, false],
    );
    const tags = on('  push:\n    tags: [v*]');
    assert.ok(startsOn(tags, { event: 'push', ref: 'refs/tags/v1' }).runs);
    assert.not(startsOn(tags, { event: 'push', ref: 'refs/heads/main' }).runs);
    const both = on('  push:\n    branches: main\n    tags-ignore: [v1.*]');
    assert.ok(startsOn(both, { event: 'push', ref: 'refs/heads/main' }).runs);
    assert.ok(startsOn(both, { event: 'push', ref: 'refs/tags/v2.0' }).runs);
    assert.not(startsOn(both, { event: 'push', ref: 'refs/tags/v1.0' }).runs);
    assert.not(
      startsOn(on('  push:\n    branches-ignore: [wip/*]'), { event: 'push', ref: 'refs/heads/wip/x' }).runs,
    );
    assert.ok(startsOn(on('  push:'), { event: 'push', ref: 'refs/tags/x' }).runs);
  });

  test('paths', () => {
    const paths = on('  push:\n    paths: ["src/**", "!src/**.md"]');
    const runs = (changed: readonly string[], ref = 'refs/heads/main') =>
      startsOn(paths, { event: 'push', ref, changed }).runs;
    assert.ok(runs(['src/a.ts', 'README.md']));
    assert.not(runs(['src/a.md', 'README.md']));
    assert.ok(runs(['docs/x'], 'refs/tags/v1'));
    const ignored = on('  pull_request:\n    paths-ignore: [docs/**]');
    assert.not(startsOn(ignored, { event: 'pull_request', changed: ['docs/a'] }).runs);
    assert.ok(startsOn(ignored, { event: 'pull_request', changed: ['docs/a', 'b'] }).runs);
  });

  test('types, and those a pull request has by itself', () => {
    const runs = (text: string, event: string, action: string) => startsOn(on(text), { event, action }).runs;
    assert.ok(runs('  pull_request:', 'pull_request', 'synchronize'));
    assert.not(runs('  pull_request:', 'pull_request', 'labeled'));
    assert.ok(runs('  pull_request:\n    types: [labeled]', 'pull_request', 'labeled'));
    assert.ok(runs('  issues:', 'issues', 'pinned'));
    assert.not(runs('  issues:\n    types: opened', 'issues', 'closed'));
    assert.not(startsOn(on('  push:'), { event: 'schedule' }).runs);
    assert.match(startsOn(on('  push:'), { event: 'schedule' }).because, /schedule/);
  });
});
