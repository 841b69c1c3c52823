import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { exportPublicKey } from '../../src/kernel/ed25519.ts';
import { openLedgerReader } from '../../src/ledger/index.ts';
import * as tlog from '../../src/tlog/index.ts';
import { signNote } from '../../src/tlog/index.ts';
import { draft, testLedger } from '../ledger/fixture.ts';
import { suite } from '../suite.ts';
import { logFiles, noteSigner } from '../tlog/examine.ts';
import { NaiveTree, naiveInclusion, naiveLeaf } from '../tlog/naive.ts';
import { type World, world } from '../world.ts';
import { execute } from './store.ts';

async function within(
  work: (place: World, bit: (...words: string[]) => Promise<string>) => Promise<void>,
): Promise<void> {
  const place = world();
  try {
    place.start();
    const bit = async (...words: string[]): Promise<string> => {
      const run = await place.bit(...words);
      assert.is(run.code, 0, `${words.join(' ')}: ${run.stderr}`);
      return run.stdout;
    };
    await work(place, bit);
  } finally {
    place.close();
  }
}

const keyOf = async (bit: (...words: string[]) => Promise<string>): Promise<string> =>
  (JSON.parse(await bit('ledger', 'checkpoint', '--json')) as { key: string }).key;

/** c2sp.org/tlog-tiles read by the letter, with nothing of src/tlog; the entries. */
function naiveCheck(directory: string, vkey: string): string[] {
  const note = readFileSync(join(directory, 'checkpoint'), 'utf8');
  const [text = '', signatures = ''] = note.split('\n\n');
  const [origin, size, root] = text.split('\n');
  const [name, , encoded = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey)?.slice(1) ?? [];
  assert.is(origin, name);
  const raw = Buffer.from(encoded, 'base64').subarray(1);
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
    format: 'jwk',
  });
  const signature = Buffer.from(signatures.split(' ')[2] ?? '', 'base64');
  const id = createHash('sha256').update(`${name}\n\x01`).update(raw).digest().subarray(0, 4);
  assert.equal(signature.subarray(0, 4), id);
  assert.ok(
    verify(null, Buffer.from(`${text}\n`), key, signature.subarray(4)),
    'the checkpoint is not signed',
  );
  const entries: Buffer[] = [];
  for (let index = 0; entries.length < Number(size); index++) {
    const width = Math.min(256, Number(size) - entries.length);
    const path = `${String(index).padStart(3, '0')}${width === 256 ? '' : `.p/${width}`}`;
    const bundle = readFileSync(join(directory, 'tile/entries', path));
    const hashes = readFileSync(join(directory, 'tile/0', path));
    assert.is(hashes.length, width * 32);
    let at = 0;
    for (let i = 0; i < width; i++) {
      const length = bundle.readUInt16BE(at);
      const entry = bundle.subarray(at + 2, at + 2 + length);
      assert.equal(naiveLeaf(entry), hashes.subarray(i * 32, i * 32 + 32));
      entries.push(entry);
      at += 2 + length;
    }
    assert.is(at, bundle.length);
  }
  const tree = new NaiveTree(entries.map(naiveLeaf));
  for (let index = 0; (index + 1) * 256 <= entries.length; index++) {
    const [name = ''] = readdirSync(join(directory, 'tile/1/000.p'));
    const level1 = readFileSync(join(directory, 'tile/1/000.p', name));
    assert.equal(level1.subarray(index * 32, index * 32 + 32), tree.root(index * 256, (index + 1) * 256));
  }
  assert.is(tree.root(0, entries.length).toString('base64'), root);
  return entries.map(String);
}

suite('proofs of the ledger', (test) => {
  test('verify where there is nothing but the file and the key, and nothing else does', () =>
    within(async (place, bit) => {
      await bit('tag', 'new', 'v1');
      const key = await keyOf(bit);
      const proof = await bit('ledger', 'prove');
      const elsewhere = world();
      try {
        mkdirSync(join(elsewhere.root, 'bare'));
        const file = join(elsewhere.root, 'bare', 'p.tlog-proof');
        const check = async (text: string, ...words: string[]) => {
          writeFileSync(file, text);
          return elsewhere.bitIn(join(elsewhere.root, 'bare'), 'ledger', 'verify', file, ...words);
        };
        const good = await check(proof, '--key', key);
        assert.is(good.code, 0, good.stderr);
        assert.match(good.stdout, 'LEDGER_CHECKPOINT intent');
        const forged = proof.replace(/extra (\S+)/, (_, extra: string) => {
          const text = Buffer.from(extra, 'base64').toString().replace('ada@example.org', 'eve@example.org');
          return `extra ${Buffer.from(text).toString('base64')}`;
        });
        assert.is((await check(forged, '--key', key)).code, 7);
        assert.is((await check(proof.replace('index 2', 'index 1'), '--key', key)).code, 7);
        assert.is((await check(proof)).code, 2, 'without a key nothing is believed');
        const other = noteSigner(tlog, 'other.example').key;
        assert.is((await check(proof, '--key', tlog.formatVkey(other))).code, 7);
      } finally {
        elsewhere.close();
      }
      // and by a verifier that shares nothing with ours
      const [extra = '', , ...hashes] = (proof.split('\n\n')[0] ?? '').split('\n').slice(1);
      const [, size, root] = (proof.split('\n\n')[1] ?? '').split('\n');
      const shown = JSON.parse(Buffer.from(extra.slice(6), 'base64').toString()) as Record<string, unknown>;
      const leaf = naiveLeaf(Buffer.from(JSON.stringify(shown)));
      const path = hashes.map((line) => Buffer.from(line, 'base64'));
      assert.ok(naiveInclusion(2, Number(size), leaf, path, Buffer.from(root ?? '', 'base64')));
      assert.is(place.exists('p.tlog-proof'), false);
    }));

  test('hold the payload only where asked, and are bare where asked', () =>
    within(async (place, bit) => {
      await bit('tag', 'new', 'v1', '-m', 'inside');
      const key = await keyOf(bit);
      const [entry] = openLedgerReader({ directory: join(place.dir, '.git/bit/ledger') }).entries({
        event: 'TAG_NEW',
      });
      const digest = entry?.entry_sha256 ?? '';
      const shown = (text: string): string =>
        Buffer.from(/extra (\S+)/.exec(text)?.[1] ?? '', 'base64').toString();
      assert.not.match(shown(await bit('ledger', 'prove', digest)), 'inside');
      const whole = await bit('ledger', 'prove', digest, '--payload');
      assert.match(shown(whole), 'inside');
      place.write('whole', whole);
      await bit('ledger', 'verify', 'whole', '--key', key);
      place.write(
        'changed',
        whole.replace(
          /extra (\S+)/,
          (_, extra: string) =>
            `extra ${Buffer.from(Buffer.from(extra, 'base64').toString().replace('inside', 'outside')).toString('base64')}`,
        ),
      );
      assert.is((await place.bit('ledger', 'verify', 'changed', '--key', key)).code, 7);
      const bare = await bit('ledger', 'prove', digest, '--bare');
      place.write('bare', bare);
      const refused = await place.bit('ledger', 'verify', 'bare', '--key', key);
      assert.match(refused.stderr, '--leaf');
      place.write(
        'leaf',
        openLedgerReader({ directory: join(place.dir, '.git/bit/ledger') })
          .tree(entry?.chain ?? '')
          .leaf(entry?.seq ?? 0)
          .toString(),
      );
      await bit('ledger', 'verify', 'bare', '--leaf', 'leaf', '--key', key);
    }));

  test('ask for a checkpoint that covers the entry, and change nothing', () =>
    within(async (place, bit) => {
      await bit('tag', 'new', 'v1');
      const none = await place.bit('ledger', 'prove');
      assert.is(none.code, 4);
      assert.match(none.stderr, 'bit ledger checkpoint');
      const dry = await bit('ledger', 'checkpoint', '--dry-run');
      assert.match(dry, 'sign the root');
      assert.is((await place.bit('ledger', 'prove')).code, 4);
      await bit('ledger', 'checkpoint');
      await bit('tag', 'new', 'v2');
      const [newest] = openLedgerReader({ directory: join(place.dir, '.git/bit/ledger') }).entries({
        newestFirst: true,
      });
      assert.is((await place.bit('ledger', 'prove', newest?.entry_sha256 ?? '')).code, 4);
      assert.is((await place.bit('ledger', 'prove', '0'.repeat(64))).code, 4);
    }));
});

suite('exported ledgers', (test) => {
  test('pass a checker that knows the specification alone, also when brought up to date', () =>
    within(async (place, bit) => {
      const ledger = join(place.dir, '.git/bit/ledger');
      const log = join(place.root, 'log');
      await bit('tag', 'new', 'v1');
      const first = JSON.parse(await bit('ledger', 'export', log, '--json')) as { key: string; size: number };
      assert.is(naiveCheck(log, first.key).length, first.size);
      // The chain of this clone, grown past a tile by its own key.
      for (let i = 0; i < 3; i++) {
        await testLedgerOf(place).append(Array.from({ length: 120 }, () => draft('note')));
      }
      const { size } = JSON.parse(await bit('ledger', 'export', log, '--json')) as { size: number };
      assert.ok(size > 256);
      assert.is(naiveCheck(log, first.key).length, size);
      const verified = await bit('ledger', 'verify', '--log', log, '--key', first.key);
      assert.match(verified, `${size} entries verified`);
      assert.match(await bit('ledger', 'verify', '--log', log), 'verified');
      assert.is((await place.bit('ledger', 'export', ledger)).code, 1, 'a folder of something else');
    }));

  test('spoiled, are faulted by file and entry', () =>
    within(async (place, bit) => {
      const log = join(place.root, 'log');
      await bit('tag', 'new', 'v1');
      await bit('ledger', 'export', log);
      const [name = ''] = readdirSync(join(log, 'tile/entries/000.p'));
      const file = join(log, 'tile/entries/000.p', name);
      const bytes = readFileSync(file);
      bytes[bytes.indexOf('TAG_NEW')] = 0x58;
      writeFileSync(file, bytes);
      const found = await place.bit('ledger', 'verify', '--log', log);
      assert.is(found.code, 7);
      assert.match(
        found.stdout,
        /tile\/0\/000\.p\/\d+, entry 0: entry 0 does not have the hash its tile says/,
      );
      appendFileSync(join(log, 'checkpoint'), 'x');
      assert.is((await place.bit('ledger', 'verify', '--log', log)).code, 7);
    }));
});

/** The chain of a world's clone, written by its user's own key without going through commands. */
function testLedgerOf(place: World) {
  const folder = join(place.root, 'data/bit/keys');
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.pem'));
  return testLedger(join(place.dir, '.git/bit/ledger'), signerOf(readFileSync(join(folder, file))));
}

function signerOf(pem: Buffer) {
  const key = createPrivateKey(pem);
  return { publicKey: exportPublicKey(key), sign: (message: Uint8Array) => sign(null, message, key) };
}

suite('logs of others', (test) => {
  test('are verified from a folder and over HTTP, failures that pass tried again', () =>
    within(async (place) => {
      const files = logFiles(tlog, 600);
      const key = tlog.formatVkey(noteSigner(tlog, 'log.example/a').key);
      let failures = 2;
      const server = createServer((request, response) => {
        const bytes = files.get((request.url ?? '').replace('/a/log/', ''));
        if (failures-- > 0) response.writeHead(503).end();
        else if (bytes === undefined) response.writeHead(404).end();
        else response.end(bytes);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      try {
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a/log`;
        const good = await place.bit('ledger', 'verify', '--log', url, '--key', key);
        assert.is(good.code, 0, good.stderr);
        assert.match(good.stdout, '600 entries verified');
        files.delete('tile/0/001');
        const gone = await place.bit('ledger', 'verify', '--log', url, '--key', key);
        assert.is(gone.code, 7);
        assert.match(gone.stdout, 'tile/0/001, entry 256: it is missing');
        const unsigned = signNote('log.example/a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n', [
          noteSigner(tlog, 'log.example/a', 2),
        ]);
        files.set('checkpoint', Buffer.from(unsigned));
        assert.is((await place.bit('ledger', 'verify', '--log', url, '--key', key)).code, 7);
        assert.is((await place.bit('ledger', 'verify', '--log', `${url}/nothing`, '--key', key)).code, 4);
      } finally {
        server.close();
        server.closeAllConnections();
      }
    }));
});

suite('data verify', (test) => {
  test('a commit, a file and an entry, by their bytes and by the ledger', () =>
    within(async (place, bit) => {
      place.write('a.txt', 'two\n');
      place.git('add', '.');
      await bit('commit', '-m', 'second');
      assert.match(await bit('data', 'verify', 'integrity', 'HEAD'), 'commit');
      assert.match(await bit('data', 'verify', 'integrity', 'a.txt'), 'as staged');
      const early = await place.bit('data', 'verify', 'blockchain', 'HEAD');
      assert.is(early.code, 7);
      assert.match(early.stdout, 'bit ledger checkpoint');
      await bit('ledger', 'checkpoint');
      for (const asset of ['HEAD', 'a.txt']) {
        assert.match(await bit('data', 'verify', 'blockchain', asset), 'lead to the checkpoint');
      }
      const [entry] = openLedgerReader({ directory: join(place.dir, '.git/bit/ledger') }).entries({
        event: 'COMMIT',
      });
      assert.match(await bit('data', 'verify', 'blockchain', entry?.entry_sha256 ?? ''), 'COMMIT intent');
      place.write('a.txt', 'three\n');
      assert.is((await place.bit('data', 'verify', 'integrity', 'a.txt')).code, 7);
      place.git('checkout', '-q', 'a.txt');
      const first = await place.bit('data', 'verify', 'blockchain', 'HEAD~1');
      assert.is(first.code, 7);
      assert.match(first.stdout, 'the ledger has no entry that brought');
      assert.is((await place.bit('data', 'verify', 'integrity', 'nothing-here')).code, 4);
      assert.is((await place.bit('data', 'verify', 'integrity', '--', '-x')).code, 4);
    }));

  test('a commit whose bytes were exchanged, an entry that was changed', () =>
    within(async (place, bit) => {
      await bit('tag', 'new', 'v1');
      await bit('ledger', 'checkpoint');
      const [entry] = openLedgerReader({ directory: join(place.dir, '.git/bit/ledger') }).entries({
        event: 'TAG_NEW',
      });
      execute(
        join(place.dir, '.git/bit/ledger'),
        'UPDATE entries SET signature = zeroblob(64) WHERE seq = 0',
      );
      const found = await place.bit('data', 'verify', 'blockchain', entry?.entry_sha256 ?? '');
      assert.is(found.code, 7);
      assert.match(found.stdout, 'digest or signature does not hold');
      const tail = await place.bit('ledger', 'tail');
      assert.is(tail.code, 7);
      assert.match(tail.stdout, 'FAILS');
      assert.match(tail.stdout, 'holds');
    }));
});

suite('keys that end', (test) => {
  test('a key rotated out and revoked is void from there on, in words that say so', () =>
    within(async (place, bit) => {
      await bit('tag', 'new', 'v1');
      const before = testLedgerOf(place);
      const own = await place.bit(
        'key',
        'revoke',
        JSON.parse(await bit('ledger', 'list', '--json', '-n', '1')).entries[0].actor,
        '--yes',
      );
      assert.match(own.stderr, 'rotate');
      const old = JSON.parse(await bit('ledger', 'list', '--json', '-n', '1')).entries[0].actor as string;
      await bit('key', 'rotate');
      await bit('key', 'revoke', old, '--yes');
      assert.match(await bit('ledger', 'verify'), 'verified');
      await before.append([draft('note')]);
      const found = await place.bit('ledger', 'verify');
      assert.is(found.code, 7);
      assert.match(found.stdout, 'The key was revoked before this entry');
    }));
});
