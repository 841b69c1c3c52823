import { createHash } from 'node:crypto';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Listening, listening, type Received } from '../orchestration/ground.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

const TOKEN = 'node-t0ken-5ecret';

interface Body {
  readonly repo: string;
  readonly sha: string;
  readonly files: readonly {
    readonly path: string;
    readonly sha256: string;
    readonly size: number;
    readonly content: string;
  }[];
}

const bodyOf = (request: Received): Body => JSON.parse(request.body) as Body;
const acknowledged = (request: Received): string =>
  JSON.stringify({ files: bodyOf(request).files.map(({ path, sha256 }) => ({ path, sha256 })) });

async function withNode(
  answer: Parameters<typeof listening>[0],
  use: (place: World, node: Listening) => Promise<void>,
): Promise<void> {
  const node = await listening(answer);
  const place = world({ env: { BITHUB_TOKEN: TOKEN } });
  try {
    place.start();
    place.write('.bithub/site.json', '{"a":1}\n');
    place.write('.bithub/deep/er.json', '{"b":2}\n');
    place.write('tools/go.bit', 'bit.status\n');
    place.write('other.txt', 'no\n');
    symlinkSync('/etc/passwd', join(place.dir, '.bithub/link.json'));
    place.write(
      '.bithub/overhaul/sync.to.nodes.yml',
      `version: 1
nodes:
  - name: staging-vsc
    api: ${node.url}/bithub/sync
    auth:
      header: Authorization
      tokenRef: env:BITHUB_TOKEN
    accept:
      - ".bithub/**/*.json"
      - "**/*.bit"
retries:
  attempts: 3
  backoffSeconds: 0
`,
    );
    await use(place, node);
  } finally {
    place.close();
    await node.close();
  }
}

suite('bit nodes sync', (test) => {
  test('sends what a node accepts with digests and token, and believes the digests it acknowledges', () =>
    withNode(
      (request) => ({ status: 200, body: acknowledged(request) }),
      async (place, node) => {
        const { code, stdout, stderr } = await place.bit('nodes', 'sync');
        assert.is(code, 0, stderr);
        assert.match(stdout, 'staging-vsc: 3 files acknowledged');
        const [request] = node.received;
        assert.ok(request);
        assert.is(request.path, '/bithub/sync');
        assert.is(request.headers.authorization, `Bearer ${TOKEN}`);
        const body = bodyOf(request);
        assert.is(body.sha, place.git('rev-parse', 'HEAD'));
        assert.equal(
          body.files.map(({ path }) => path),
          ['.bithub/deep/er.json', '.bithub/site.json', 'tools/go.bit'],
        );
        for (const { path, sha256, size, content } of body.files) {
          const bytes = Buffer.from(content, 'base64');
          assert.is(bytes.toString(), place.read(path));
          assert.is(size, bytes.length);
          assert.is(sha256, createHash('sha256').update(bytes).digest('hex'));
        }
        assert.not.match((await place.bit('log', 'audit', '--json')).stdout, TOKEN);
      },
    ));

  test('tries again after what may pass, with what was refused at once', () =>
    withNode(
      (request, nth) =>
        nth < 2 ? { status: nth === 0 ? 503 : 429 } : { status: 200, body: acknowledged(request) },
      async (place, node) => {
        assert.is((await place.bit('nodes', 'sync', 'staging-vsc')).code, 0);
        assert.is(node.received.length, 3);
      },
    ));

  test('fails, saying why, whatever a hostile node answers, and follows no redirect', async () => {
    const answers: readonly (readonly [Parameters<typeof listening>[0], RegExp, number])[] = [
      [() => ({ status: 403 }), /answered 403/, 1],
      [() => ({ status: 302, headers: { location: 'http://127.0.0.1:1/' } }), /redirect/, 1],
      [() => ({ status: 500 }), /answered 500 .*tried 3 times/, 3],
      [() => ({ status: 200, body: 'ok' }), /no JSON/, 3],
      [() => ({ status: 200, body: '[]' }), /acknowledged no files/, 3],
      [
        () => ({ status: 200, body: '{"files":[null,1,{"path":".bithub/site.json"}]}' }),
        /did not acknowledge/,
        3,
      ],
      [
        (request) => ({
          status: 200,
          body: acknowledged(request).replace(/"sha256":"./, '"sha256":"\\u001b'),
        }),
        /has .* of/,
        3,
      ],
      [() => ({ status: 200, body: 'x'.repeat(5 * 1024 * 1024) }), /more than/, 3],
    ];
    for (const [answer, said, tries] of answers) {
      await withNode(answer, async (place, node) => {
        const { code, stderr } = await place.bit('nodes', 'sync');
        assert.is(code, 6, stderr);
        assert.match(stderr, said);
        assert.not.match(stderr, '\u001b');
        assert.not.match(stderr, TOKEN);
        assert.is(node.received.length, tries, stderr);
      });
    }
  });

  test('sends nothing when only asked, to no unknown node, and no token in the clear', () =>
    withNode(
      () => ({ status: 500 }),
      async (place, node) => {
        const dry = await place.bit('nodes', 'sync', '--dry-run');
        assert.match(dry.stdout, 'send 3 files to staging-vsc');
        const unknown = await place.bit('nodes', 'sync', 'staging-vs');
        assert.is(unknown.code, 4);
        assert.match(unknown.stderr, 'staging-vsc');
        const path = '.bithub/overhaul/sync.to.nodes.yml';
        place.write(path, place.read(path).replace(node.url, 'http://node.example'));
        assert.match((await place.bit('nodes', 'sync')).stderr, 'unencrypted');
        place.write(path, `${place.read(path)}\nextra: 1\n`.replace('accept:', 'acept:'));
        assert.match(
          (await place.bit('nodes', 'sync')).stderr,
          /:\d+:\d+: nodes\[0\] has no key acept \(did you mean: accept\)/,
        );
        assert.is(node.received.length, 0);
      },
    ));
});
