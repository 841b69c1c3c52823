import { createHash, createPublicKey, verify } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { preAuthentication } from '../../src/kernel/dsse.ts';
import { suite } from '../suite.ts';
import type { World } from '../world.ts';
import { addImage, imageWorld, PASSWORD, startRegistry, USER } from './ground.ts';

interface Image {
  readonly service: string;
  readonly image: string;
  readonly status: string;
  readonly error: string | null;
  readonly digest: string;
  readonly sbom: string;
  readonly provenance: string;
  readonly signature: string;
  readonly log: string;
}

interface Result {
  readonly failed: number;
  readonly images: readonly Image[];
  readonly audit: string;
  readonly imagesJson: string;
  readonly operation: { readonly id: string };
}

const QUICK = ['--backoff', '0', '--retries', '1', '--json'];

async function build(place: World, ...words: string[]): Promise<{ code: number; result: Result }> {
  const { code, stdout, stderr } = await place.bit('image', 'build', ...words, ...QUICK);
  if (stdout === '') throw new Error(stderr);
  return { code, result: JSON.parse(stdout) as Result };
}

function only(result: Result): Image {
  const [image, ...others] = result.images;
  if (image === undefined || others.length > 0) throw new Error(`not one image: ${result.images.length}`);
  return image;
}

/** What an envelope holds, once its signature was checked against the key it names. */
function opened(file: string): Record<string, unknown> {
  const envelope = JSON.parse(readFileSync(file, 'utf8')) as {
    payloadType: string;
    payload: string;
    signatures: { keyid: string; sig: string }[];
  };
  const payload = Buffer.from(envelope.payload, 'base64');
  const [signature] = envelope.signatures;
  const raw = Buffer.from(signature?.keyid.replace('ed25519:', '') ?? '', 'hex');
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  const signed = preAuthentication(envelope.payloadType, payload);
  assert.ok(verify(null, signed, key, Buffer.from(signature?.sig ?? '', 'base64')), 'the signature is good');
  return JSON.parse(payload.toString('utf8')) as Record<string, unknown>;
}

for (const engine of ['buildah', 'podman']) {
  suite(`images by ${engine}`, (test) => {
    test('one is built, tested inside, pushed to a registry, described and signed', async () => {
      const place = imageWorld();
      const registry = await startRegistry(place);
      try {
        addImage(place, '.');
        const words = ['--engine', engine, '--push', '--sign', '--registry', registry.host, '--owner', 'ada'];
        const test = [
          '--test-command',
          `/bin/sh -c 'test "$GREETING" = hello-moon'`,
          '--build-arg',
          'WHO=moon',
        ];
        const { code, result } = await build(place, ...words, ...test, '--tag', 'v1');
        const image = only(result);
        assert.is(image.error, null);
        assert.is(code, 0);
        assert.is(image.image, `${registry.host}/ada/app-root:v1`);
        const accept = 'application/vnd.oci.image.manifest.v1+json';
        const manifest = await registry.get('/v2/ada/app-root/manifests/v1', { accept });
        const bytes = Buffer.from(await manifest.arrayBuffer());
        assert.is(image.digest, `sha256:${createHash('sha256').update(bytes).digest('hex')}`);
        const statement = opened(join(place.dir, image.provenance));
        assert.equal(statement['subject'], [
          { name: `${registry.host}/ada/app-root`, digest: { sha256: image.digest.slice(7) } },
        ]);
        const head = place.git('rev-parse', 'HEAD');
        assert.match(JSON.stringify(statement['predicate']), new RegExp(`"gitCommit":"${head}"`));
        assert.not.match(JSON.stringify(statement), /moon/);
        const payload = opened(join(place.dir, image.signature)) as {
          critical: { image: { 'docker-manifest-digest': string } };
        };
        assert.is(payload.critical.image['docker-manifest-digest'], image.digest);
        const bom = JSON.parse(place.read(image.sbom)) as {
          components: { name: string; hashes: { alg: string; content: string }[] }[];
        };
        const busybox = createHash('sha256').update(readFileSync('/bin/busybox')).digest('hex');
        const file = bom.components.find(({ name }) => name === 'bin/busybox');
        assert.equal(file?.hashes, [{ alg: 'SHA-256', content: busybox }]);
        assert.equal(JSON.parse(place.read(result.imagesJson)), [image.image]);
        assert.match(place.read(result.audit), new RegExp(`Digest: ${image.digest}`));
      } finally {
        registry.close();
        place.close();
      }
    });
  });
}

suite('images', (test) => {
  test('what fails its build or its test is not pushed, and keeps nothing else from being made', async () => {
    const place = imageWorld();
    const registry = await startRegistry(place);
    try {
      addImage(place, 'good');
      addImage(place, 'broken', 'FROM scratch\nRUN ["/nothing"]\n');
      addImage(
        place,
        'sick',
        `${readFileSync(join(place.dir, 'good/Dockerfile'), 'utf8')}ENV GREETING=ill\n`,
      );
      const test = [
        '--test-command',
        `/bin/sh -c 'case $GREETING in hello*) ;; *) echo it is ill; exit 3;; esac'`,
      ];
      const { code, result } = await build(
        place,
        '--push',
        '--registry',
        registry.host,
        '--owner',
        'ada',
        '--cache-scope',
        'nightly',
        ...test,
      );
      assert.is(code, 1);
      assert.is(result.failed, 2);
      const status = Object.fromEntries(result.images.map(({ service, status }) => [service, status]));
      assert.equal(status, { broken: 'BUILD_FAILED', good: 'BUILT', sick: 'TEST_FAILED' });
      const { repositories } = (await (await registry.get('/v2/_catalog')).json()) as {
        repositories: string[];
      };
      assert.equal(
        repositories.filter((name) => !name.includes('-cache')),
        ['ada/app-good'],
      );
      assert.ok(repositories.includes('ada/app-cache/nightly'), repositories.join(', '));
      assert.match(place.read(result.audit), /Cache: true \(scope: nightly\)/);
      const sick = result.images.find(({ service }) => service === 'sick');
      assert.match(sick?.error ?? '', /it is ill/);
      assert.match(readFileSync(sick?.log ?? '', 'utf8'), /it is ill/);
      assert.match(place.read(result.audit), /Status: TEST_FAILED/);
      const log = await place.bit('history', 'query', '--json');
      assert.match(log.stdout, /IMAGE_BUILD/);
    } finally {
      registry.close();
      place.close();
    }
  });

  test('the password goes to the registry and nowhere else', async () => {
    const place = imageWorld();
    const registry = await startRegistry(place, true);
    try {
      addImage(place, '.');
      Object.assign(place.env, { REGISTRY_PASSWORD: PASSWORD });
      const words = ['--push', '--registry', registry.host, '--owner', 'ada', '--no-cache'];
      const refused = await build(place, ...words);
      assert.is(only(refused.result).status, 'PUSH_FAILED');
      const { code, result } = await build(
        place,
        ...words,
        '--username',
        USER,
        '--credentials',
        'env:REGISTRY_PASSWORD',
      );
      assert.is(code, 0, only(result).error ?? '');
      const encoded = Buffer.from(`${USER}:${PASSWORD}`).toString('base64');
      for (const file of readdirSync(place.root, { recursive: true, withFileTypes: true })) {
        if (!file.isFile() || file.parentPath.includes('storage') || file.parentPath.includes('registry'))
          continue;
        const text = readFileSync(join(file.parentPath, file.name), 'latin1');
        assert.not.ok(text.includes(PASSWORD) || text.includes(encoded), `${file.name} holds the password`);
      }
    } finally {
      registry.close();
      place.close();
    }
  });

  test('services of .bithub.yml have contexts, prefixes and tests of their own', async () => {
    const place = imageWorld();
    try {
      addImage(place, 'Batchfile');
      addImage(place, 'Lisp', undefined, 'Lisp.dockerfile');
      place.write(
        '.bithub.yml',
        `apiVersion: bithub/v1
kind: OrchestrationSpec
images:
  defaults:
    platforms: [linux/amd64]
    testCommand: /bin/sh -c 'echo "OK $HOSTNAME"'
    sbom: false
  services:
    - name: batch-runtime
      context: Batchfile
      imagePrefix: batch
    - name: lisp-runtime
      context: Lisp
      dockerfile: Lisp.dockerfile
      imagePrefix: lisp
`,
      );
      const { code, result } = await build(place, 'lisp-runtime', '--tag', 't', '--owner', 'ada');
      assert.is(code, 0, result.images[0]?.error ?? '');
      assert.is(only(result).image, 'ghcr.io/ada/lisp-lisp-runtime:t');
      assert.is(only(result).sbom, null);
      const listed = await place.bit('image', '--json');
      const { images } = JSON.parse(listed.stdout) as { images: { service: string }[] };
      assert.equal(
        images.map(({ service }) => service),
        ['batch-runtime', 'lisp-runtime'],
      );
    } finally {
      place.close();
    }
  });

  const refusals: readonly (readonly [string, readonly string[], string, RegExp])[] = [
    ['a service that is not there', ['rot'], '', /no image is called rot[\s\S]*did you mean: root/],
    ['a registry that is an option', ['--registry=-x'], '', /is no registry/],
    ['a tag with a slash', ['--tag', 'a/b'], '', /is no tag/],
    ['a build argument without a value', ['--build-arg', 'A'], '', /is no build argument/],
    ['a platform that is a path', ['--platform', '../x'], '', /is no platform/],
    ['a test command with an open quote', ['--test-command', "sh -c 'x"], '', /never closed/],
    ['a key nobody knows', [], 'images: {defaults: {platform: [linux/amd64]}}', /did you mean: platforms/],
    ['a context outside', [], 'images: {services: [{name: a, context: ../..}]}', /outside the repository/],
    [
      'a Dockerfile that is not there',
      [],
      'images: {services: [{name: a, dockerfile: X}]}',
      /there is no file X/,
    ],
  ];
  for (const [what, words, settings, expected] of refusals) {
    test(`${what} is refused before anything is built`, async () => {
      const place = imageWorld();
      try {
        addImage(place, '.');
        if (settings !== '')
          place.write('.bithub.yml', `apiVersion: bithub/v1\nkind: OrchestrationSpec\n${settings}\n`);
        const { code, stderr } = await place.bit('image', 'build', ...words);
        assert.ok(code === 2 || code === 4, `${code}: ${stderr}`);
        assert.match(stderr, expected);
        assert.not.ok(place.exists('audit'));
      } finally {
        place.close();
      }
    });
  }

  test('without an engine it is said what each lacks', async () => {
    const place = imageWorld();
    try {
      addImage(place, '.');
      const { code, stderr } = await place.bit('image', 'build', '--engine', 'docker');
      assert.is.not(code, 0);
      assert.match(stderr, /no container engine works here \(docker: /);
    } finally {
      place.close();
    }
  });
});
