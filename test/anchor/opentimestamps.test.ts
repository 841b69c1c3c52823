import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  attestationsOf,
  formatOts,
  formatTimestamp,
  mergeTimestamps,
  OTS_LIMIT,
  parseOts,
  parseTimestamp,
  type Timestamp,
} from '../../src/anchor/ots-format.ts';
import { BitError } from '../../src/kernel/errors.ts';
import fc from '../property.ts';
import { processorTime, suite } from '../suite.ts';
import {
  bitcoinAttestation,
  minedHeader,
  pendingAttestation,
  serveCalendar,
  withCalendar,
} from './calendar.ts';
import { type Check, editJson, type Ground, onGround } from './ground.ts';
import { HOSTILE, serve } from './server.ts';

interface Added {
  readonly size: number;
  readonly note: string;
  readonly anchored: readonly { readonly file: string; readonly said: string }[];
}

const add = (ground: Ground): Promise<Added> => ground.json<Added>(0, 'ledger', 'anchor', 'add', 'ots');
const check = async (ground: Ground, code: number): Promise<Check['checks'][number]> => {
  const { checks } = await ground.json<Check>(code, 'ledger', 'anchor', 'check');
  assert.is(checks.length, 1);
  return checks[0] as Check['checks'][number];
};

/** The reference implementation's reading of a proof: attestations, and whether it would write the same bytes. */
const PYTHON = `
import sys, json, hashlib
from opentimestamps.core.timestamp import DetachedTimestampFile
from opentimestamps.core.serialize import StreamDeserializationContext, BytesSerializationContext
from opentimestamps.core.notary import PendingAttestation, BitcoinBlockHeaderAttestation
raw = open(sys.argv[1], 'rb').read()
with open(sys.argv[1], 'rb') as f: d = DetachedTimestampFile.deserialize(StreamDeserializationContext(f))
out = BytesSerializationContext(); d.serialize(out)
digest = hashlib.sha256(open(sys.argv[2], 'rb').read()).digest()
print(json.dumps({'ofFile': digest == d.file_digest, 'same': out.getbytes() == raw, 'attestations': sorted(
  [m.hex(), a.uri if isinstance(a, PendingAttestation) else a.height] for m, a in d.timestamp.all_attestations())}, default=str))
`;
const REFERENCE = existsSync('/usr/share/doc/python3-opentimestamps');

function referenceReads(ots: string, file: string): unknown {
  const { status, stdout, stderr } = spawnSync(
    '/usr/bin/python3',
    ['-W', 'ignore', '-c', PYTHON, ots, file],
    {
      encoding: 'utf8',
    },
  );
  assert.is(status, 0, stderr);
  return JSON.parse(stdout);
}

suite('an anchor at an OpenTimestamps calendar', (test) => {
  test(
    'gives it a salted digest only, is pending, and complete once it is in a block',
    withCalendar(async (ground, calendar) => {
      const { note, anchored } = await add(ground);
      assert.match(anchored[0]?.said ?? '', 'pending at http://127.0.0.1');
      const [asked] = calendar.asked;
      assert.is(asked?.body.length, 32);
      assert.not.equal(asked?.body, createHash('sha256').update(note).digest());
      const pending = await check(ground, 0);
      assert.is(pending.verdict, 'pending');
      assert.match(pending.detail, 'not checked against Bitcoin');
      const early = await ground.json<{ unchanged: number }>(0, 'ledger', 'anchor', 'upgrade');
      assert.is(early.unchanged, 1);
      calendar.mine(840_000);
      const { upgraded } = await ground.json<{ upgraded: unknown[] }>(0, 'ledger', 'anchor', 'upgrade');
      assert.is(upgraded.length, 1);
      const complete = await check(ground, 0);
      assert.is(complete.verdict, 'unchecked');
      assert.match(complete.detail, 'complete (Bitcoin block 840000), not checked against Bitcoin');
      const again = await ground.json<{ unchanged: number }>(0, 'ledger', 'anchor', 'upgrade');
      assert.is(again.unchanged, 1);
    }),
  );

  test(
    'is checked against the block headers the user names, a file or a server, and by nothing else',
    withCalendar(async (ground, calendar) => {
      await add(ground);
      const height = 3;
      const header = calendar.mine(height);
      await ground.json(0, 'ledger', 'anchor', 'upgrade');
      const file = join(ground.root, 'headers');
      const id = (bytes: Buffer): string => {
        const once = createHash('sha256').update(bytes).digest();
        return createHash('sha256').update(once).digest().reverse().toString('hex');
      };
      let served = header;
      const esplora = await serve(({ path }, response) => {
        if (path === `/api/block-height/${height}`) return void response.end(id(header));
        if (path === `/api/block/${id(header)}/header`) return void response.end(served.toString('hex'));
        response.writeHead(404).end('Block not found');
      });
      const say = (headers: string): void =>
        ground.anchors({ ots: { driver: 'opentimestamps', url: calendar.url, headers, timeout: 1 } });
      try {
        say(file);
        assert.is((await check(ground, 6)).verdict, 'unreachable', 'no such file');
        spawnSync('mkfifo', [`${file}.fifo`]);
        say(`${file}.fifo`);
        assert.is((await check(ground, 6)).verdict, 'unreachable', 'nothing that could be read');
        say(file);
        writeFileSync(file, Buffer.concat([Buffer.alloc(80 * height), header]));
        const held = await check(ground, 0);
        assert.is(held.verdict, 'holds');
        assert.match(held.detail, 'in Bitcoin block 3 of 2025-11-13T02:13:20Z');
        writeFileSync(file, Buffer.concat([Buffer.alloc(80 * height), minedHeader(Buffer.alloc(32, 7))]));
        const other = await check(ground, 7);
        assert.match(other.detail, 'Bitcoin block 3 does not hold it');
        const lazy = Buffer.from(header);
        lazy.writeUInt32LE(0x1d00ffff, 72);
        writeFileSync(file, Buffer.concat([Buffer.alloc(80 * height), lazy]));
        assert.match((await check(ground, 7)).detail, 'has no proof of work');
        writeFileSync(file, header);
        assert.is((await check(ground, 6)).verdict, 'unreachable', 'a file that ends before');
        say(`${esplora.url}/api`);
        assert.is((await check(ground, 0)).verdict, 'holds');
        served = minedHeader(Buffer.alloc(32, 7));
        assert.match((await check(ground, 7)).detail, 'another header');
        for (const name of ['says nothing', 'sends more than anybody reads', 'redirects in a circle']) {
          esplora.instead(HOSTILE[name]);
          assert.is((await check(ground, 6)).verdict, 'unreachable', name);
        }
        const { checks } = await ground.json<Check>(0, 'ledger', 'anchor', 'check', '--offline');
        assert.is(checks[0]?.verdict, 'unchecked');
      } finally {
        await esplora.close();
      }
    }),
  );

  if (REFERENCE) {
    test(
      'writes files that the reference implementation reads, pending and complete',
      withCalendar(async (ground, calendar) => {
        const { anchored } = await add(ground);
        const checkpoint = (anchored[0]?.file ?? '').replace(/json$/, 'checkpoint');
        const pending = referenceReads(`${checkpoint}.ots`, checkpoint) as { attestations: unknown[][] };
        assert.is(pending.attestations[0]?.[1], calendar.url);
        calendar.mine(840_000);
        await ground.json(0, 'ledger', 'anchor', 'upgrade');
        const whole = referenceReads(`${checkpoint}.ots`, checkpoint) as {
          ofFile: boolean;
          same: boolean;
          attestations: unknown[][];
        };
        assert.ok(whole.ofFile && whole.same);
        const ours = [...attestationsOf(parseOts(readFileSync(`${checkpoint}.ots`)))].map(
          ({ message, attestation }) => [
            message.toString('hex'),
            attestation.kind === 'bitcoin'
              ? attestation.height
              : attestation.kind === 'pending' && attestation.uri,
          ],
        );
        assert.equal(ours.sort(), whole.attestations.sort());
        assert.ok(ours.some(([, what]) => what === 840_000));
      }),
    );
  }

  test(
    'finds a chain that was written again, and receipts written again with it',
    withCalendar(async (ground, calendar) => {
      await ground.json(0, 'tag', 'new', 'v1');
      const { anchored } = await add(ground);
      calendar.mine(9);
      await ground.json(0, 'ledger', 'anchor', 'upgrade');
      ground.rewrite();
      const found = await check(ground, 7);
      assert.is(found.verdict, 'contradicted');
      assert.ok(found.anchored !== undefined && found.here !== undefined);
      // whoever holds the key signs a checkpoint of the new chain; the digest in the block is that of the old one
      const { note, size } = await ground.json<{ note: string; size: number }>(0, 'ledger', 'checkpoint');
      editJson(anchored[0]?.file ?? '', (receipt) => Object.assign(receipt, { note, size }));
      const forged = await check(ground, 7);
      assert.is(forged.verdict, 'broken');
      assert.match(forged.detail, 'not of its checkpoint');
    }),
  );

  test(
    'asks no calendar that somebody’s answer names, but those that are known',
    withCalendar(async (ground, calendar) => {
      const trap = await serve((_, response) => void response.writeHead(404).end());
      try {
        calendar.instead(({ method }, response) => {
          if (method === 'POST') response.end(pendingAttestation(trap.url));
          else response.writeHead(404).end();
        });
        await add(ground);
        const run = await ground.bit('ledger', 'anchor', 'upgrade');
        assert.is(run.code, 6);
        assert.match(run.stderr, 'no calendar that is known');
        assert.is(trap.asked.length, 0);
        ground.anchors({ ots: { driver: 'opentimestamps', url: calendar.url, calendars: [trap.url] } });
        await ground.json(0, 'ledger', 'anchor', 'upgrade');
        assert.is(trap.asked.length, 1);
      } finally {
        await trap.close();
      }
    }),
  );

  test(
    'takes what one of several calendars gives, and says which did not',
    withCalendar(async (ground, calendar) => {
      const second = await serveCalendar();
      const gone = await serveCalendar();
      await gone.close();
      try {
        const url = [calendar.url, gone.url, second.url];
        ground.anchors({ ots: { driver: 'opentimestamps', url, timeout: 1 } });
        const { anchored } = await add(ground);
        const said = anchored[0]?.said ?? '';
        for (const { url: one } of [calendar, second]) assert.match(said, one);
        assert.match(said, `${gone.url}/: connect ECONNREFUSED`);
        second.mine(5);
        await ground.json(0, 'ledger', 'anchor', 'upgrade');
        assert.match((await check(ground, 0)).detail, 'complete (Bitcoin block 5)');
      } finally {
        await second.close();
      }
    }),
  );

  test(
    'has no receipt believed that holds another proof or none',
    withCalendar(async (ground) => {
      const { anchored } = await add(ground);
      const file = anchored[0]?.file ?? '';
      const good = JSON.parse(readFileSync(file, 'utf8')) as { proof: { ots: string } };
      const bytes = Buffer.from(good.proof.ots, 'base64');
      const unknown = formatOts({
        message: bytes.subarray(33, 65),
        attestations: [{ kind: 'unknown', tag: '0011223344556677', payload: Buffer.alloc(3) }],
        branches: [],
      });
      for (const ots of ['', '!', bytes.subarray(0, -1), Buffer.alloc(OTS_LIMIT + 1), unknown]) {
        const text = typeof ots === 'string' ? ots : ots.toString('base64');
        editJson(file, (receipt) => Object.assign(receipt, { proof: { ots: text } }));
        assert.is((await check(ground, 7)).verdict, 'broken');
      }
      rmSync(file);
      assert.is((await check(ground, 1)).verdict, 'missing');
    }),
  );
});

const leaf = fc.oneof(
  fc.nat(5_000_000).map((height) => ({ kind: 'bitcoin', height }) as const),
  fc.webUrl({ withQueryParameters: false, validSchemes: ['https'] }).map((url) => {
    return { kind: 'pending', uri: url.replaceAll(/[^A-Za-z0-9._/:-]/g, '').slice(0, 100) } as const;
  }),
);
const operation = fc.oneof(
  fc.constantFrom(0x02, 0x03, 0x08, 0xf2, 0xf3).map((tag) => ({ tag, argument: undefined })),
  fc
    .tuple(fc.constantFrom(0xf0, 0xf1), fc.uint8Array({ minLength: 1, maxLength: 40 }))
    .map(([tag, argument]) => {
      return { tag, argument: Buffer.from(argument) };
    }),
);
interface Shape {
  readonly attestations: Timestamp['attestations'];
  readonly branches: readonly {
    readonly operation: Timestamp['branches'][number]['operation'];
    readonly next: Shape;
  }[];
}
const { shape } = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.array(leaf, { minLength: 1, maxLength: 3 }).map((attestations) => ({ attestations, branches: [] })),
    fc
      .tuple(
        fc.array(leaf, { maxLength: 2 }),
        fc.array(fc.tuple(operation, tie('shape')), { minLength: 1, maxLength: 3 }),
      )
      .map(([attestations, branches]) => ({
        attestations,
        branches: branches.map(([op, next]) => ({ operation: op, next })),
      })),
  ),
}));

/** Bytes of a shape, whatever its messages: the format holds none of them. */
function bytesOf(given: Shape): Buffer {
  const whole = (part: Shape): Timestamp => ({
    message: Buffer.alloc(0),
    attestations: part.attestations,
    branches: part.branches.map((branch) => ({ operation: branch.operation, next: whole(branch.next) })),
  });
  return formatTimestamp(whole(given));
}

suite('the form of OpenTimestamps proofs', (test) => {
  const message = Buffer.alloc(32, 1);
  const refused = (bytes: Uint8Array, read: (bytes: Uint8Array) => unknown): boolean => {
    try {
      read(bytes);
      return false;
    } catch (error) {
      assert.instance(error, BitError);
      return true;
    }
  };

  test('what is written is what is read, and merged with itself nothing new', () => {
    fc.assert(
      fc.property(shape, (given) => {
        const bytes = bytesOf(given);
        const read = parseTimestamp(bytes, message);
        const merged = mergeTimestamps(read, read);
        const once = formatTimestamp(merged);
        assert.equal(formatTimestamp(parseTimestamp(once, message)), once);
        assert.equal(formatTimestamp(mergeTimestamps(merged, read)), once);
      }),
      { numRuns: 300 },
    );
  });

  test('any bytes are read or refused, in bounded time', () => {
    const started = processorTime();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        refused(bytes, (given) => parseTimestamp(given, message));
        refused(bytes, parseOts);
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(shape, fc.nat(), fc.integer({ min: 1, max: 255 }), (given, at, by) => {
        const bytes = formatOts(parseTimestamp(bytesOf(given), message));
        const changed = Buffer.from(bytes);
        changed[at % bytes.length] = (changed[at % bytes.length] ?? 0) ^ by;
        refused(changed, parseOts);
        assert.ok(refused(bytes.subarray(0, at % bytes.length), parseOts), 'a part of it');
      }),
      { numRuns: 2000 },
    );
    assert.ok(processorTime() - started < 10_000);
  });

  test('the worst there is takes no longer than a moment', () => {
    const started = processorTime();
    const grow = Buffer.concat(Array.from({ length: 7 }, () => Buffer.of(0xf3)));
    const wide = Buffer.concat([
      grow,
      ...Array.from({ length: 4000 }, () => Buffer.concat([Buffer.of(0xff, 0xf2), bitcoinAttestation(1)])),
      bitcoinAttestation(1),
    ]);
    refused(wide, (bytes) => parseTimestamp(bytes, message));
    assert.ok(refused(Buffer.alloc(OTS_LIMIT, 0x08), (bytes) => parseTimestamp(bytes, message)));
    assert.ok(refused(Buffer.alloc(OTS_LIMIT, 0xff), (bytes) => parseTimestamp(bytes, message)));
    assert.ok(refused(Buffer.alloc(OTS_LIMIT, 0xf0), (bytes) => parseTimestamp(bytes, message)));
    assert.ok(processorTime() - started < 2000);
  });

  if (REFERENCE) {
    test('the reference implementation reads what is read here the same, and refuses what is refused', () =>
      onGround(async (ground) => {
        const cases = fc.sample(
          fc.tuple(shape, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([given, at, by]) => {
            // the reference keeps one of two branches with the same operation
            const read = parseTimestamp(bytesOf(given), message);
            const bytes = formatOts(mergeTimestamps(read, read));
            const changed = Buffer.from(bytes);
            // beyond the head, so that the content is what differs
            if (by % 2 === 0 && bytes.length > 66) changed[65 + (at % (bytes.length - 65))] = by;
            return changed.toString('hex');
          }),
          { numRuns: 300, seed: 11 },
        );
        const file = join(ground.root, 'cases');
        writeFileSync(file, cases.join('\n'));
        const script = `
import sys, json
from opentimestamps.core.timestamp import DetachedTimestampFile
from opentimestamps.core.serialize import BytesDeserializationContext
from opentimestamps.core.notary import PendingAttestation, BitcoinBlockHeaderAttestation
for line in open(sys.argv[1]):
  try:
    d = DetachedTimestampFile.deserialize(BytesDeserializationContext(bytes.fromhex(line.strip())))
    print(json.dumps(sorted(set(m.hex() + ' ' + str(a.uri if isinstance(a, PendingAttestation) else a.height if isinstance(a, BitcoinBlockHeaderAttestation) else '?') for m, a in d.timestamp.all_attestations()))))
  except Exception as e: print('null')
`;
        const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-W', 'ignore', '-c', script, file], {
          encoding: 'utf8',
        });
        const theirs = stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as string[] | null);
        assert.is(theirs.length, cases.length, stderr);
        const different: string[] = [];
        for (const [at, hex] of cases.entries()) {
          let ours: string[] | null = null;
          try {
            const all = [...attestationsOf(parseOts(Buffer.from(hex, 'hex')))].map(
              ({ message: of, attestation }) => {
                const { kind } = attestation;
                const what =
                  kind === 'pending' ? attestation.uri : kind === 'bitcoin' ? attestation.height : '?';
                return `${of.toString('hex')} ${what}`;
              },
            );
            ours = [...new Set(all)].sort();
          } catch (error) {
            assert.instance(error, BitError);
          }
          if (JSON.stringify(ours) !== JSON.stringify(theirs[at]))
            different.push(`${hex}\n${ours}\n${theirs[at]}`);
        }
        assert.equal(different, []);
        assert.ok(theirs.some((read) => read === null) && theirs.some((read) => read !== null));
      }));
  }
});
