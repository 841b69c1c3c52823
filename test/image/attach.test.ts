import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type AttachRequest, attachSignature } from '../../src/image/attach.ts';
import { exportPublicKey } from '../../src/kernel/ed25519.ts';
import { isBitError } from '../../src/kernel/errors.ts';
import type { Signer } from '../../src/keys/index.ts';
import { suite } from '../suite.ts';
import { world } from '../world.ts';
import { addImage, imageWorld, PASSWORD, type Registry, startRegistry, USER } from './ground.ts';

const TYPE = 'application/vnd.oci.image.manifest.v1+json';
const SIGNATURE = 'dev.cosignproject.cosign/signature';
const DIGEST = `sha256:${'ab'.repeat(32)}`;

interface Layer {
  readonly mediaType: string;
  readonly size: number;
  readonly digest: string;
  readonly annotations: Readonly<Record<string, string>>;
}

function newSigner(): Signer & {
  readonly pem: string;
  readonly key: ReturnType<typeof generateKeyPairSync>;
} {
  const pair = generateKeyPairSync('ed25519');
  return {
    publicKey: exportPublicKey(pair.publicKey),
    sign: (message) => sign(null, message, pair.privateKey),
    pem: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    key: pair,
  };
}

function asked(host: string, more: Partial<AttachRequest> = {}): AttachRequest {
  return {
    ...{
      env: { PATH: '/nowhere' },
      registry: host,
      insecure: true,
      image: `${host}/ada/web:v1`,
      digest: DIGEST,
    },
    ...{ credentials: undefined, authFile: undefined, onLine: () => undefined },
    ...{ signal: new AbortController().signal, ...more },
  };
}

const LOGIN = { authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}` };

/** What anybody who reads the specification of cosign's signatures finds beside an image: payloads and signatures. */
async function signaturesOf(
  registry: Pick<Registry, 'get'>,
  name: string,
  digest: string,
): Promise<readonly { readonly payload: Buffer; readonly signature: Buffer }[]> {
  const headers = { ...LOGIN, accept: TYPE };
  const answer = await registry.get(`/v2/${name}/manifests/${digest.replace(':', '-')}.sig`, headers);
  assert.is(answer.status, 200);
  const manifest = (await answer.json()) as { schemaVersion: number; config: Layer; layers: Layer[] };
  assert.is(manifest.schemaVersion, 2);
  return Promise.all(
    manifest.layers.map(async ({ mediaType, size, digest: at, annotations }) => {
      assert.is(mediaType, 'application/vnd.dev.cosign.simplesigning.v1+json');
      const blob = await registry.get(`/v2/${name}/blobs/${at}`, LOGIN);
      const payload = Buffer.from(await blob.arrayBuffer());
      assert.is(payload.length, size);
      assert.is(`sha256:${createHash('sha256').update(payload).digest('hex')}`, at);
      return { payload, signature: Buffer.from(annotations[SIGNATURE] ?? '', 'base64') };
    }),
  );
}

suite('a signature in a registry', (test) => {
  test('is by the bit key, in cosign’s form, found by the image’s digest, and Node’s crypto finds it good', async () => {
    const place = imageWorld();
    const registry = await startRegistry(place, true);
    try {
      addImage(place, '.');
      Object.assign(place.env, { REGISTRY_PASSWORD: PASSWORD });
      const words = [
        '--push',
        '--sign',
        '--registry',
        registry.host,
        '--owner',
        'ada',
        '--no-cache',
        '--tag',
        'v1',
      ];
      const login = [
        '--username',
        USER,
        '--credentials',
        'env:REGISTRY_PASSWORD',
        '--no-sbom',
        '--no-provenance',
        '--json',
      ];
      const { code, stdout, stderr } = await place.bit('image', 'build', ...words, ...login);
      assert.is(code, 0, stderr + stdout);
      const [image] = (JSON.parse(stdout) as { images: Record<string, unknown>[] }).images;
      const digest = String(image?.['digest']);
      assert.equal([image?.['sbom'], image?.['provenance'], image?.['signed']], [null, null, true]);
      const name = 'ada/app-root';
      assert.equal(image?.['attached'], {
        tag: `${registry.host}/${name}:${digest.replace(':', '-')}.sig`,
        by: 'bit',
      });
      const [found, ...others] = await signaturesOf(registry, name, digest);
      assert.is(others.length, 0);
      const pem = place.read('audit/root_v1.pub');
      assert.ok(found !== undefined && verify(null, found.payload, pem, found.signature), 'it is good');
      assert.equal(JSON.parse(found.payload.toString('utf8')), {
        critical: {
          identity: { 'docker-reference': `${registry.host}/${name}:v1` },
          image: { 'docker-manifest-digest': digest },
          type: 'cosign container image signature',
        },
        optional: null,
      });
      assert.not.ok(verify(null, found.payload, newSigner().pem, found.signature), 'and of nobody else');
    } finally {
      registry.close();
      place.close();
    }
  });

  test('stands beside those of others, is not put twice, and never replaces something else', async () => {
    const place = imageWorld();
    const registry = await startRegistry(place);
    try {
      const [one, two] = [newSigner(), newSigner()];
      for (const signer of [one, one, two, one]) await attachSignature(signer, asked(registry.host));
      const found = await signaturesOf(registry, 'ada/web', DIGEST);
      assert.is(found.length, 2);
      for (const [at, signer] of [one, two].entries()) {
        const one = found[at];
        assert.ok(one !== undefined && verify(null, one.payload, signer.pem, one.signature));
      }
      const config = { mediaType: 'application/vnd.oci.image.config.v1+json', size: 2, digest: DIGEST };
      const other = await serve((_, response) => {
        response.end(JSON.stringify({ schemaVersion: 2, mediaType: TYPE, config, layers: [config] }));
      });
      try {
        await refused(attachSignature(one, asked(other.host)), 'remote', /something else than signatures/);
      } finally {
        other.close();
      }
    } finally {
      registry.close();
      place.close();
    }
  });

  test('is put there by cosign where it is installed: it is handed payload and signature, never a key', async () => {
    const place = world();
    try {
      const bin = join(place.root, 'cosign-bin');
      const seen = join(place.root, 'seen');
      mkdirSync(bin);
      mkdirSync(seen);
      const script = `#!/bin/sh
printf '%s\\n' "$@" > ${seen}/argv
env > ${seen}/env
cp "$DOCKER_CONFIG/config.json" ${seen}/login
[ "$3" = --payload ] && cp "$4" ${seen}/payload
[ "$5" = --signature ] && cp "$6" ${seen}/signature
echo 'attached' >&2
`;
      writeFileSync(join(bin, 'cosign'), script);
      chmodSync(join(bin, 'cosign'), 0o755);
      const authFile = join(place.root, 'config.json');
      writeFileSync(authFile, '{"auths":{}}');
      const said: string[] = [];
      const signer = newSigner();
      const env = { PATH: `${bin}:/usr/bin:/bin` };
      const attached = await attachSignature(
        signer,
        asked('ghcr.io', { env, authFile, insecure: false, onLine: (line) => said.push(line) }),
      );
      assert.equal(attached, { tag: `ghcr.io/ada/web:${DIGEST.replace(':', '-')}.sig`, by: 'cosign' });
      const read = (name: string) => readFileSync(join(seen, name), 'utf8');
      const [attach, kind, , payload = '', , signature = '', subject] = read('argv').split('\n');
      assert.equal([attach, kind, subject], ['attach', 'signature', `ghcr.io/ada/web@${DIGEST}`]);
      assert.ok(
        verify(null, Buffer.from(read('payload')), signer.pem, Buffer.from(read('signature'), 'base64')),
      );
      assert.is(read('login'), '{"auths":{}}');
      assert.not.ok(existsSync(payload) || existsSync(signature), 'its files are gone');
      assert.not.match(read('env') + read('argv'), /PRIVATE KEY|COSIGN_/);
      assert.equal(said, ['attached']);
      writeFileSync(join(bin, 'cosign'), '#!/bin/sh\necho "no such image" >&2\nexit 3\n');
      await refused(attachSignature(signer, asked('ghcr.io', { env })), 'failed', /status 3: no such image/);
    } finally {
      place.close();
    }
  });
});

suite('a registry that gives tokens', (test) => {
  test('is asked with the password for one, once, for this repository only', async () => {
    const asks: string[] = [];
    const blobs = new Map<string, Buffer>();
    const registry = await serve(async (request, response) => {
      const url = new URL(request.url ?? '/', 'http://registry');
      const login = request.headers.authorization;
      if (url.pathname === '/token') {
        asks.push(
          `${login === LOGIN.authorization} ${url.searchParams.get('service')} ${url.searchParams.get('scope')}`,
        );
        response.end('{"token":"tell-nobody-77"}');
      } else if (login !== 'Bearer tell-nobody-77') {
        const challenge = `Bearer realm="http://${request.headers.host}/token",service="here",scope="x"`;
        response.writeHead(401, { 'www-authenticate': challenge }).end();
      } else if (request.method === 'POST') {
        response.writeHead(202, { location: '/upload?at=1' }).end();
      } else if (request.method === 'PUT') {
        blobs.set(url.searchParams.get('digest') ?? url.pathname, await bodyOf(request));
        response.writeHead(201).end();
      } else response.writeHead(404).end();
    });
    try {
      const credentials = { username: USER, password: PASSWORD };
      const { tag } = await attachSignature(newSigner(), asked(registry.host, { credentials }));
      assert.is(tag, `${registry.host}/ada/web:${DIGEST.replace(':', '-')}.sig`);
      assert.equal(asks, ['true here repository:ada/web:pull,push']);
      assert.is(blobs.size, 3);
      const saved = { auths: { [registry.host]: { auth: LOGIN.authorization.slice('Basic '.length) } } };
      const place = world();
      try {
        const file = join(place.root, 'auth.json');
        writeFileSync(file, JSON.stringify(saved));
        const env = { PATH: '/nowhere', REGISTRY_AUTH_FILE: file };
        await attachSignature(newSigner(), asked(registry.host, { env }));
        assert.is(asks.length, 2);
      } finally {
        place.close();
      }
    } finally {
      registry.close();
    }
  });

  test('and names a place elsewhere to ask for them is not sent the password', async () => {
    let sent = 0;
    const thief = await serve((_, response) => {
      sent++;
      response.end('{"token":"x"}');
    });
    const realm = `http://localhost:${thief.host.split(':')[1]}/token`;
    const registry = await serve((_, response) => {
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="s"` }).end();
    });
    try {
      const credentials = { username: USER, password: PASSWORD };
      const attempt = attachSignature(newSigner(), asked(registry.host, { credentials }));
      await refused(attempt, 'auth', /authorized in a way/);
      assert.is(sent, 0);
    } finally {
      registry.close();
      thief.close();
    }
  });

  test('or asks for a password nobody gave, or does not answer, is told by name', async () => {
    const registry = await serve((_, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    });
    await refused(attachSignature(newSigner(), asked(registry.host)), 'auth', /asks for a user name/);
    registry.close();
    await refused(attachSignature(newSigner(), asked(registry.host)), 'remote', /does not answer/);
  });
});

async function refused(work: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isBitError(error)) throw error;
    assert.is(error.code, code, error.message);
    assert.match(error.message, message);
    return;
  }
  assert.unreachable('it was not refused');
}

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<{ readonly host: string; close(): void }> {
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
