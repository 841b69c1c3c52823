/** What every driver must do, as tests that run on each. */
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { uvu } from 'uvu';
import * as assert from 'uvu/assert';
import { isBitError } from '../../src/kernel/errors.ts';
import type { StreamingDriver } from '../../src/storage/index.ts';

export interface Subject {
  readonly driver: StreamingDriver;
  /** A URI below which the tests may do as they like; with a slash at its end. */
  readonly base: string;
  /** It has no way to remove. */
  readonly keeps?: true;
}

export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export async function refused(run: () => Promise<unknown>, code: string): Promise<string> {
  try {
    await run();
  } catch (error) {
    assert.ok(isBitError(error), `a BitError, not ${String(error)}`);
    assert.is(error.code, code, error.message);
    return error.message;
  }
  assert.unreachable(`it was not refused as ${code}`);
  return '';
}

export async function bytesOf(stream: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

export function contract(test: uvu.Test<Record<never, never>>, subject: () => Subject): void {
  test('what was written is read, with its size and digest', async () => {
    const { driver, base } = subject();
    const bytes = randomBytes(70_000);
    await driver.write(`${base}one/a.bin`, bytes);
    assert.equal(Buffer.from(await driver.read(`${base}one/a.bin`)), bytes);
    const { size, sha256 } = await driver.stat(`${base}one/a.bin`);
    assert.equal([size, sha256], [bytes.length, digestOf(bytes)]);
  });

  test('nothing at all is something that can be kept', async () => {
    const { driver, base } = subject();
    await driver.write(`${base}empty`, new Uint8Array());
    assert.is((await driver.read(`${base}empty`)).length, 0);
    assert.is((await driver.stat(`${base}empty`)).size, 0);
  });

  test('a second write takes the place of the first', async () => {
    const { driver, base } = subject();
    await driver.write(`${base}twice`, Buffer.from('the first'));
    await driver.write(`${base}twice`, Buffer.from('the second'));
    assert.is(Buffer.from(await driver.read(`${base}twice`)).toString(), 'the second');
  });

  test('what is not there is not found, by any method', async () => {
    const { driver, base } = subject();
    for (const ask of [
      () => driver.read(`${base}nowhere`),
      () => driver.stat(`${base}nowhere`),
      () => driver.open(`${base}nowhere`),
    ]) {
      assert.match(await refused(ask, 'not-found'), 'nowhere');
    }
    assert.is(await driver.remove(`${base}nowhere`), false);
  });

  test('a list holds what begins with the prefix, sorted, and nothing else', async () => {
    const { driver, base } = subject();
    for (const name of ['l/b', 'l/a/x', 'l/ab', 'm/b'])
      await driver.write(`${base}${name}`, Buffer.from(name));
    assert.equal(await driver.list(`${base}l/a`), [`${base}l/a/x`, `${base}l/ab`]);
    assert.equal((await driver.list(`${base}l/`)).length, 3);
    assert.equal(await driver.list(`${base}none/`), []);
  });

  test('what was removed is gone, and only that', async () => {
    const { driver, base, keeps } = subject();
    await driver.write(`${base}r/1`, Buffer.from('same'));
    await driver.write(`${base}r/2`, Buffer.from('same'));
    if (keeps) {
      await refused(() => driver.remove(`${base}r/1`), 'unsupported');
      assert.is(Buffer.from(await driver.read(`${base}r/1`)).toString(), 'same');
      return;
    }
    assert.is(await driver.remove(`${base}r/1`), true);
    await refused(() => driver.read(`${base}r/1`), 'not-found');
    assert.is(Buffer.from(await driver.read(`${base}r/2`)).toString(), 'same');
  });

  test('a range is the bytes from there to there', async () => {
    const { driver, base } = subject();
    const bytes = randomBytes(2_500_000);
    await driver.put(`${base}range`, Readable.from([bytes]));
    for (const [offset, length] of [
      [0, 1],
      [1_048_575, 2],
      [1_000_000, 1_200_000],
      [2_499_999, 50],
    ] as const) {
      const got = await bytesOf(await driver.open(`${base}range`, { offset, length }));
      assert.ok(got.equals(bytes.subarray(offset, offset + length)), `${offset} ${length}`);
    }
    assert.ok(
      (await bytesOf(await driver.open(`${base}range`, { offset: 2_000_000 }))).equals(
        bytes.subarray(2_000_000),
      ),
    );
    assert.is((await bytesOf(await driver.open(`${base}range`, { offset: 9_000_000 }))).length, 0);
  });

  test('what differs from what was announced is not kept, and what was there stays', async () => {
    const { driver, base } = subject();
    await driver.write(`${base}told`, Buffer.from('before'));
    const bytes = Buffer.from('other bytes');
    const put = (options: { sha256?: string; size?: number }) => () =>
      driver.put(`${base}told`, Readable.from([bytes]), options);
    await refused(put({ sha256: digestOf(Buffer.from('x')) }), 'integrity');
    await refused(put({ size: 3 }), 'integrity');
    await refused(put({ size: 300 }), 'integrity');
    assert.is(Buffer.from(await driver.read(`${base}told`)).toString(), 'before');
    const stored = await driver.put(`${base}told`, Readable.from([bytes]), {
      sha256: digestOf(bytes),
      size: bytes.length,
    });
    assert.equal(stored, { uri: `${base}told`, sha256: digestOf(bytes), size: bytes.length, chunks: 1 });
  });

  test('a stream that breaks off leaves nothing', async () => {
    const { driver, base } = subject();
    async function* broken() {
      yield randomBytes(100_000);
      throw new Error('the line went dead');
    }
    let thrown = '';
    await driver.put(`${base}broken`, Readable.from(broken())).catch((error: unknown) => {
      thrown = String(error);
    });
    assert.match(thrown, 'the line went dead');
    await refused(() => driver.read(`${base}broken`), 'not-found');
  });

  test('an upload is visible when it is committed, and only what was announced is', async () => {
    const { driver, base } = subject();
    const bytes = randomBytes(300_000);
    const expected = { sha256: digestOf(bytes), size: bytes.length };
    const upload = await driver.upload(`${base}up`, expected);
    assert.is(upload.offset, 0);
    await upload.append(Readable.from([bytes]));
    assert.equal((await upload.commit()).sha256, expected.sha256);
    assert.ok(Buffer.from(await driver.read(`${base}up`)).equals(bytes));
    const wrong = await driver.upload(`${base}up2`, { ...expected, sha256: digestOf(Buffer.from('no')) });
    await refused(async () => {
      await wrong.append(Readable.from([bytes]));
      await wrong.commit();
    }, 'integrity');
    await refused(() => driver.read(`${base}up2`), 'not-found');
    await refused(() => driver.upload(`${base}up3`, { sha256: 'short', size: 1 }), 'usage').catch(
      () => undefined,
    );
  });

  test('a hostile URI names nothing', async () => {
    const { driver, base } = subject();
    for (const uri of [
      `${base}../escape`,
      `${base}a/./b`,
      `${base}a//b`,
      `${base}a\nb`,
      `${base}a\u0000b`,
      `${base}a b`,
      `${base}a\\b`,
      `${base}${'x'.repeat(256)}`,
      `${base}${'x/'.repeat(600)}x`,
      `${base}\ud800`,
      `${base}a?versionId=1`,
      'http://example.com/a',
      'aln+ns:///etc/passwd',
      'aln+ns://../x',
      '',
    ]) {
      await refused(() => driver.read(uri), 'usage');
      await refused(() => driver.write(uri, Buffer.from('x')), 'usage');
    }
  });
}
