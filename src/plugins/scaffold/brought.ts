/** Storage, an anchor and a policy builtin, each in a file of its own, and their tests. */
export function broughtFiles(base: string): Readonly<Record<string, string>> {
  const scheme = `x-${base}`.slice(0, 32);
  return {
    'storage.js': `/** Keeps artifacts of ${scheme}:// at a server, by name. */
const SERVER = 'https://shelf.example.org';

export const storage = [
  {
    name: '${base}',
    description: 'Keeps artifacts at a server.',
    scheme: '${scheme}',
    open({ fetch }) {
      const ask = async (path, options) => {
        const { status, body } = await fetch(\`\${SERVER}/\${path}\`, options);
        if (status === 404) throw Object.assign(new Error(\`there is no \${path}\`), { code: 'not-found' });
        if (status !== 200) throw new Error(\`the server answered with status \${status}\`);
        return body;
      };
      const kept = (uri) => \`kept/\${encodeURIComponent(uri)}\`;
      return {
        scheme: () => '${scheme}',
        read: (uri) => ask(kept(uri)),
        write: async (uri, bytes) => void (await ask(kept(uri), { method: 'PUT', body: bytes })),
        stat: async (uri) => ({ size: (await ask(kept(uri))).length }),
        list: async (prefix) => JSON.parse(Buffer.from(await ask(\`list/\${encodeURIComponent(prefix)}\`)).toString()),
      };
    },
  },
];
`,
    'anchors.js': `/** Has a server remember the digests of checkpoints. */
const page = (sha256) => \`https://shelf.example.org/kept/\${sha256}\`;

export const anchors = [
  {
    name: '${base}',
    description: 'Has a server remember checkpoints.',
    async submit({ sha256, size }, { fetch }) {
      const { status } = await fetch(page(sha256), { method: 'PUT', body: String(size) });
      if (status !== 200) throw new Error(\`the server answered with status \${status}\`);
      return { proof: { sha256 }, said: \`\${size} entries are remembered\` };
    },
    async check({ sha256, proof }, { fetch, offline }) {
      if (proof.sha256 !== sha256) return { verdict: 'broken', detail: 'it is of another checkpoint' };
      if (offline) return { verdict: 'unchecked', detail: 'the server was not asked' };
      const { status } = await fetch(page(sha256));
      return status === 200 ? { verdict: 'holds', detail: 'the server has it' } : { verdict: 'gone', detail: 'the server has it no longer' };
    },
  },
];
`,
    'builtins.js': `/** What policies can ask once this plugin is trusted: pure functions, the same answer whenever they are asked. */
export const builtins = [
  {
    name: 'count-words',
    description: 'Counts the words of a name.',
    args: [{ name: 'text', type: 'string' }],
    result: 'number',
    call: (text) => text.split('-').filter(Boolean).length,
  },
];
`,
    'test/brought.test.js': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anchors } from '../anchors.js';
import { builtins } from '../builtins.js';
import { storage } from '../storage.js';

/** A server in memory. */
function server() {
  const kept = new Map();
  return async (url, { method = 'GET', body } = {}) => {
    const [, kind, name] = new URL(url).pathname.split('/').map(decodeURIComponent);
    if (kind === 'list') return { status: 200, body: Buffer.from(JSON.stringify([...kept.keys()].filter((one) => one.startsWith(name)))) };
    if (method === 'PUT') kept.set(name, Buffer.from(body));
    return kept.has(name) ? { status: 200, body: kept.get(name) } : { status: 404, body: Buffer.alloc(0) };
  };
}

test('what was written is read and listed; what was not is not found', async () => {
  const driver = storage[0].open({ fetch: server() });
  const uri = \`\${driver.scheme()}://a/b\`;
  await driver.write(uri, Buffer.from('bytes'));
  assert.equal(Buffer.from(await driver.read(uri)).toString(), 'bytes');
  assert.deepEqual(await driver.stat(uri), { size: 5 });
  assert.deepEqual(await driver.list(uri.slice(0, -1)), [uri]);
  await assert.rejects(driver.read(\`\${uri}c\`), { code: 'not-found' });
});

test('a checkpoint that was handed over is remembered, another is not', async () => {
  const fetch = server();
  const { proof } = await anchors[0].submit({ sha256: 'ab', size: 2 }, { fetch });
  assert.equal((await anchors[0].check({ sha256: 'ab', proof }, { fetch })).verdict, 'holds');
  assert.equal((await anchors[0].check({ sha256: 'ab', proof }, { offline: true })).verdict, 'unchecked');
  assert.equal((await anchors[0].check({ sha256: 'ab', proof }, { fetch: server() })).verdict, 'gone');
  assert.equal((await anchors[0].check({ sha256: 'cd', proof }, { fetch })).verdict, 'broken');
});

test('words are counted', () => {
  assert.equal(builtins[0].call('one-two--three'), 3);
});
`,
  };
}
