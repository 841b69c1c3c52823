import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { isBitError } from '../../src/kernel/errors.ts';
import { ulid } from '../../src/kernel/ids.ts';
import { canonicalJson, type JsonObject } from '../../src/kernel/json.ts';
import { entryText } from '../../src/ledger/entry.ts';
import { type Entry, type EntryFields, openLedger, openLedgerReader } from '../../src/ledger/index.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';
import { draft, inTemporary, testLedger, testSigner } from './fixture.ts';

async function refusal(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  return undefined;
}

const withoutPayload = (entry: Entry): string => canonicalJson({ ...entry, payload: null });

suite('ledger', (test) => {
  test('returns entries as written and reads the same back in another reader', () =>
    inTemporary(async (directory) => {
      const ledger = testLedger(directory);
      const op = ulid(Date.now());
      const [intent] = (await ledger.append([draft('intent', { op, payload: { b: 1, a: 'é\u2028' } })]))
        .entries;
      const {
        entries: [outcome, note],
      } = await ledger.append([draft('outcome', { op }), draft('note', { event: 'REFS_MOVED' })]);
      const read = [...openLedgerReader({ directory }).entries()];
      assert.equal(
        read.map(withoutPayload),
        [intent, outcome, note].map((entry) => withoutPayload(entry as Entry)),
      );
      assert.equal(read[0]?.payload, { a: 'é\u2028', b: 1 });
      assert.equal(
        read.map((entry) => [entry.seq, entry.lamport]),
        [
          [0, 1],
          [1, 2],
          [2, 3],
        ],
      );
      assert.is(ledger.head()?.entry_sha256, note?.entry_sha256);
      assert.is(ledger.entry((outcome as Entry).entry_sha256.slice(0, 9))?.seq, 1);
      assert.is(ledger.entry('0000000000'), undefined);
      const report = ledger.verify({ trust: { own: [testSigner().publicKey], signers: [] } });
      assert.equal(report.faults, []);
      assert.is(report.entries, 3);
    }));

  test('filters by every field, pages past 256 entries and walks both ways', () =>
    inTemporary(async (directory) => {
      const ledger = testLedger(directory);
      const drafts = Array.from({ length: 600 }, (_, i) =>
        draft('note', { event: i % 2 === 0 ? 'EVEN' : 'ODD' }),
      );
      await ledger.append(drafts);
      const seqs = (filter: Parameters<typeof ledger.entries>[0]): number[] =>
        [...ledger.entries(filter)].map((entry) => entry.seq);
      assert.is(seqs({}).length, 600);
      assert.equal(
        seqs({ newestFirst: true, limit: 300 }),
        Array.from({ length: 300 }, (_, i) => 599 - i),
      );
      assert.is(seqs({ event: 'ODD' }).length, 300);
      assert.is(seqs({ phase: 'intent' }).length, 0);
      assert.equal(seqs({ op: drafts[17]?.op ?? '' }), [17]);
      assert.is(seqs({ actor: testSigner().publicKey, as: 'Ada <ada@example.org>', limit: 5 }).length, 5);
      assert.is(seqs({ since: '2001-01-01T00:00:00Z', until: '2001-01-02T00:00:00Z' }).length, 0);
      assert.is(seqs({ since: '2001-01-01T00:00:00+02:00' }).length, 600);
      assert.ok(isBitError(await refusal(() => seqs({ since: 'yesterday-ish' })), 'usage'));
      assert.ok(isBitError(await refusal(() => ledger.entry('xyz')), 'usage'));
    }));

  test('entries and digests are what an independent reading of the format computes', () =>
    inTemporary(async (directory) => {
      const ledger = testLedger(directory);
      const payloads = fc.sample(
        fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()),
        40,
      ) as JsonObject[];
      let prev = '0'.repeat(64);
      for (const payload of payloads) {
        const [entry] = (await ledger.append([draft('note', { payload })])).entries;
        const { entry_sha256, signature: _, payload: __, ...fields } = entry as Entry;
        assert.is(hash('sha256', canonicalJson(fields as unknown as JsonObject)), entry_sha256);
        assert.is(entry?.prev_sha256, prev);
        prev = entry_sha256;
      }
      assert.ok(ledger.verify().ok);
    }));

  test('the written-out canonical form is that of RFC 8785 for any text', () => {
    const texts = fc.string({ unit: 'grapheme' });
    const fields = fc.record({
      v: fc.constant(1 as const),
      seq: fc.maxSafeNat(),
      lamport: fc.maxSafeNat(),
      ts: texts,
      chain: texts,
      actor: texts,
      as: fc.option(texts),
      event: texts,
      phase: fc.constant('note' as const),
      op: texts,
      parent: fc.option(texts),
      payload_sha256: texts,
      prev_sha256: texts,
    });
    fc.assert(
      fc.property(
        fields,
        (value: EntryFields) => entryText(value) === canonicalJson(value as unknown as JsonObject),
      ),
    );
  });

  test('a guard that throws cancels the append, and nothing of it stays', () =>
    inTemporary(async (directory) => {
      const ledger = testLedger(directory);
      await ledger.append([draft('note')]);
      const failed = await refusal(() =>
        ledger.append(
          [draft('intent')],
          (reader) => {
            assert.is(reader.head()?.seq, 0);
            throw new Error('claimed by another');
          },
          { state: { seen: 'x' } },
        ),
      );
      assert.match(String(failed), 'claimed by another');
      assert.is(ledger.head()?.seq, 0);
      assert.is(ledger.readState('seen'), undefined);
      assert.equal(readdirSync(join(directory, 'open')), ['boot']);
    }));

  test('all drafts of an append are written or none', () =>
    inTemporary(async (directory) => {
      const ledger = testLedger(directory);
      const failed = await refusal(() =>
        ledger.append([draft('note'), { ...draft('note'), event: 'lower case' }]),
      );
      assert.match(String(failed), /event/);
      assert.is(ledger.head(), undefined);
    }));

  test('state is kept with an append and by itself', () =>
    inTemporary(async (directory) => {
      const ledger = testLedger(directory);
      assert.is(ledger.readState('refs'), undefined);
      assert.not(existsSync(join(directory, 'ledger.db')));
      await ledger.append([draft('note')], undefined, { state: { refs: 'one' } });
      assert.is(testLedger(directory).readState('refs'), 'one');
      ledger.writeState('refs', 'two');
      assert.is(ledger.readState('refs'), 'two');
    }));

  test('an outcome closes exactly one open intent', () =>
    inTemporary(async (directory) => {
      const ledger = testLedger(directory);
      const op = ulid(Date.now());
      assert.match(String(await refusal(() => ledger.append([draft('outcome', { op })]))), /no intent/);
      await ledger.append([draft('intent', { op })]);
      assert.equal(
        ledger.openIntents().map((entry) => entry.op),
        [op],
      );
      assert.match(
        String(await refusal(() => ledger.append([draft('intent', { op })]))),
        /already has an intent/,
      );
      await ledger.append([draft('outcome', { op })]);
      assert.equal(ledger.openIntents(), []);
      assert.ok(isBitError(await refusal(() => ledger.append([draft('outcome', { op })])), 'changed'));
      assert.ok(ledger.verify().ok);
    }));

  test('reading where there is no ledger is empty and creates nothing', () =>
    inTemporary((directory) => {
      const reader = openLedgerReader({ directory: join(directory, 'none') });
      assert.is(reader.chain(), undefined);
      assert.is(reader.head(), undefined);
      assert.equal([...reader.entries()], []);
      assert.equal(reader.openIntents(), []);
      assert.ok(reader.verify().ok);
      assert.equal(readdirSync(directory), []);
    }));

  test('a reader opened before the first entry sees it', () =>
    inTemporary(async (directory) => {
      const reader = openLedgerReader({ directory });
      assert.is(reader.head(), undefined);
      await testLedger(directory).append([draft('note')]);
      assert.is(reader.head()?.seq, 0);
    }));

  test('the signer is asked once, and only by an append', () =>
    inTemporary(async (directory) => {
      let asked = 0;
      const signer = async () => {
        asked += 1;
        return testSigner();
      };
      const ledger = openLedger({ directory, signer, clock: () => new Date() });
      ledger.head();
      assert.is(asked, 0);
      await ledger.append([draft('note')]);
      await ledger.append([draft('note')]);
      assert.is(asked, 1);
    }));

  test('a copy goes on as a new chain that names its parent; a renamed directory goes on as it is', () =>
    inTemporary(async (root) => {
      const original = join(root, 'original');
      const { entries: written } = await testLedger(original).append([draft('note'), draft('note')]);
      const copy = join(root, 'copy');
      cpSync(original, copy, { recursive: true });
      assert.is(openLedgerReader({ directory: copy }).chain(), undefined);
      const ledger = testLedger(copy);
      const { forked: fork, entries } = await ledger.append([draft('note')]);
      const [note] = entries;
      assert.is(entries.length, 1);
      assert.is((await ledger.append([draft('note')])).forked, undefined);
      assert.is(fork?.event, 'CHAIN_FORKED');
      assert.equal(fork?.payload, {
        parent_chain: written[0]?.chain,
        parent_head: written[1]?.entry_sha256,
        parent_seq: 1,
      });
      assert.is(note?.seq, 1);
      assert.is.not(note?.chain, written[0]?.chain);
      assert.equal(
        ledger.verify().chains.map((chain) => chain.entries),
        [2, 3],
      );
      assert.ok(ledger.verify().ok);
      const renamed = join(root, 'renamed');
      renameSync(original, renamed);
      const [next] = (await testLedger(renamed).append([draft('note')])).entries;
      assert.is(next?.chain, written[0]?.chain);
      assert.is(next?.seq, 2);
    }));

  test('a copy of a copy, and a copy put over its original, never write into a chain of another file', () =>
    inTemporary(async (root) => {
      const [a, b] = [join(root, 'a'), join(root, 'b')];
      const first = testLedger(a);
      await first.append([draft('note')]);
      first.close();
      cpSync(a, b, { recursive: true });
      const ledger = testLedger(b);
      await ledger.append([draft('note')]);
      ledger.close();
      // Same inode and birth time as a's chain was begun with, but b's chain is the newest in it.
      for (const name of ['ledger.db', 'ledger.db-wal']) {
        const source = join(b, name);
        if (existsSync(source)) execFileSync('cp', [source, join(a, name)]);
      }
      const { forked: fork } = await testLedger(a).append([draft('note')]);
      assert.is(fork?.event, 'CHAIN_FORKED');
      assert.is(fork?.payload?.parent_chain, ledger.chain());
      assert.ok(openLedgerReader({ directory: a }).verify().ok);
    }));

  test('a copy forgets the markers of operations that ran in its original', () =>
    inTemporary(async (root) => {
      const [a, b] = [join(root, 'a'), join(root, 'b')];
      const op = ulid(Date.now());
      await testLedger(a).append([draft('intent', { op })]);
      cpSync(a, b, { recursive: true });
      const copy = testLedger(b);
      await copy.append([draft('note')]);
      assert.equal(readdirSync(join(b, 'open')), ['boot']);
      assert.equal(copy.openIntents(), []);
      assert.ok(readdirSync(join(a, 'open')).includes(op));
    }));

  test('a ledger replaced under an open one is refused, not written to', () =>
    inTemporary(async (root) => {
      const directory = join(root, 'ledger');
      const ledger = testLedger(directory);
      await ledger.append([draft('note')]);
      renameSync(directory, join(root, 'away'));
      assert.ok(isBitError(await refusal(() => ledger.append([draft('note')])), 'io'));
      mkdirSync(directory);
      await testLedger(directory).append([draft('note')]);
      assert.ok(isBitError(await refusal(() => ledger.append([draft('note')])), 'io'));
    }));

  test('a file that is no ledger is called that, by readers and writers', () =>
    inTemporary(async (directory) => {
      writeFileSync(
        join(directory, 'ledger.db'),
        'not a database, but long enough to have a header of its own\n'.repeat(40),
      );
      assert.ok(isBitError(await refusal(() => testLedger(directory).append([draft('note')])), 'integrity'));
      assert.ok(isBitError(await refusal(() => openLedgerReader({ directory }).head()), 'integrity'));
      assert.ok(statSync(join(directory, 'ledger.db')).size > 1000);
    }));
});
