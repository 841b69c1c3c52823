import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import type { Hello } from '../../../src/mesh/channel/index.ts';
import { AUTOSCALE_HOOK, Autoscale, profilesOf } from '../../../src/mesh/controller/autoscale.ts';
import { KeyBook } from '../../../src/mesh/controller/keys.ts';
import { suite } from '../../suite.ts';
import { JOB, meshGround, until } from './ground.ts';
import { memoryStore } from './memory-store.ts';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code: number };
}

/** A collector of OTLP/HTTP JSON. */
async function collector(): Promise<{
  server: Server;
  endpoint: string;
  spans: Span[];
  heads: (string | undefined)[];
}> {
  const spans: Span[] = [];
  const heads: (string | undefined)[] = [];
  const server = createServer(async (request, response) => {
    heads.push(
      `${request.method} ${request.url} ${request.headers['content-type']} ${request.headers['x-tenant']}`,
    );
    const { resourceSpans } = JSON.parse(await text(request)) as {
      resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
    };
    for (const { scopeSpans } of resourceSpans) for (const scope of scopeSpans) spans.push(...scope.spans);
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, heads };
}

suite('what a controller does for its operators', (test) => {
  test('sends a trace of each job to a collector', async () => {
    const { server, endpoint, spans, heads } = await collector();
    const otlp = { endpoint: `${endpoint}/`, headers: { 'x-tenant': 'one' } };
    const ground = await meshGround({ store: memoryStore(), parts: { otlp } });
    try {
      await ground.runner();
      const client = await ground.client();
      const { job_id } = await client.submit(JOB, 'one');
      await until(async () => (await client.job(job_id)).standard === 'CompletedSuccessfully');
      await until(() => spans.some(({ name }) => name === 'job'));
      assert.is(heads[0], 'POST /v1/traces application/json one');
      const job = spans.find(({ name }) => name === 'job');
      const placement = spans.find(({ name }) => name === 'placement');
      assert.match(job?.traceId ?? '', /^[0-9a-f]{32}$/);
      assert.match(job?.spanId ?? '', /^[0-9a-f]{16}$/);
      assert.is(placement?.traceId, job?.traceId);
      assert.is(placement?.parentSpanId, job?.spanId);
      assert.is(job?.status.code, 1);
      assert.ok(BigInt(job?.endTimeUnixNano ?? 0) >= BigInt(job?.startTimeUnixNano ?? 0));
    } finally {
      await ground.close();
      server.closeAllConnections();
      server.close();
    }
  });

  test('works on where no collector answers, and says so once', async () => {
    const otlp = { endpoint: 'http://127.0.0.1:1', headers: {} };
    const ground = await meshGround({ store: memoryStore(), parts: { otlp } });
    try {
      await ground.runner();
      const client = await ground.client();
      const { job_id } = await client.submit(JOB, 'one');
      await until(async () => (await client.job(job_id)).standard === 'CompletedSuccessfully');
      await until(() => ground.notices.length > 0);
      assert.match(ground.notices.join('\n'), /traces can't be sent to http:\/\/127\.0\.0\.1:1/);
    } finally {
      await ground.close();
    }
  });

  test('calls the hook with what is wanted', async () => {
    const root = mkdtempSync(join(tmpdir(), 'bit-scale-'));
    try {
      const hook = join(root, AUTOSCALE_HOOK);
      mkdirSync(dirname(hook), { recursive: true });
      writeFileSync(hook, `#!/bin/sh\necho "$BIT_MESH $@" >> ${root}/called\n`);
      chmodSync(hook, 0o755);
      const notices: string[] = [];
      const autoscale = new Autoscale({
        ...{ root, self: ['/bin/false'], env: process.env, address: 'wss://here:1', directory: root },
        notice: (line) => notices.push(line),
      });
      autoscale.scale({ kind: 'scale', profile: 'gpu', from: 2, to: 1, retire: ['aln://runner/a'] });
      const called = (): string => {
        try {
          return readFileSync(join(root, 'called'), 'utf8');
        } catch {
          return '';
        }
      };
      await until(() => called() !== '');
      assert.is(called(), 'wss://here:1 gpu 2 1 aln://runner/a\n');
      await autoscale.stop();
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });

  test('starts a runner whose words it can not keep, and says so', async () => {
    const root = mkdtempSync(join(tmpdir(), 'bit-scale-'));
    const directory = join(root, 'logs');
    const notices: string[] = [];
    try {
      const program = join(root, 'program');
      writeFileSync(program, `#!/bin/sh\necho here > ${root}/started\nexec sleep 60\n`);
      chmodSync(program, 0o755);
      writeFileSync(directory, 'in the way');
      const autoscale = new Autoscale({
        ...{ root, self: [program], env: process.env, address: 'wss://here:1', directory },
        notice: (line) => notices.push(line),
      });
      autoscale.scale({ kind: 'scale', profile: '../cpu', from: 0, to: 1, retire: [] });
      await until(() => existsSync(join(root, 'started')));
      assert.match(notices.join('\n'), 'is not kept: ');
      await autoscale.stop();
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });

  test('starts runners as processes, and ends those that may end', async () => {
    const root = mkdtempSync(join(tmpdir(), 'bit-scale-'));
    try {
      const program = join(root, 'program');
      writeFileSync(program, `#!/bin/sh\necho "$@" >> ${root}/started\nexec sleep 60\n`);
      chmodSync(program, 0o755);
      const autoscale = new Autoscale({
        ...{
          root,
          self: [program],
          env: process.env,
          address: 'wss://here:1',
          directory: join(root, 'logs'),
        },
        notice: () => {},
      });
      autoscale.scale({ kind: 'scale', profile: 'cpu', from: 0, to: 2, retire: [] });
      const started = (): string[] => {
        try {
          return readFileSync(join(root, 'started'), 'utf8').trim().split('\n');
        } catch {
          return [];
        }
      };
      await until(() => started().length === 2);
      assert.match(
        started()[0] ?? '',
        /^runner start --no-input --instance cpu-\d+-\d --profile cpu --controller wss:\/\/here:1$/,
      );
      await autoscale.stop();
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });

  test('reads how many runners a profile keeps', () => {
    assert.equal(profilesOf({ gpu: { autoscale: { min: 1, max: 4, cooldownSeconds: 60 } }, plain: {} }), [
      { name: 'gpu', min: 1, max: 4, cooldown_ms: 60_000 },
    ]);
  });

  test('lets in whom its keys allow, and no other key under a name that is known', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'bit-keys-'));
    try {
      const key = (digit: string): string => `ed25519:${digit.repeat(64)}`;
      const revoked = new Set<string>();
      const read = async () => ({ clients: new Set([key('a')]), signers: undefined, revoked });
      const book = new KeyBook({ directory, read });
      await book.refresh();
      const hello = (id: string, public_key: string, role?: 'client'): Hello =>
        ({ runner_id: id, public_key, ...(role === undefined ? {} : { role }) }) as Hello;
      book.admit(hello('aln://client/one', key('a'), 'client'));
      assert.throws(() => book.admit(hello('aln://client/one', key('b'), 'client')), /may not ask this mesh/);
      book.admit(hello('aln://runner/one', key('b')));
      assert.throws(() => book.admit(hello('aln://runner/one', key('c'))), /came with another key before/);
      const again = new KeyBook({ directory, read });
      await again.refresh();
      assert.throws(() => again.admit(hello('aln://runner/one', key('c'))), /came with another key before/);
      revoked.add(key('b'));
      await again.refresh();
      again.admit(hello('aln://runner/one', key('c')));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
