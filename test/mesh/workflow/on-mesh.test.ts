/** `bit build` and `bit test` on a mesh of real programs: a controller and a runner on loopback. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { BuildResult } from '../../../src/build/index.ts';
import type { TestResult } from '../../../src/testing/index.ts';
import { confinementFault } from '../../../src/workflow/index.ts';
import { requireService, suite } from '../../suite.ts';
import { Place } from '../runner/place.ts';

const MANIFEST = `runner:
  id: aln://runner/test/alpha
  persona: hybrid
  capabilities: { build: [git, node] }
  qos: { max_concurrent_jobs: 2 }
`;
const JUNIT =
  '<testsuite><testcase classname="a" name="good"/><testcase classname="a" name="bad"><failure/></testcase></testsuite>';
const SPECIFICATION = `apiVersion: bithub/v1
kind: OrchestrationSpec
build:
  prepare: echo prepared >prepared.txt
  targets:
    lib:
      command: mkdir -p out/lib; cat src/lib.txt prepared.txt >out/lib/lib.txt; id -u >out/lib/user.txt
      inputs: [src/**]
      outputs: [out/lib/**]
    site:
      command:
        - mkdir -p out/site
        - echo "$GREETING $MODE" >out/site/index.txt; cat out/lib/lib.txt >>out/site/index.txt
        - printf '#!/bin/sh\\n' >out/site/run; chmod 755 out/site/run; ln -s index.txt out/site/link
      inputs: [src/**]
      outputs: [out/site/**]
      depends: [lib]
      env: [GREETING]
      set: { MODE: production }
      tools: [git]
    held:
      command: mkdir -p out/held; sleep 4; echo "$RANDOM_WORD held" >out/held/a
      inputs: [src/**]
      outputs: [out/held/**]
      env: [RANDOM_WORD]
    other:
      command: mkdir -p out/other; echo other >out/other/a
      inputs: [src/**]
      outputs: [out/other/**]
      tools: [odd-tool]
    bad:
      command: echo because >&2; exit 4
      outputs: [out/bad/**]
    behind:
      command: echo never
      depends: [bad]
    slow:
      command: sleep 60
      timeout: 1
test:
  unit: |-
    cat prepared.txt; printf 'TAP version 14\\n1..3\\nok 1 - one\\nnot ok 2 - two\\nok 3 - three # SKIP\\n'; exit 1
  integration: { command: printf '%s' '${JUNIT}' >report.xml, report: report.xml }
  custom: echo fine
`;

suite('build and test on a mesh', (test) => {
  if (!requireService('bubblewrap that may work', confinementFault() === undefined)) return;
  const place = new Place();
  const { world: here } = place;
  const begun = join(here.dir, '.git/bit/build/mesh/begun');
  test.after(() => place.close());

  test.before(async () => {
    here.start();
    here.write('.bit/runner.manifest.yml', MANIFEST);
    here.write('.bit/mesh/config.yml', 'mesh: { discovery: { mdns: false } }\n');
    here.write('.bithub.yml', SPECIFICATION);
    here.write('.gitignore', 'out/\n');
    here.write('src/lib.txt', 'library\n');
    here.git('add', '-A');
    here.git('commit', '-qm', 'something to build');
    assert.is((await here.bit('runner', 'init', '--no-input')).code, 0);
    const controller = place.start('mesh', 'serve', '--listen', '127.0.0.1:0');
    const file = join(here.dir, '.git/bit/mesh/controller.json');
    await place.until(() => existsSync(file), controller.said);
    const runner = place.start('runner', 'start');
    await place.until(() => place.status()?.state === 'joined', runner.said);
  });

  const build = async (...words: string[]): Promise<{ out: BuildResult; said: string }> => {
    const { stdout, stderr } = await here.bit('build', ...words, '--json');
    return { out: JSON.parse(stdout) as BuildResult, said: `${stdout}\n${stderr}` };
  };
  const states = ({ targets }: BuildResult) => targets.map(({ id, state }) => [id, state]);

  test('what targets leave comes back, is in its place, and is kept as if it had been built here', async () => {
    // neither committed nor pushed
    here.write('src/lib.txt', 'changed library\n');
    Object.assign(here.env, { GREETING: 'hello' });
    const { out, said } = await build('--target', 'site', '--on', 'mesh');
    assert.equal(
      states(out),
      [
        ['lib', 'ran'],
        ['site', 'ran'],
      ],
      said,
    );
    assert.ok(
      out.targets.every(({ job, uncached }) => /^J-/.test(job ?? '') && uncached === undefined),
      said,
    );
    assert.match(said, 'it runs on aln://runner/test/alpha');
    assert.is(here.read('out/site/index.txt'), 'hello production\nchanged library\nprepared\n');
    // the runner's user, not this one
    assert.is(here.read('out/lib/user.txt'), '1000\n');
    assert.is(statSync(join(here.dir, 'out/site/run')).mode & 0o777, 0o755);
    assert.is(readlinkSync(join(here.dir, 'out/site/link')), 'index.txt');
    assert.is(existsSync(join(here.dir, 'prepared.txt')), false);
    const again = await build('--target', 'site');
    assert.equal(
      states(again.out).map(([, state]) => state),
      ['unchanged', 'unchanged'],
    );
    rmSync(join(here.dir, 'out'), { recursive: true });
    const restored = await build('--target', 'site');
    assert.equal(
      states(restored.out).map(([, state]) => state),
      ['restored', 'restored'],
    );
    assert.ok(lstatSync(join(here.dir, 'out/site/link')).isSymbolicLink());
    assert.is((await here.bit('rollback', 'build', '--yes')).code, 0);
    assert.is(existsSync(join(here.dir, 'out/site/index.txt')), false);
  });

  test('a build that was killed finds its job again, and the same of other words is another', async () => {
    Object.assign(here.env, { RANDOM_WORD: 'one' });
    const words = ['build', '--target', 'held', '--on', 'mesh', '--no-input'];
    const first = place.start(...words);
    const running = (): string | undefined =>
      place.status()?.jobs.find(({ state }) => state === 'Running')?.jobId;
    const noted = (): readonly string[] => (existsSync(begun) ? readdirSync(begun) : []);
    await place.until(() => running() !== undefined && noted().length === 1, first.said);
    const job = running();
    place.kill(...words);
    await first.ended;
    const folder = noted();
    assert.is(folder.length, 1, first.said());
    const { out, said } = await build('--target', 'held', '--on', 'mesh');
    assert.match(said, `goes on with ${job}`);
    assert.equal(
      out.targets.map(({ id, state, job: at }) => [id, state, at]),
      [['held', 'ran', job]],
      said,
    );
    assert.is(here.read('out/held/a'), 'one held\n');
    assert.equal(readdirSync(begun), [], 'nothing of it is left');
    Object.assign(here.env, { RANDOM_WORD: 'two' });
    const other = await build('--target', 'held', '--on', 'mesh');
    assert.not.match(other.said, 'goes on with');
    assert.is(here.read('out/held/a'), 'two held\n');
    // what is left names a job that nobody knows any more
    Object.assign(here.env, { RANDOM_WORD: 'one' });
    rmSync(join(here.dir, '.git/bit/build/entries'), { recursive: true });
    writeFileSync(join(begun, folder[0] ?? ''), 'J-NOBODY\n');
    const anew = await build('--target', 'held', '--on', 'mesh');
    assert.match(anew.said, 'J-NOBODY came to nothing: it is begun anew');
    assert.is(here.read('out/held/a'), 'one held\n');
    assert.equal(readdirSync(begun), []);
  });

  test('what other tools made is brought, and not taken for what comes of the tools here', async () => {
    const tools = join(here.root, 'tools');
    mkdirSync(tools);
    writeFileSync(join(tools, 'odd-tool'), '#!/bin/sh\necho odd 9\n', { mode: 0o755 });
    const path = here.env['PATH'] ?? '';
    Object.assign(here.env, { PATH: `${tools}:${path}` });
    const { out, said } = await build('--target', 'other', '--on', 'mesh');
    const again = await build('--target', 'other');
    Object.assign(here.env, { PATH: path });
    assert.match(
      out.targets[0]?.uncached ?? '',
      'it was built elsewhere, with another odd-tool: absent',
      said,
    );
    assert.is(here.read('out/other/a'), 'other\n');
    assert.equal(states(again.out), [['other', 'ran']]);
    assert.is(again.out.targets[0]?.uncached, undefined);
  });

  test('one that fails there fails here, with its status and its last words', async () => {
    const { code, stdout } = await here.bit(
      ...['build', '--target', 'behind', '--target', 'slow', '--on', 'mesh', '--keep-going', '--json'],
    );
    const out = JSON.parse(stdout) as BuildResult;
    assert.is(code, 1);
    const of = (name: string) => out.targets.find(({ id }) => id === name);
    assert.equal(
      [of('bad')?.state, of('bad')?.exitCode, of('bad')?.reason, of('bad')?.tail?.[0]],
      ['failed', 4, 'it ended with 4', 'because'],
    );
    assert.is(of('behind')?.state, 'skipped');
    assert.equal([of('slow')?.state, of('slow')?.reason], ['failed', 'it took longer than it may']);
    const jobs = await here.bit('job', 'list', '--json');
    assert.match(jobs.stdout, 'bit build bad');
  });

  test('a variable that holds a secret does not travel', async () => {
    Object.assign(here.env, { GREETING: `ghp_${'a1B2'.repeat(9)}` });
    const { code, stderr, stdout } = await here.bit('build', '--target', 'site', '--on', 'mesh', '--json');
    assert.is(code, 3, `${stdout}${stderr}`);
    assert.match(`${stdout}${stderr}`, 'GREETING holds a secret');
    assert.not.match(`${stdout}${stderr}`, 'ghp_a1');
  });

  test('tests are counted where they ran', async () => {
    const { code, stdout, stderr } = await here.bit('test', '--on', 'mesh', '--json');
    const out = JSON.parse(stdout) as TestResult;
    assert.is(code, 1, stderr);
    assert.equal([out.passed, out.failed, out.skipped], [2, 2, 1], stdout);
    assert.equal(
      out.suites.map(({ name, ok, exitCode, ended, counts }) => [name, ok, exitCode, ended, counts?.form]),
      [
        ['unit', false, 1, 'exit', 'TAP'],
        ['integration', false, 0, 'exit', 'JUnit XML'],
        ['custom', true, 0, 'exit', undefined],
      ],
    );
    assert.equal([...out.failures].sort(), ['a bad', 'two']);
    assert.ok(out.suites.every(({ job }) => /^J-/.test(job ?? '')));
    assert.match(stderr, 'unit: prepared');
    assert.is(existsSync(join(here.dir, 'report.xml')), false);
  });

  test('the network is for what runs on a mesh', async () => {
    for (const command of ['build', 'test']) {
      const { code, stderr } = await here.bit(command, '--network', 'host');
      assert.is(code, 2, stderr);
      assert.match(stderr, '--on mesh');
    }
  });
});
