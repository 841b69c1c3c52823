/** How entries are found: merged from chains, by their digest, in ledgers of an older program. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { isBitError } from '../../src/kernel/errors.ts';
import { type Entry, type EntryFilter, openLedgerReader, shownFault } from '../../src/ledger/index.ts';
import { suite } from '../suite.ts';
import { draft, inTemporary, tamper, testLedger } from './fixture.ts';

const EVENTS = ['COMMIT', 'PUSH', 'MERGE'];

/** A ledger of several chains: each copy goes on as a chain of its own, and `counts` says how many entries. */
async function ledgerOfChains(root: string, counts: readonly number[]): Promise<string> {
  let directory = join(root, '0');
  for (const [i, count] of counts.entries()) {
    const next = join(root, String(i));
    if (i > 0) cpSync(directory, next, { recursive: true });
    directory = next;
    const ledger = testLedger(directory);
    const drafts = Array.from({ length: count }, (_, at) =>
      draft('note', { event: EVENTS[at % EVENTS.length] ?? '' }),
    );
    await ledger.append(drafts);
    ledger.close();
  }
  return directory;
}

const place = ({ lamport, chain, seq }: Entry): string =>
  `${String(lamport).padStart(9, '0')} ${chain} ${String(seq).padStart(9, '0')}`;

/** The file as version 2 had it, which no program writes any more. */
function asVersion2(directory: string): void {
  tamper(directory, (database) =>
    database.exec(`DROP TABLE digests; DELETE FROM state WHERE name = 'digests_until';
      CREATE INDEX entries_order ON entries (lamport, chain, seq);
      CREATE INDEX entries_digest ON entries (entry_sha256);
      PRAGMA user_version = 2`),
  );
}

function versionOf(directory: string): unknown {
  let version: unknown;
  tamper(directory, (database) => {
    version = database.pragma('user_version');
  });
  return version;
}

suite('the order of entries', (test) => {
  test('chains are merged by Lamport time, either way, whatever narrows them', () =>
    inTemporary(async (root) => {
      const directory = await ledgerOfChains(root, [300, 3, 70, 1, 260]);
      const reader = openLedgerReader({ directory });
      const all = [...reader.entries()];
      assert.is(all.length, 300 + 3 + 70 + 1 + 260 + 4);
      assert.equal(all.map(place), all.map(place).sort());
      const filters: EntryFilter[] = [
        {},
        { event: 'PUSH' },
        { chain: all[0]?.chain ?? '' },
        { phase: 'note', since: all[100]?.ts ?? '' },
        { op: all[7]?.op ?? '' },
      ];
      for (const filter of filters) {
        const found = [...reader.entries(filter)].map(place);
        assert.ok(found.length > 0);
        const backwards = [...reader.entries({ ...filter, newestFirst: true })].map(place);
        assert.equal(backwards.toReversed(), found);
        assert.equal([...reader.entries({ ...filter, limit: 5 })].map(place), found.slice(0, 5));
        assert.equal(
          [...reader.entries({ ...filter, limit: 5, newestFirst: true })].map(place),
          backwards.slice(0, 5),
        );
      }
      assert.equal([...reader.entries({ limit: 0 })], []);
    }));

  test('chains that tie in Lamport time come in the order of their names', () =>
    inTemporary(async (root) => {
      const first = await ledgerOfChains(root, [2]);
      const other = join(root, 'other');
      cpSync(first, other, { recursive: true });
      const [mine, theirs] = [testLedger(first), testLedger(other)];
      await mine.append([draft('note'), draft('note')]);
      await theirs.append([draft('note')]);
      const chain = theirs.chain() ?? '';
      const shown = [...theirs.entries({ chain })].map(
        ({ entry_sha256: _, signature, payload, ...fields }) => {
          const nonce = theirs.sealed(chain, fields.seq)?.nonce.toString('base64') ?? '';
          const read = shownFault({ entry: { ...fields }, signature, nonce, payload: payload ?? {} });
          if (typeof read === 'string') throw new Error(read);
          return read;
        },
      );
      mine.receive(chain, 0, shown);
      const all = [...mine.entries()];
      assert.is(new Set(all.map((entry) => entry.lamport)).size < all.length, true, 'some tie');
      assert.equal(all.map(place), all.map(place).sort());
      assert.ok(mine.verify().ok);
    }));

  test('an entry is found by the beginning of its digest wherever it stands', () =>
    inTemporary(async (root) => {
      const directory = await ledgerOfChains(root, [600, 900, 40]);
      const ledger = testLedger(directory);
      const all = [...ledger.entries()];
      for (const { entry_sha256: digest, seq, chain } of all.filter((_, at) => at % 7 === 0)) {
        for (const length of [16, 40, 64]) {
          const found = ledger.entry(digest.slice(0, length));
          assert.equal([found?.seq, found?.chain], [seq, chain]);
        }
      }
      assert.is(ledger.entry('f'.repeat(64)), undefined);
      const starts = all.map(({ entry_sha256 }) => entry_sha256.slice(0, 4));
      const twice = starts.find((start, at) => starts.indexOf(start) !== at) ?? '';
      assert.ok(twice !== '', 'of 1,500 digests two begin the same');
      assert.throws(
        () => ledger.entry(twice),
        (error: unknown) => isBitError(error, 'usage'),
      );
    }));

  test('where the list of digests was emptied or made to lie, entries are found nevertheless', () =>
    inTemporary(async (root) => {
      const directory = await ledgerOfChains(root, [1100]);
      const [first] = openLedgerReader({ directory }).entries();
      const prefix = first?.entry_sha256.slice(0, 20) ?? '';
      for (const change of [
        'UPDATE digests SET id = id + 1 WHERE id = 1',
        'DELETE FROM digests',
        "UPDATE state SET value = 'nonsense' WHERE name = 'digests_until'",
      ]) {
        tamper(directory, (database) => database.exec(change));
        assert.is(openLedgerReader({ directory }).entry(prefix)?.seq, 0);
      }
    }));

  test('a ledger of the version before is read as it is, and brought up to date when it is written to', () =>
    inTemporary(async (root) => {
      const directory = await ledgerOfChains(root, [30, 5]);
      const before = [...openLedgerReader({ directory }).entries()];
      asVersion2(directory);
      const reader = openLedgerReader({ directory });
      assert.equal([...reader.entries()], before);
      assert.is(reader.entry(before[3]?.entry_sha256 ?? '')?.seq, 3);
      assert.ok(reader.verify().ok);
      assert.equal(versionOf(directory), [{ user_version: 2 }], 'a reader changes nothing');
      const ledger = testLedger(directory);
      await ledger.append([draft('note')]);
      assert.is(ledger.head()?.seq, 6, 'the chain goes on');
      assert.ok(ledger.verify().ok);
      assert.is(ledger.entry(before[3]?.entry_sha256 ?? '')?.seq, 3);
      ledger.close();
      assert.equal(versionOf(directory), [{ user_version: 3 }]);
    }));
});
