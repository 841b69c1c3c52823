/** What comes to a host from elsewhere, and what its bots reach: a real controller, GitHub's webhooks, hosts by HTTP. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { confinementFault } from '../../src/workflow/index.ts';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';
import { deployBot, eventsOf, logOf, ok, startHost, until } from './ground.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'dev.js');

interface Serving {
  readonly child: ChildProcess;
  readonly address: string;
}

async function serveMesh(place: World, listen: string): Promise<Serving> {
  const words = ['mesh', 'serve', '--listen', listen, '--tls', 'off', '--no-announce'];
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    ...{ cwd: place.dir, env: place.env, stdio: ['ignore', 'pipe', 'pipe'] },
  });
  let told = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
  await until(
    'the controller listens',
    () => /^ws:\/\/\S+/m.test(told) || child.exitCode !== null,
    () => told,
  );
  const [address = ''] = /^ws:\/\/\S+/m.exec(told) ?? [];
  assert.is.not(address, '', told);
  return { child, address };
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await gone;
}

/** Hands a job to the mesh and takes it back: it has ended, without any runner. */
async function endedJob(place: World, key: string): Promise<string> {
  const submitted = await ok(place, 'job', 'submit', '--key', key, '--json', '--', 'true');
  const { job_id: job } = JSON.parse(submitted) as { job_id: string };
  await ok(place, 'job', 'cancel', job, '--yes');
  return job;
}

/** A folder by HTTP, as any web server would give it. */
async function serveFolder(folder: string): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer(({ url = '/' }, response) => {
    const path = join(folder, decodeURIComponent(new URL(url, 'http://x').pathname));
    if (!existsSync(path) || !statSync(path).isFile()) response.writeHead(404).end();
    else createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

suite('what a host hears of', (test) => {
  test('jobs of a mesh that ended, once each, those too that ended while no host ran or nobody answered', () =>
    within({}, async (place) => {
      let serving: Serving | undefined;
      try {
        await ok(place, 'key', 'new', '--use');
        serving = await serveMesh(place, '127.0.0.1:0');
        const listen = serving.address.replace('ws://', '');
        Object.assign(place.env, { BIT_MESH: serving.address });
        const early = await endedJob(place, 'early');
        await deployBot(place, 'miner', {
          on: '[{ mesh: JOB_RESULT }]',
          can: '[query:status]',
          js: 'export async function handle(event, context) { context.log(event.kind + " " + event.facts.job_id); }\n',
        });
        const heard = (): readonly unknown[] =>
          eventsOf(place, 'miner').map(({ event, state }) => `${String(event.facts['job_id'])} ${state}`);
        const one = await endedJob(place, 'one');
        await ok(place, 'bot', 'run', '--once');
        assert.equal(heard(), [`${one} done`], `${early} ended before the bot was deployed`);
        assert.match(logOf(place, 'miner'), `JOB_RESULT ${one}`);

        // one ends while neither host nor anybody is there to ask afterwards
        const two = await endedJob(place, 'two');
        await end(serving.child);
        const alone = await place.bit('bot', 'run', '--once');
        assert.is(alone.code, 0, alone.stderr);
        assert.match(alone.stderr, 'the mesh is not heard');
        serving = await serveMesh(place, listen);
        await ok(place, 'bot', 'run', '--once');
        await ok(place, 'bot', 'run', '--once');
        assert.equal(heard(), [`${two} done`, `${one} done`]);
      } finally {
        await end(serving?.child);
      }
    }));

  test("GitHub's webhooks: acknowledged once they are on disk, and handled though the host was killed", () =>
    within({}, async (place) => {
      const set = await place.bitWith({ input: 'a secret of webhooks\n' }, 'secret', 'set', 'HOOK');
      assert.is(set.code, 0, set.stderr);
      await deployBot(place, 'greeter', {
        on: '[{ event: github, kinds: [issues.opened], if: event.payload.issue.number > 1 }]',
        can: '["query:status"]',
        js: 'export async function handle(event, context) { context.log("opened " + event.facts.payload.issue.number); }\n',
      });
      await ok(place, 'bot', 'pause', 'greeter');
      const host = startHost(place, '--webhook-secret', 'HOOK', '--port', '0');
      try {
        await until('it listens', () => /^http:\S+$/m.test(host.said()), host.said);
        const [address = ''] = /^http:\S+$/m.exec(host.said()) ?? [];
        const post = async (delivery: string, kind: string, body: object, key = 'a secret of webhooks') => {
          const text = JSON.stringify(body);
          const { status } = await fetch(address, {
            method: 'POST',
            body: text,
            headers: {
              'content-type': 'application/json',
              'x-github-event': kind,
              'x-github-delivery': delivery,
              'x-hub-signature-256': `sha256=${createHmac('sha256', key).update(text).digest('hex')}`,
            },
          });
          return status;
        };
        const opened = (number: number) => ({ action: 'opened', issue: { number } });
        assert.is(await post('delivery-1', 'issues', opened(7), 'guessed'), 401);
        assert.is(await post('delivery-1', 'issues', opened(7)), 202);
        assert.is(await post('delivery-1', 'issues', opened(7)), 409);
        assert.is(await post('delivery-2', 'issues', opened(1)), 202, 'taken, and for no bot');
        assert.is(await post('delivery-3', 'issues', { action: 'closed', issue: { number: 8 } }), 202);
        await end(host.child);
      } finally {
        await end(host.child);
      }
      assert.equal(
        eventsOf(place, 'greeter').map(({ event, state }) => `${event.id} ${state}`),
        ['github:delivery-1 queued'],
      );
      await ok(place, 'bot', 'resume', 'greeter');
      await ok(place, 'bot', 'run', '--once');
      assert.match(logOf(place, 'greeter'), 'opened 7');
      assert.not.match(host.said(), 'a secret of webhooks');
    }));
});

suite('the network of a bot', (test) => {
  test('is the host and the port it was granted, and what else it tried is in its trail', () =>
    within({}, async (place) => {
      if (confinementFault() !== undefined) return;
      const far = join(place.root, 'far');
      place.gitIn(place.root, 'clone', '-q', '--bare', place.dir, join(far, 'repo.git'));
      place.gitIn(join(far, 'repo.git'), 'update-server-info');
      const [granted, other] = await Promise.all([serveFolder(far), serveFolder(far)]);
      try {
        const urls = [granted, other].map(({ port }) => `http://127.0.0.1:${port}/repo.git`);
        await deployBot(place, 'fetcher', {
          on: '[{ git: commit }]',
          can: `[git:fetch, 'network:127.0.0.1:${granted.port}']`,
          more: `settings: { urls: ${JSON.stringify(urls)} }\n`,
          js: `export async function handle(event, context) {
  const codes = [];
  for (const url of context.settings.urls) codes.push((await context.bit(['git', 'fetch', url, 'main:refs/heads/got-' + codes.length])).status);
  context.log('codes ' + codes.map((code) => (code === 0 ? 'fetched' : 'not')).join(' '));
}
`,
        });
        place.git('commit', '-q', '--allow-empty', '-m', 'event');
        await ok(place, 'bot', 'run', '--once');
        const log = logOf(place, 'fetcher');
        assert.match(log, 'codes fetched not', log);
        assert.match(log, `refused: 127.0.0.1:${other.port} was not granted`);
        assert.is(place.git('rev-parse', 'got-0'), place.git('rev-parse', 'main~1'));
        const trail = await ok(place, 'bot', 'secure', 'trail', 'fetcher', '--refused', '--json');
        assert.match(trail, `127.0.0.1:${other.port}`);
      } finally {
        for (const { server } of [granted, other]) {
          server.closeAllConnections();
          await new Promise((resolve) => server.close(resolve));
        }
      }
    }));
});
