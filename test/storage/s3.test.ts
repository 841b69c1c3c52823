import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import { type S3Options, Storage } from '../../src/storage/index.ts';
import { S3Driver } from '../../src/storage/s3/driver.ts';
import { suite } from '../suite.ts';
import { bytesOf, contract, digestOf, refused } from './contract.ts';
import { type ObjectServer, startRadosgw } from './radosgw.ts';

const PART = 8 * 1024 * 1024;

suite('storage aln+s3', (test) => {
  let server: ObjectServer;
  let options: S3Options;
  let driver: S3Driver;
  test.before(async () => {
    server = await startRadosgw();
    const { endpoint, credentials } = server;
    options = { region: 'us-east-1', bucket: 'artifacts', endpoint, credentials };
    const sdk = await import('@aws-sdk/client-s3');
    const client = new sdk.S3Client({ region: 'us-east-1', endpoint, credentials, forcePathStyle: true });
    for (const Bucket of ['artifacts', 'other']) await client.send(new sdk.CreateBucketCommand({ Bucket }));
    client.destroy();
    driver = new S3Driver(options);
  });
  test.after(async () => {
    await driver?.close();
    await server?.close();
  });

  contract(test, () => ({ driver, base: 'aln+s3://artifacts/' }));

  test('one of many parts goes and comes whole, with its digest told or not', async () => {
    const bytes = randomBytes(2 * PART + 12_345);
    for (const told of [{}, { sha256: digestOf(bytes), size: bytes.length }]) {
      const stored = await driver.put('aln+s3://artifacts/parts', Readable.from([bytes]), told);
      assert.equal([stored.chunks, stored.sha256], [3, digestOf(bytes)]);
      assert.is((await driver.stat('aln+s3://artifacts/parts')).sha256, digestOf(bytes));
      assert.ok((await bytesOf(await driver.open('aln+s3://artifacts/parts'))).equals(bytes));
    }
    const wrong = { sha256: digestOf(Buffer.from('x')), size: bytes.length };
    await refused(() => driver.put('aln+s3://artifacts/wrong', Readable.from([bytes]), wrong), 'integrity');
    await refused(() => driver.read('aln+s3://artifacts/wrong'), 'not-found');
  });

  test('an upload that was broken off goes on where it was, in another process too', async () => {
    const bytes = randomBytes(2 * PART + 500);
    const uri = 'aln+s3://artifacts/resumed';
    const expected = { sha256: digestOf(bytes), size: bytes.length };
    const first = await driver.upload(uri, expected);
    async function* broken() {
      yield bytes.subarray(0, PART + 1000);
      throw new Error('cut');
    }
    await first.append(Readable.from(broken())).catch(() => undefined);
    assert.is(first.offset, PART);
    const second = await new S3Driver(options).upload(uri, expected);
    assert.is(second.offset, PART);
    await second.append(Readable.from([bytes.subarray(PART)]));
    await refused(() => driver.stat(uri), 'not-found');
    assert.equal(await second.commit(), { uri, ...expected, chunks: 3 });
    assert.ok((await bytesOf(await driver.open(uri))).equals(bytes));
    assert.equal(await driver.list('aln+s3://artifacts/.bit'), []);
  });

  test('bytes that were exchanged on the server are found', async () => {
    const { endpoint, credentials } = server;
    await driver.write('aln+s3://artifacts/tamper', Buffer.from('the true ones'));
    const sdk = await import('@aws-sdk/client-s3');
    const client = new sdk.S3Client({ region: 'us-east-1', endpoint, credentials, forcePathStyle: true });
    const at = { Bucket: 'artifacts', Key: 'tamper' };
    const { Metadata } = await client.send(new sdk.HeadObjectCommand(at));
    await client.send(
      new sdk.PutObjectCommand({ ...at, Body: 'the false one', ...(Metadata && { Metadata }) }),
    );
    client.destroy();
    await refused(() => driver.read('aln+s3://artifacts/tamper'), 'integrity');
  });

  test('what goes beside an artifact comes back', async () => {
    await driver.write('aln+s3://artifacts/meta', Buffer.from('x'), { job: 'J-1', ümlaut: 'ä' });
    assert.equal((await driver.stat('aln+s3://artifacts/meta')).meta, { job: 'J-1', ümlaut: 'ä' });
    await refused(
      () => driver.write('aln+s3://artifacts/m', Buffer.from('x'), { a: 'y'.repeat(2000) }),
      'usage',
    );
  });

  test('another bucket, a wrong secret and a dead server are told apart', async () => {
    await refused(() => driver.read('aln+s3://other/x'), 'usage');
    const { bucket, ...any } = options;
    await refused(() => new S3Driver(any).read('aln+s3://nowhere/x'), 'not-found');
    const secretAccessKey = 'not the secret';
    const wrong = new S3Driver({ ...options, credentials: { ...server.credentials, secretAccessKey } });
    await refused(() => wrong.read('aln+s3://artifacts/meta'), 'auth');
    await refused(() => wrong.write('aln+s3://artifacts/meta', Buffer.from('x')), 'auth');
    const dead = new S3Driver({ ...options, endpoint: 'http://127.0.0.1:1' });
    await refused(() => dead.read('aln+s3://artifacts/meta'), 'remote');
  });

  test('is picked by the scheme', async () => {
    const storage = new Storage({ s3: options });
    assert.is((await storage.driverFor('aln+s3://artifacts/.bit')).scheme(), 'aln+s3');
    await storage.close();
  });
});
