import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import { HELIA_PACKAGES } from '../../src/storage/index.ts';
import { IpfsDriver, NEW } from '../../src/storage/ipfs/driver.ts';
import { suite } from '../suite.ts';
import { bytesOf, digestOf, refused } from './contract.ts';

/** As its error tells people to: installed beside bit, once. */
const MODULES = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'helia');

function provideHelia(): void {
  if (existsSync(join(MODULES, 'node_modules', 'helia', 'package.json'))) return;
  mkdirSync(MODULES, { recursive: true });
  const words = [
    'install',
    '--legacy-peer-deps',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '--prefix',
    MODULES,
  ];
  execFileSync('npm', [...words, ...HELIA_PACKAGES], {
    stdio: ['ignore', 'ignore', 'inherit'],
    cwd: MODULES,
  });
}

suite('storage ipfs', (test) => {
  let root = '';
  const open: IpfsDriver[] = [];
  const node = (name: string, peers: readonly string[] = []): IpfsDriver => {
    const directory = join(root, name);
    const driver = new IpfsDriver({
      modules: [MODULES],
      directory,
      listen: ['/ip4/127.0.0.1/tcp/0'],
      peers,
      patience: 8000,
    });
    open.push(driver);
    return driver;
  };
  test.before(() => {
    root = mkdtempSync(join(tmpdir(), 'bit-ipfs-'));
    provideHelia();
  });
  test.after(async () => {
    for (const driver of open) await driver.close();
    rmSync(root, { recursive: true, force: true });
  });

  test('without helia the error says how to get it', async () => {
    const driver = new IpfsDriver({ modules: [join(root, 'nothing')], directory: join(root, 'x') });
    await driver.read('ipfs://bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku').then(
      () => assert.unreachable(),
      (error: { code: string; hint: string }) => {
        assert.is(error.code, 'missing-tool');
        assert.match(error.hint, /npm install .*helia@7/);
      },
    );
  });

  test('what one node keeps another one reads, block by block by its CID', async () => {
    const first = node('first');
    const second = node('second', await first.addresses());
    const bytes = randomBytes(3_000_000);
    const stored = await first.put(NEW, Readable.from([bytes]), {
      sha256: digestOf(bytes),
      size: bytes.length,
    });
    assert.match(stored.uri, /^ipfs:\/\/baf/);
    assert.equal([stored.sha256, stored.size], [digestOf(bytes), bytes.length]);
    assert.ok(Buffer.from(await second.read(stored.uri)).equals(bytes));
    assert.is((await second.stat(stored.uri)).size, bytes.length);
    const part = await bytesOf(await second.open(stored.uri, { offset: 1_500_000, length: 10 }));
    assert.ok(part.equals(bytes.subarray(1_500_000, 1_500_010)));
    assert.equal(await first.list(NEW), [stored.uri]);
    assert.is(await first.remove(stored.uri), true);
    assert.equal(await first.list(NEW), []);
  });

  test('what nobody has is not found, what is no CID is no URI', async () => {
    const alone = node('alone');
    await refused(
      () => alone.read('ipfs://bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'),
      'not-found',
    );
    for (const uri of ['ipfs://../x', 'ipfs://x y', 'ipfs://notacid', 'aln+ns://a/b', 'ipfs://bafy/../..'])
      await refused(() => alone.read(uri), 'usage');
  });

  test('other bytes under a CID are refused, coming or lying there', async () => {
    const driver = node('tampered');
    const { uri } = await driver.put(NEW, Readable.from([Buffer.from('the true ones')]));
    await refused(() => driver.write(uri, Buffer.from('others')), 'integrity');
    await refused(() => driver.put(NEW, Readable.from([Buffer.from('x')]), { size: 2 }), 'integrity');
    await driver.close();
    const blocks = join(root, 'tampered', 'blocks');
    for (const name of readdirSync(blocks, { recursive: true, encoding: 'utf8' }).filter((one) =>
      one.endsWith('.data'),
    )) {
      const path = join(blocks, name);
      if (readFileSync(path, 'utf8').includes('true')) writeFileSync(path, 'the falsehood');
    }
    const again = node('tampered');
    await refused(() => again.read(uri), 'integrity');
  });

  test('an upload that was broken off goes on where it was', async () => {
    const driver = node('uploads');
    const bytes = randomBytes(2_500_000);
    const expected = { sha256: digestOf(bytes), size: bytes.length };
    const first = await driver.upload(NEW, expected);
    async function* broken() {
      yield bytes.subarray(0, 1_200_000);
      throw new Error('cut');
    }
    await first.append(Readable.from(broken())).catch(() => undefined);
    await first.leave();
    const second = await driver.upload(NEW, expected);
    assert.is(second.offset, 1024 * 1024);
    await second.append(Readable.from([bytes.subarray(second.offset)]));
    const stored = await second.commit();
    assert.ok(Buffer.from(await driver.read(stored.uri)).equals(bytes));
  });
});
