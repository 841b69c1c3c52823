import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import * as assert from 'uvu/assert';
import { httpAllowance, loadPolicySet } from '../../src/policy/index.ts';
import { suite } from '../suite.ts';
import { input } from './samples.ts';

/** A server in a thread of its own: a decision that waits stops this one. */
const SERVER = `
const { createServer } = require('node:http');
const { parentPort } = require('node:worker_threads');
let asked = 0;
const server = createServer((request, response) => {
  asked += 1;
  if (request.url === '/slow') return;
  if (request.url === '/away') { response.writeHead(302, { location: 'http://127.0.0.1:1/' }); response.end(); return; }
  let text = '';
  request.on('data', (chunk) => { text += chunk; });
  request.on('end', () => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ asked, method: request.method, got: text === '' ? null : JSON.parse(text) }));
  });
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

async function withServer(run: (port: number) => void): Promise<void> {
  const worker = new Worker(SERVER, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  try {
    run(port);
  } finally {
    await worker.terminate();
  }
}

function messages(body: string, allow: readonly string[] | undefined, timeout = 1000): string[] {
  const set = loadPolicySet([{ path: 'p.rego', text: `package acme\n\n${body}\n` }], {
    http: () => (allow === undefined ? undefined : { allow, timeout }),
  });
  assert.equal(set.problems, []);
  return set
    .decide(input())
    .explain()
    .reasons.map(({ message }) => message);
}

suite('http.send', (test) => {
  test('is refused where nothing is allowed, and to hosts that are not, which denies', async () => {
    await withServer((port) => {
      const body = `deny contains "x" if http.send({"method": "get", "url": "http://127.0.0.1:${port}/"}).status_code == 200`;
      assert.equal(messages(body, undefined), [
        'http.send: policies may not send requests here: policy.http allows none',
      ]);
      assert.equal(messages(body, ['example.org', '127.0.0.1:1']), [
        `http.send: policy.http does not allow 127.0.0.1:${port}`,
      ]);
    });
  });

  test('answers where it is allowed, once for the same request of a decision', async () => {
    await withServer((port) => {
      const send = `http.send({"method": "post", "url": "http://127.0.0.1:${port}/", "body": {"a": [1]}})`;
      const body = `deny contains msg if {\n\tone := ${send}\n\ttwo := ${send}\n\tmsg := sprintf("%v %v %v", [one.status_code, one.body, two.body.asked])\n}`;
      const [told] = messages(body, ['127.0.0.1']);
      assert.match(told ?? '', /^200 \{"asked": \d, "got": \{"a": \[1\]\}, "method": "POST"\} \d$/);
    });
  });

  test('follows no redirect, and ends when its time is over', async () => {
    await withServer((port) => {
      const at = (path: string, more = '') =>
        `http.send({"method": "get", "url": "http://127.0.0.1:${port}/${path}"${more}})`;
      assert.equal(
        messages(`deny contains msg if msg := sprintf("%v", [${at('away')}.status_code])`, ['127.0.0.1']),
        ['302'],
      );
      const started = performance.now();
      const [told] = messages(`deny contains "x" if ${at('slow')}.status_code == 1`, ['127.0.0.1'], 300);
      assert.match(told ?? '', 'eval_http_send_network_error');
      assert.ok(performance.now() - started < 8000);
      assert.equal(
        messages(
          `deny contains msg if msg := sprintf("%v", [${at('slow', ', "raise_error": false')}.status_code])`,
          ['127.0.0.1'],
          300,
        ),
        ['0'],
      );
    });
  });

  test('the settings are read with their bounds', () => {
    assert.is(httpAllowance(undefined), undefined);
    assert.is(httpAllowance({ allow: [] }), undefined);
    assert.equal(httpAllowance({ allow: ['a', 1], timeout: 1e9 }), { allow: ['a'], timeout: 10_000 });
  });
});
