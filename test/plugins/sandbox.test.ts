import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { type BitError, isBitError } from '../../src/kernel/errors.ts';
import { type DescribeTask, isolation, runSandboxed, type SandboxLimits } from '../../src/plugins/index.ts';
import { suite } from '../suite.ts';
import { PROGRAM } from './fixture.ts';

interface Trial {
  readonly error: BitError | undefined;
  readonly result: unknown;
  readonly calls: readonly string[];
  readonly milliseconds: number;
}

/** Runs `source` as the module a description loads, with limits small enough for a test. */
async function trial(
  source: string,
  limits: Partial<SandboxLimits> = {},
  signal?: AbortSignal,
): Promise<Trial> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'bit-sandbox-')));
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(directory, 'l.js'), source);
  const calls: string[] = [];
  const started = performance.now();
  try {
    const { result } = await runSandboxed({
      name: 'the plugin bad',
      program: PROGRAM,
      directory,
      env: process.env,
      signal: signal ?? new AbortController().signal,
      limits: { silence: 20_000, ...limits },
      task: (): DescribeTask => ({
        kind: 'describe',
        directory,
        commands: {},
        listeners: 'l.js',
        points: {},
      }),
      async answer(method) {
        calls.push(method);
        return null;
      },
    });
    return { error: undefined, result, calls, milliseconds: performance.now() - started };
  } catch (error) {
    if (!isBitError(error)) throw error;
    return { error, result: undefined, calls, milliseconds: performance.now() - started };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const WRITE = `import { writeSync } from 'node:fs';
const put = (text) => { for (let at = 0; at < text.length;) { try { at += writeSync(3, text.slice(at)); } catch (error) { if (error.code !== 'EAGAIN') throw error; } } };
`;
const LISTENERS = 'export const listeners = [];';

suite('a process for code that is not trusted', (test) => {
  test('does its task and ends', async () => {
    const { result, error } = await trial(LISTENERS);
    assert.is(error, undefined, error?.message);
    assert.equal(result, { commands: {}, provides: {}, listeners: [] });
  });

  test('is stopped when it neither asks nor ends', async () => {
    const { error, milliseconds } = await trial('await new Promise(() => setInterval(() => {}, 1000));', {
      silence: 1000,
    });
    assert.match(error?.message ?? '', 'it did nothing for 1 seconds');
    assert.ok(milliseconds < 60_000);
    const spinning = await trial('for (;;);', { silence: 1000 });
    assert.match(spinning.error?.message ?? '', 'it did nothing for 1 seconds');
  });

  test('is stopped by Ctrl-C', async () => {
    const { error } = await trial('for (;;);', { silence: 60_000 }, AbortSignal.timeout(1000));
    assert.is(error?.code, 'cancelled');
  });

  test('is stopped when it floods the channel or its output', async () => {
    const large = await trial(`${WRITE} for (;;) put('x'.repeat(65536));`, { message: 1_000_000 });
    assert.match(large.error?.message ?? '', 'a message larger than 1000000 bytes');
    const many = await trial(
      `${WRITE} for (let id = 1; ; id++) put(JSON.stringify({ id, call: 'x', args: [] }) + '\\n');`,
      { messages: 5000, waiting: 100_000 },
    );
    assert.match(many.error?.message ?? '', 'more than 5000 messages');
    assert.equal(many.calls, [], 'calls without the token are answered by nobody');
    const printed = await trial(
      `${WRITE.replace('writeSync(3', 'writeSync(1')} for (;;) put('x'.repeat(65536));`,
      { output: 1_000_000 },
    );
    assert.match(printed.error?.message ?? '', 'it printed more than 1000000 bytes', printed.error?.message);
  });

  test('gets nothing by a token it made up', async () => {
    const { calls, result } = await trial(
      `${WRITE} put(JSON.stringify({ id: 5000, call: 'perform', args: ['A'.repeat(43), {}, {}] }) + '\\n');
       put(JSON.stringify({ id: 5001, call: 'git.head', args: [] }) + '\\n'); ${LISTENERS}`,
    );
    assert.equal(calls, []);
    // the answers to calls it never made are its own channel's trouble, not ours
    assert.ok(result === undefined || typeof result === 'object');
  });

  test('that takes more memory than it may is ended, and we are not', async () => {
    const { error } = await trial('const all = []; for (;;) all.push(new Array(1e5).fill({}));', {
      heap: 64,
      silence: 20_000,
    });
    assert.match(error?.message ?? '', /it ended with|it did nothing/);
  });

  test('reaches no port of this machine where the kernel can take the network away', async () => {
    if (isolation(process.env).length === 0) return;
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    let reached = 0;
    server.on('connection', () => {
      reached += 1;
    });
    const { port } = server.address() as { port: number };
    const { error, result } = await trial(
      `import { connect } from 'node:net';
       const how = await new Promise((done) => connect(${port}, '127.0.0.1').on('connect', () => done('open')).on('error', (error) => done(error.code)));
       if (how === 'open') throw new Error('reached');
       ${LISTENERS}`,
    );
    await new Promise((resolve) => server.close(resolve));
    // a container may forbid namespaces; then the permission model stands alone, as the documents say
    if (error !== undefined) assert.match(error.message, 'reached');
    else assert.equal([reached, result], [0, { commands: {}, provides: {}, listeners: [] }]);
  });

  test("can't import bit's own modules past the seam, or what the seam does not have", async () => {
    const { error } = await trial(`import '@bithub/cli/dist/src/ledger/index.js'; ${LISTENERS}`);
    assert.match(error?.message ?? '', 'is not among what a plugin may import');
    const api = pathToFileURL(join(import.meta.dirname, '..', '..', 'package.json')).href;
    const fine =
      await trial(`import { Query, API_VERSION } from '@bithub/cli'; import { Command } from '@oclif/core';
      if (!(Query.prototype instanceof Command) || API_VERSION !== 3) throw new Error('another host');
      if (import.meta.resolve('@bithub/cli/package.json') !== ${JSON.stringify(api)}) throw new Error('another package');
      ${LISTENERS}`);
    assert.is(fine.error, undefined, fine.error?.message);
  });
});
