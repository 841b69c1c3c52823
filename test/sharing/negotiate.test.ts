import { generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { takeBuild, wantedBuilds } from '../../src/build/index.ts';
import { openContext } from '../../src/cli/context.ts';
import { signEnvelope } from '../../src/kernel/dsse.ts';
import { exportPublicKey } from '../../src/kernel/ed25519.ts';
import type { Json } from '../../src/kernel/json.ts';
import type { Shared } from '../../src/sharing/index.ts';
import { participantOf, SHARE_TYPE } from '../../src/sharing/model.ts';
import { ioOf } from '../operation/fixture.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';
import { startPair } from './ground.ts';

interface Pair {
  readonly place: World;
  readonly other: string;
  readonly uri: string;
  bit(dir: string, ...words: string[]): Promise<Shared & { readonly code: number }>;
}

/** Two clones of the same sources, a shared folder between them. */
function pair(): Pair {
  const place = world();
  const other = startPair(place);
  const shared = join(place.root, 'shared');
  mkdirSync(shared);
  const uri = `file://${shared}`;
  return {
    place,
    other,
    uri,
    async bit(dir, ...words) {
      const { code, stdout, stderr } = await place.bitIn(dir, ...words, '--json');
      assert.ok(stdout.startsWith('{'), stdout + stderr);
      return { ...(JSON.parse(stdout) as Shared), code };
    },
  };
}

function reasons({ refused }: Shared): string {
  return refused.map(({ what, why }) => `${what}: ${why}`).join('\n');
}

/** Rewrites the one document of a kind with another key, as somebody might who can write there. */
function forged(
  shared: string,
  kind: 'wants' | 'offers',
  change: (document: Record<string, unknown>) => void,
): void {
  const { privateKey } = generateKeyPairSync('ed25519');
  const publicKey = exportPublicKey(privateKey);
  const folder = join(shared, kind);
  const [name = ''] = readdirSync(folder);
  const envelope = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const document = JSON.parse(Buffer.from(envelope.payload, 'base64').toString('utf8'));
  change(document);
  const signer = { publicKey, sign: (message: Uint8Array) => sign(null, message, privateKey) };
  const text = JSON.stringify(signEnvelope(SHARE_TYPE, document, signer));
  writeFileSync(join(folder, `${participantOf(publicKey, document.clone)}.json`), text);
}

suite('shared caches', (test) => {
  test('what one clone would have to build another offers, and then nothing is built twice', async () => {
    const { place, other, uri, bit } = pair();
    try {
      assert.is((await place.bit('build')).code, 0);
      assert.is((await bit(other, 'cache', 'want', uri)).items.length, 1);
      const offered = await bit(place.dir, 'cache', 'offer', uri);
      assert.is(offered.items.length, 1, reasons(offered));
      const listed = JSON.parse((await place.bitIn(other, 'cache', 'list', uri, '--json')).stdout);
      assert.equal(
        listed.documents.map((one: { kind: string }) => one.kind),
        ['offer'],
      );
      const taken = await bit(other, 'cache', 'take', uri);
      assert.is(taken.items.length, 1, reasons(taken));
      const built = readFileSync(join(place.root, 'built'), 'utf8');
      assert.is((await place.bitIn(other, 'build')).code, 0);
      assert.is(readFileSync(join(other, 'out/a.txt'), 'utf8'), 'a\n');
      assert.is(readFileSync(join(place.root, 'built'), 'utf8'), built, 'it was not built again');
      // nothing is wanted any more, so what lies there is nobody's
      const again = await bit(other, 'cache', 'take', uri);
      assert.match(reasons(again), /nobody here asks for it/);
    } finally {
      place.close();
    }
  });

  test('nothing is offered that nobody asked for, and nothing taken but from who is trusted', async () => {
    const { place, other, uri, bit } = pair();
    const shared = uri.slice('file://'.length);
    try {
      assert.is((await place.bit('build')).code, 0);
      assert.is((await bit(place.dir, 'cache', 'offer', uri)).items.length, 0);
      assert.is(existsSync(join(shared, 'objects')), false);
      await bit(other, 'cache', 'want', uri);
      await bit(place.dir, 'cache', 'offer', uri);
      forged(shared, 'offers', () => undefined);
      const taken = await bit(other, 'cache', 'take', uri);
      assert.match(reasons(taken), /nobody here believes its key/);
      assert.is(taken.items.length, 1);
    } finally {
      place.close();
    }
  });

  test('a byte that was turned, a document that grew, went stale or was put back is refused by name', async () => {
    const { place, other, uri, bit } = pair();
    const shared = uri.slice('file://'.length);
    try {
      assert.is((await place.bit('build')).code, 0);
      await bit(other, 'cache', 'want', uri);
      await bit(place.dir, 'cache', 'offer', uri);
      const objects = join(shared, 'objects');
      const [name = ''] = readdirSync(objects).filter(
        (one) => readFileSync(join(objects, one), 'utf8') === 'a\n',
      );
      writeFileSync(join(objects, name), 'b\n');
      assert.match(reasons(await bit(other, 'cache', 'take', uri)), /holds other bytes/);
      assert.is((await place.bitIn(other, 'build', '--dry-run')).stdout.includes('restore'), false);

      const [offer = ''] = readdirSync(join(shared, 'offers'));
      const path = join(shared, 'offers', offer);
      const first = readFileSync(path, 'utf8');
      writeFileSync(path, first.replace(/"payload":"./, '"payload":"A'));
      assert.match(reasons(await bit(other, 'cache', 'take', uri)), /not signed by the key/);
      writeFileSync(path, ' '.repeat(2 << 20));
      assert.match(reasons(await bit(other, 'cache', 'take', uri)), /larger than/);
      // a later one is made, seen, and the first put back
      writeFileSync(path, first);
      await bit(place.dir, 'cache', 'offer', uri);
      await bit(other, 'cache', 'take', uri);
      writeFileSync(path, first);
      assert.match(reasons(await bit(other, 'cache', 'take', uri)), /a later one/);
    } finally {
      place.close();
    }
  });

  test('a result that would write what git tracks, a link or outside is refused although its maker is trusted', async () => {
    const { place, other, bit, uri } = pair();
    try {
      await bit(other, 'cache', 'want', uri);
      for (const [row, why] of [
        [['src/a.txt', '-', 0o644], /git tracks/],
        [['out/x', 'l', 0o777], /link/],
        [['out/x', '-', 0o666], /others may change/],
        [['out/x', ''], /take out\/x away/],
        [['../x', '-', 0o644], /outside/],
        [['.git/hooks/x', 'x', 0o755], /outside/],
        [['elsewhere.txt', '-', 0o644], /does not leave/],
      ] as const)
        assert.match(await refusedAs(place, other, row), why);
    } finally {
      place.close();
    }
  });

  test('an artifact is asked for by its digest and comes with every file', async () => {
    const { place, other, uri, bit } = pair();
    try {
      place.write(
        '.bithub/workflows/pack.yml',
        'jobs:\n  pack:\n    steps:\n      - run: mkdir -p dist && echo hello > dist/a.txt\n      - uses: upload-artifact\n        with: { name: site, path: dist }\n',
      );
      const run = JSON.parse(
        (await place.bit('run', 'pack', '--json')).stdout.trim().split('\n').at(-1) ?? '',
      );
      const [artifact] = run.artifacts;
      await bit(other, 'cache', 'want', uri, '--artifact', artifact.digest);
      const offered = await bit(place.dir, 'cache', 'offer', uri);
      assert.equal(
        offered.items.map(({ kind, title }) => [kind, title]),
        [['artifact', 'site']],
      );
      const { items } = await bit(other, 'cache', 'take', uri, '--artifact', artifact.digest);
      assert.is(readFileSync(join(items[0]?.at ?? '', 'a.txt'), 'utf8'), 'hello\n');
    } finally {
      place.close();
    }
  });

  test('a place that is none, a digest that is none: said before anything is done', async () => {
    const { place, uri } = pair();
    try {
      for (const words of [
        ['want', 'ipfs://bafy'],
        ['want', '/tmp/x'],
        ['take', `${uri}/../x`],
      ])
        assert.is((await place.bit('cache', ...words)).code, 2, words.join(' '));
      assert.is((await place.bit('cache', 'want', uri, '--artifact', '-x')).code, 2);
      const dry = await place.bit('cache', 'want', uri, '--dry-run');
      assert.is(dry.code, 0);
      assert.equal(readdirSync(uri.slice('file://'.length)), []);
    } finally {
      place.close();
    }
  });
});

/** What taking a result with such a file says, by the domain itself. */
async function refusedAs(place: World, cwd: string, row: readonly unknown[]): Promise<string> {
  const context = await openContext({
    io: { ...ioOf(place), cwd },
    globals: {},
    signal: new AbortController().signal,
    parent: undefined,
  });
  try {
    const { reader } = context;
    const [wanted] = await wantedBuilds(reader);
    if (wanted === undefined) throw new Error('nothing is wanted');
    const [path, kind, mode = 0] = row;
    const outputs = [[path, kind, mode, 'a'.repeat(64), 2]] as unknown as Json;
    const pack = { key: wanted.key, target: 'site', outputs, log: 'b'.repeat(64), milliseconds: 1 };
    await takeBuild(reader, wanted, pack, async () => Buffer.from('a\n'));
    return 'taken';
  } catch (error) {
    return (error as Error).message;
  } finally {
    context.close();
  }
}
