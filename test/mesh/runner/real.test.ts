/** The programs themselves: a controller, a runner, jobs handed in by a third; killed and drained. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { confinementFault } from '../../../src/workflow/index.ts';
import { requireService, suite } from '../../suite.ts';
import { Place } from './place.ts';

const MANIFEST = `runner:
  id: aln://runner/test/alpha
  persona: hybrid
  capabilities:
    build: [git]
    entertainment: [magic.lol]
  ledger: { path: .bithub/ledger/runner.log }
  qos: { max_concurrent_jobs: 2 }
`;

suite('a runner, its controller and a client', (test) => {
  if (!requireService('bubblewrap that may work', confinementFault() === undefined)) return;
  const place = new Place();
  const { world: here } = place;
  test.after(() => place.close());
  const submit = (script: string): readonly string[] => [
    ...['job', 'submit', '--repo', `git+file://${here.dir}#main`, '--require', 'build'],
    ...['--', '/bin/sh', '-c', script],
  ];
  const entries = (event: string): number => {
    const log = readFileSync(join(here.dir, '.bithub/ledger/runner.log'), 'utf8');
    return log.split('\n').filter((line) => line.includes(`"event":"${event}"`)).length;
  };
  let runner: ReturnType<Place['start']> | undefined;

  test('a job that was handed in is done, told, recorded and celebrated', async () => {
    here.start();
    here.write('.bit/runner.manifest.yml', MANIFEST);
    here.write('.bit/mesh/config.yml', 'mesh: { discovery: { mdns: false } }\n');
    assert.is((await here.bit('runner', 'init', '--no-input')).code, 0);
    here.git('add', '-A');
    here.git('commit', '-qm', 'a runner');
    const controller = place.start('mesh', 'serve', '--listen', '127.0.0.1:0');
    const file = join(here.dir, '.git/bit/mesh/controller.json');
    await place.until(() => existsSync(file), controller.said);
    runner = place.start('runner', 'start');
    await place.until(
      () => place.status()?.state === 'joined',
      () => runner?.said() ?? '',
    );
    const done = await place.run(...submit('cat a.txt; id -u; echo hello').toSpliced(2, 0, '--follow'));
    assert.is(done.code, 0, `${done.said}\n${runner.said()}`);
    // a change of state may stand between two lines of the job
    assert.match(done.said.replaceAll(/^-- .*\n/gm, ''), 'one\n1000\nhello\n');
    await place.until(
      () => existsSync(join(here.dir, '.bithub/ledger/lore.log')),
      () => runner?.said() ?? '',
    );
    assert.match(here.read('.bithub/ledger/lore.log'), /"event":"lore","job":"J-[A-Z0-9]+","mood":"radiant"/);
    assert.is(entries('JOB_CLAIM'), 1);
    // the controller's and the runner's
    assert.is(entries('JOB_RESULT'), 2);
    assert.is(entries('JOB_EXECUTE'), 2);
    assert.match(here.read('.bithub/ledger/runner.log'), /"event":"JOB_CLAIM","job_id":"J-/);
    // what it says of itself, it writes now and then
    await place.until(
      () => place.status()?.done.succeeded === 1,
      () => runner?.said() ?? '',
    );
    const shown = await here.bit('runner', 'status', '--json');
    assert.is(JSON.parse(shown.stdout).status.done.succeeded, 1);
    assert.is((await place.run('runner', 'start')).code === 0, false);
  });

  test('killed in the middle, its next life does the job, and it ends once', async () => {
    const job = place.start(...submit('sleep 3; echo finished').toSpliced(2, 0, '--follow'));
    await place.until(
      () => place.runs(job.said()),
      () => job.said(),
    );
    const killed = performance.now();
    runner?.child.kill('SIGKILL');
    await runner?.ended;
    assert.match((await here.bit('runner', 'status')).stdout, 'not running');
    runner = place.start('runner', 'start');
    assert.is(await job.ended, 0, `${job.said()}\n${runner.said()}`);
    assert.match(job.said(), 'finished');
    assert.match(runner.said(), 'attempt 2');
    // no lease of 30 s is waited for
    assert.ok(performance.now() - killed < 25_000, `${performance.now() - killed} ms`);
  });

  test('killed, its job is another runner’s as soon as what it left is ended', async () => {
    const job = place.start(...submit('sleep 4; echo finished').toSpliced(2, 0, '--follow'));
    await place.until(
      () => place.runs(job.said()),
      () => job.said(),
    );
    const other = place.start('runner', 'start', '--instance', 'second');
    await place.until(
      () => other.said().includes('joined'),
      () => other.said(),
    );
    const killed = performance.now();
    runner?.child.kill('SIGKILL');
    await place.until(
      () => other.said().includes('attempt 2'),
      () => other.said(),
    );
    const took = performance.now() - killed;
    assert.ok(took < 8000, `${took} ms`);
    assert.is(await job.ended, 0, job.said());
    assert.match(job.said(), 'finished');
    other.child.kill('SIGTERM');
    await other.ended;
    runner = place.start('runner', 'start');
    await place.until(
      () => runner?.said().includes('joined') === true,
      () => runner?.said() ?? '',
    );
  });

  test('drained, it brings its job to the end and ends', async () => {
    const job = place.start(...submit('sleep 3; echo finished').toSpliced(2, 0, '--follow'));
    await place.until(
      () => place.runs(job.said()),
      () => job.said(),
    );
    const stopped = await place.run('runner', 'stop', '--wait', '30');
    assert.is(stopped.code, 0, stopped.said);
    assert.match(stopped.said, 'has ended');
    assert.is(await runner?.ended, 0, runner?.said());
    assert.is(await job.ended, 0, job.said());
    assert.match(job.said(), 'finished');
  });

  test('in the background it goes on by itself, and gives its job back when told to', async () => {
    const started = await place.run('runner', 'start', '--background', '--json');
    assert.is(started.code, 0, started.said);
    await place.until(
      () => place.status()?.state === 'joined',
      () => started.said,
    );
    const job = place.start(...submit('sleep 60').toSpliced(2, 0, '--follow'));
    await place.until(
      () => place.runs(job.said()),
      () => job.said(),
    );
    const stopped = await place.run('runner', 'stop', '--now');
    assert.match(stopped.said, 'has ended');
    const list = await here.bit('job', 'list', '--json');
    assert.match(list.stdout, /"standard": ?"Pending"/);
  });
});
