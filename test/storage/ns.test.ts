import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import { NsDriver } from '../../src/storage/index.ts';
import { suite } from '../suite.ts';
import { bytesOf, contract, digestOf, refused } from './contract.ts';

suite('storage aln+ns', (test) => {
  let root = '';
  const driver = () => new NsDriver({ roots: [root] });
  test.before(() => {
    root = mkdtempSync(join(tmpdir(), 'bit-ns-'));
  });
  test.after(() => rmSync(root, { recursive: true, force: true }));

  contract(test, () => ({ driver: driver(), base: 'aln+ns://builds/' }));

  function filesBelow(path: string): string[] {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? filesBelow(join(path, entry.name)) : [join(path, entry.name)],
    );
  }

  test('names that differ in case, and what is in a folder of another name, are kept apart', async () => {
    const names = [
      'case/A',
      'case/a',
      'case/a/b',
      'case/=a',
      'case/%61',
      'case/ä',
      `case/${'ä'.repeat(120)}`,
    ];
    for (const name of names) await driver().write(`aln+ns://builds/${name}`, Buffer.from(name));
    for (const name of names)
      assert.is(Buffer.from(await driver().read(`aln+ns://builds/${name}`)).toString(), name);
    assert.equal((await driver().list('aln+ns://builds/case/')).length, names.length);
  });

  test('the same bytes under two names are on disk once', async () => {
    const bytes = randomBytes(3 * 1024 * 1024);
    const before = filesBelow(join(root, 'chunks')).length;
    for (const name of ['once/1', 'once/2']) await driver().write(`aln+ns://builds/${name}`, bytes);
    assert.is(filesBelow(join(root, 'chunks')).length, before + 3);
    assert.is((await driver().stat('aln+ns://builds/once/1')).chunks, 3);
  });

  test('a byte turned anywhere in a chunk or a manifest is found before it is handed on', async () => {
    const bytes = randomBytes(2 * 1024 * 1024);
    const uri = 'aln+ns://builds/tamper';
    await driver().write(uri, bytes);
    const chunk = join(
      root,
      'chunks',
      'sha256',
      digestOf(bytes.subarray(1048576)).slice(0, 2),
      digestOf(bytes.subarray(1048576)),
    );
    const good = readFileSync(chunk);
    const bad = Buffer.from(good);
    bad[500_000] = (bad[500_000] ?? 0) ^ 1;
    writeFileSync(chunk, bad);
    let handed = 0;
    await refused(async () => {
      for await (const piece of await driver().open(uri)) handed += (piece as Buffer).length;
    }, 'integrity');
    assert.is(handed, 1048576, 'only the chunk that is right');
    appendFileSync(chunk, 'x');
    await refused(() => driver().read(uri), 'integrity');
    rmSync(chunk);
    await refused(() => driver().read(uri), 'integrity');
    writeFileSync(chunk, good);
    assert.ok(Buffer.from(await driver().read(uri)).equals(bytes));
    const manifest = join(root, 'names', 'builds', '=tamper');
    const text = readFileSync(manifest, 'utf8');
    const { chunks } = JSON.parse(text) as { chunks: { sha256: string; size: number }[] };
    for (const changed of [
      text.replace('"size":2097152', '"size":2097151'),
      text.replace(/"self":"./, '"self":"z'),
      JSON.stringify({ ...JSON.parse(text), chunks: [...chunks].reverse() }),
      text.slice(0, 100),
      'null',
    ]) {
      writeFileSync(manifest, changed);
      await refused(() => driver().read(uri), 'integrity');
    }
    writeFileSync(join(root, 'names', 'builds', '=moved'), text);
    await refused(() => driver().read('aln+ns://builds/moved'), 'integrity');
    rmSync(join(root, 'names', 'builds', '=moved'));
    writeFileSync(manifest, text);
  });

  test('an upload that was broken off goes on where it was, in another process too', async () => {
    const bytes = randomBytes(5 * 1024 * 1024 + 77);
    const uri = 'aln+ns://builds/resumed';
    const expected = { sha256: digestOf(bytes), size: bytes.length };
    const first = await driver().upload(uri, expected);
    await refused(() => driver().upload(uri, expected), 'busy');
    async function* broken() {
      yield bytes.subarray(0, 2_500_000);
      throw new Error('cut');
    }
    await first.append(Readable.from(broken())).catch(() => undefined);
    assert.is(first.offset, 2 * 1024 * 1024);
    await first.leave();
    // as a kill in the middle of a line leaves it
    const [list = ''] = filesBelow(join(root, 'uploads')).filter((path) => path.endsWith('chunks'));
    appendFileSync(list, 'deadbeef');
    const second = await driver().upload(uri, expected);
    assert.is(second.offset, 2 * 1024 * 1024);
    await second.append(Readable.from([bytes.subarray(second.offset, 3_000_000)]));
    await refused(() => second.commit(), 'integrity');
    await second.append(Readable.from([bytes.subarray(second.offset)]));
    const stored = await second.commit();
    assert.is(stored.sha256, expected.sha256);
    assert.ok((await bytesOf(await driver().open(uri))).equals(bytes));
    assert.equal(filesBelow(join(root, 'uploads')), []);
  });

  test('one whose chunk was changed between two processes is refused as a whole', async () => {
    const bytes = randomBytes(2 * 1024 * 1024);
    const uri = 'aln+ns://builds/changed';
    const expected = { sha256: digestOf(bytes), size: bytes.length };
    const first = await driver().upload(uri, expected);
    await first.append(Readable.from([bytes.subarray(0, 1048576)]));
    await first.leave();
    const second = await driver().upload(uri, expected);
    await second.append(Readable.from([randomBytes(1048576)]));
    await refused(() => second.commit(), 'integrity');
    assert.is((await driver().upload(uri, expected)).offset, 0);
  });

  test('what no name needs any more is swept, what one needs stays', async () => {
    const kept = randomBytes(1000);
    await driver().write('aln+ns://builds/sweep/kept', kept);
    await driver().write('aln+ns://builds/sweep/gone', randomBytes(1000));
    await driver().remove('aln+ns://builds/sweep/gone');
    assert.is(driver().sweep(new Date()), 0, 'not while somebody may be about to name it');
    assert.ok(driver().sweep(new Date(Date.now() + 48 * 3_600_000)) >= 1);
    assert.ok(Buffer.from(await driver().read('aln+ns://builds/sweep/kept')).equals(kept));
  });

  test('a large one passes with a few chunks in memory', async () => {
    const size = 192 * 1024 * 1024;
    const piece = randomBytes(1024 * 1024);
    async function* much() {
      for (let sent = 0; sent < size; sent += piece.length) {
        piece.writeUInt32LE(sent % 7, 0);
        yield Buffer.from(piece);
      }
    }
    const before = process.memoryUsage().rss;
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss - before);
    }, 5);
    await driver().put('aln+ns://builds/large', Readable.from(much()));
    let read = 0;
    for await (const chunk of await driver().open('aln+ns://builds/large')) read += (chunk as Buffer).length;
    clearInterval(watch);
    assert.is(read, size);
    process.stdout.write(
      `figure: aln+ns, 192 MiB in and out: ${Math.round(most / 1048576)} MiB more memory\n`,
    );
    assert.ok(most < 120 * 1024 * 1024, `${most} bytes more`);
  });
});
