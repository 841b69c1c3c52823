/** Two controllers of one mesh on one nats-server, killed one after the other: the programs themselves. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { confinementFault } from '../../../src/workflow/index.ts';
import { freePort, type Server, startServer } from '../../mesh/store/server.ts';
import { requireService, suite } from '../../suite.ts';
import { world } from '../../world.ts';

const BIT = join(import.meta.dirname, '..', '..', '..', 'bin', 'run.js');
const NATS = '/usr/sbin/nats-server';

interface Started {
  readonly child: ChildProcess;
  readonly said: () => string;
}

interface Row {
  readonly job_id: string;
  readonly state: string;
  readonly attempt: number;
}

suite('two controllers of one mesh', (test) => {
  if (!requireService('bubblewrap that may work', confinementFault() === undefined)) return;
  if (!requireService('nats-server', existsSync(NATS))) return;
  const here = world();
  let nats: Server | undefined;
  const children: ChildProcess[] = [];
  test.after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await sleep(200);
    await nats?.stop();
    here.close();
  });

  const start = (cwd: string, ...words: string[]): Started => {
    const child = spawn(process.execPath, [BIT, ...words], {
      cwd,
      env: here.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (said: string) => {
        text += said;
      });
    return { child, said: () => text };
  };
  const until = async (is: () => boolean | Promise<boolean>, what: () => string): Promise<void> => {
    for (const end = performance.now() + 90_000; !(await is()); await sleep(100))
      if (performance.now() > end) throw new Error(`it never came to that: ${what()}`);
  };

  test('a job goes on when the controller that gave it is killed, and what one kept the other serves', async () => {
    nats = await startServer();
    const ports = [await freePort(), await freePort()] as const;
    here.start();
    const seeds = ports.map((port) => `ws://127.0.0.1:${port}`);
    here.write(
      '.bit/runner.manifest.yml',
      `runner:
  id: aln://runner/test/alpha
  capabilities: { build: [git] }
  repositories: ['file://**']
  storage: { default: kept, drivers: { kept: { scheme: 'aln+ns://' } } }
`,
    );
    here.write(
      '.bit/mesh/config.yml',
      `mesh: { name: two, discovery: { mdns: false, seeds: [${seeds.join(', ')}] }, tls: { required: false } }\n`,
    );
    assert.is((await here.bit('runner', 'init', '--no-input')).code, 0);
    here.git('add', '-A');
    here.git('commit', '-qm', 'a runner');
    const places = ['one', 'two', 'runner'].map((name) => join(here.root, name));
    for (const place of places) here.gitIn(here.root, 'clone', '-q', here.dir, place);
    const serve = async (n: 0 | 1): Promise<Started> => {
      const started = start(
        ...([places[n] ?? '', 'mesh', 'serve', '--tls', 'off', '--engine', 'nats'] as const),
        ...['--listen', `127.0.0.1:${ports[n]}`, '--nats-url', nats?.url ?? ''],
      );
      await until(() => started.said().includes('is served'), started.said);
      return started;
    };
    const controllers = [await serve(0), await serve(1)];
    const runner = start(places[2] ?? '', 'runner', 'start');
    await until(() => runner.said().includes('joined'), runner.said);
    const at = (n: 0 | 1): string[] => ['--controller', seeds[n] ?? ''];
    const submit = async (n: 0 | 1, script: string, ...more: string[]): Promise<string> => {
      const asked = ['job', 'submit', '--repo', `git+file://${here.dir}#main`, '--require', 'build'];
      const { stdout, stderr } = await here.bit(...asked, ...at(n), ...more, '--', '/bin/sh', '-c', script);
      const [id] = /J-[A-Z0-9]+/.exec(stdout + stderr) ?? [];
      if (id === undefined) throw new Error(stdout + stderr);
      return id;
    };
    const row = async (n: 0 | 1, id: string): Promise<Row | undefined> => {
      const { stdout } = await here.bit('job', 'list', '--json', ...at(n));
      const { jobs } = JSON.parse(stdout === '' ? '{"jobs":[]}' : stdout) as { jobs: Row[] };
      return jobs.find(({ job_id }) => job_id === id);
    };
    const reaches = (n: 0 | 1, id: string, state: string): Promise<void> =>
      until(
        async () => (await row(n, id))?.state === state,
        () => `${id} ${state}\n${runner.said()}\n${controllers.map(({ said }) => said()).join('\n--\n')}`,
      );

    const kept = await submit(0, 'echo made >$BIT_JOB_ID.txt', ...['--keep', 'aln+ns://builds/{job_id}.txt']);
    await reaches(1, kept, 'Completed');

    for (const [killed, left] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const job = await submit(left, 'sleep 5; echo done');
      // how far it is, only the controller knows that its runner speaks to
      await until(() => runner.said().includes(`${job}: /bin/sh`), runner.said);
      await sleep(1000);
      controllers[killed]?.child.kill('SIGKILL');
      await reaches(left, job, 'Completed');
      assert.is((await row(left, job))?.attempt, 1, `its work was not lost\n${runner.said()}`);
      // of a job that was done before, at whichever of the two its runner was then
      const reads = await submit(left, `cat ${kept}.txt`, '--take', `aln+ns://builds/${kept}.txt`);
      await reaches(left, reads, 'Completed');
      const { stdout } = await here.bit('job', 'logs', reads, ...at(left));
      assert.match(stdout, 'made');
      controllers[killed] = await serve(killed);
      await reaches(killed, reads, 'Completed');
    }
  });
});
