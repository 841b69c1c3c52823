import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { BitError } from '../../src/kernel/errors.ts';
import { ulid } from '../../src/kernel/ids.ts';
import { parseEntry } from '../../src/ledger/entry.ts';
import { type Entry, explainFault, openLedgerReader, type VerifyReport } from '../../src/ledger/index.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';
import { draft, inTemporary, tamper, testLedger, testSigner } from './fixture.ts';

/** A ledger of an intent, its outcome and three notes, closed so that everything is in the one file. */
async function fill(directory: string): Promise<void> {
  const ledger = testLedger(directory);
  const op = ulid(Date.now());
  await ledger.append([draft('intent', { op }), draft('outcome', { op })]);
  await ledger.append([draft('note'), draft('note', { event: 'REFS_MOVED' }), draft('note')]);
  ledger.close();
  tamper(directory, (database) => database.pragma('wal_checkpoint(TRUNCATE)'));
}

function verify(directory: string): VerifyReport {
  return openLedgerReader({ directory }).verify();
}

/** What verification says of an UPDATE made behind the ledger's back. */
async function after(sql: string, ...values: unknown[]): Promise<string | undefined> {
  return inTemporary(async (directory) => {
    await fill(directory);
    tamper(directory, (database) => database.prepare(sql).run(...values));
    const report = verify(directory);
    const [fault] = report.faults;
    assert.is(report.ok, fault === undefined);
    if (fault !== undefined) assert.match(explainFault(fault), `entry ${fault.seq}, field ${fault.field}`);
    return fault === undefined ? undefined : `${fault.seq} ${fault.field}`;
  });
}

const replaced = (from: string, to: string): string =>
  `UPDATE entries SET entry = replace(entry, '${from}', '${to}') WHERE seq = 2`;

suite('ledger damage', (test) => {
  test('names the column that was changed', async () => {
    assert.is(await after('UPDATE entries SET entry_sha256 = zeroblob(32) WHERE seq = 2'), '2 entry_sha256');
    assert.is(await after("UPDATE entries SET entry_sha256 = x'00' WHERE seq = 2"), '2 entry_sha256');
    assert.is(await after('UPDATE entries SET signature = zeroblob(64) WHERE seq = 2'), '2 signature');
    assert.is(await after("UPDATE entries SET signature = x'' WHERE seq = 2"), '2 signature');
    assert.is(await after('UPDATE entries SET nonce = zeroblob(32) WHERE seq = 2'), '2 payload');
    assert.is(await after('UPDATE entries SET nonce = NULL WHERE seq = 2'), '2 nonce');
    assert.is(await after('UPDATE entries SET payload = NULL WHERE seq = 2'), '2 payload');
    assert.is(
      await after(`UPDATE entries SET payload = replace(payload, 'true', 'null') WHERE seq = 2`),
      '2 payload',
    );
    assert.is(await after(`UPDATE entries SET payload = payload || ' ' WHERE seq = 2`), '2 payload');
  });

  test('names the field of the entry that was changed as far as it can be told', async () => {
    assert.is(await after(replaced('"seq":2', '"seq":7')), '2 seq');
    assert.is(await after(replaced('"lamport":3', '"lamport":2')), '2 lamport');
    assert.is(await after(replaced('"lamport":3', '"lamport":4')), '2 entry');
    assert.is(await after(replaced('"prev_sha256":"', '"prev_sha256":"0')), '2 prev_sha256');
    assert.is(await after(replaced('"v":1', '"v":2')), '2 v');
    assert.is(await after(replaced('"ts":"2', '"ts":"x')), '2 ts');
    assert.is(await after(replaced('"ts":"20', '"ts":"21')), '2 entry');
    assert.is(await after(replaced('"event":"COMMIT"', '"event":"MERGES"')), '2 entry');
    assert.is(await after(replaced('"event":"COMMIT"', '"event":"commit"')), '2 event');
    assert.is(await after(replaced('"phase":"note"', '"phase":"denied"')), '2 entry');
    assert.is(await after(replaced('"phase":"note"', '"phase":"votes"')), '2 phase');
    assert.is(await after(replaced('"as":"Ada', '"as":"Eve')), '2 entry');
    assert.is(await after(replaced('"parent":null', '"parent":""')), '2 parent');
    assert.is(await after(replaced('"actor":"ed25519:', '"actor":"ed25518:')), '2 actor');
    assert.is(await after(replaced('"op":"01', '"op":"00')), '2 entry');
    assert.is(await after(replaced('"op":"0', '"op":"_')), '2 op');
    assert.is(
      await after(
        `UPDATE entries SET entry = json_set(entry, '$.payload_sha256', '${'0'.repeat(64)}') WHERE seq = 2`,
      ),
      '2 payload_sha256',
    );
    assert.is(await after(replaced('{"actor"', '{ "actor"')), '2 entry');
    assert.is(await after(replaced('"v":1', '"v":1,"w":1')), '2 entry');
  });

  test('finds removed, repeated and reordered entries', async () => {
    assert.is(await after('DELETE FROM entries WHERE seq = 1'), '1 seq');
    assert.is(await after('DELETE FROM entries WHERE seq = 0'), '0 seq');
    assert.is(await after('DELETE FROM entries'), '0 seq');
    assert.is(await after('UPDATE entries SET id = 100 WHERE seq = 2'), '2 seq');
    assert.is(await after('INSERT INTO open_ops SELECT op, chain FROM entries WHERE seq = 2'), '4 open_ops');
  });

  test('finds a payload that is gone without an entry that says so', async () => {
    assert.is(await after('UPDATE entries SET nonce = NULL, payload = NULL WHERE seq = 2'), '2 withheld');
  });

  test('finds signed entries that break the rules of phases', () =>
    inTemporary(async (directory) => {
      const ledger = testLedger(directory);
      const op = ulid(Date.now());
      await ledger.append([draft('intent', { op }), draft('outcome', { op })]);
      ledger.close();
      // The entries themselves are removed from the index the writer asks, so that it signs what it must not.
      tamper(directory, (database) =>
        database.exec('INSERT INTO open_ops SELECT op, chain FROM entries WHERE seq = 0'),
      );
      const deceived = testLedger(directory);
      await deceived.append([draft('outcome', { op })]);
      const [fault] = deceived.verify().faults;
      assert.equal([fault?.seq, fault?.field], [2, 'phase']);
    }));

  test('an untrusted signer is a fault of its entry', () =>
    inTemporary(async (directory) => {
      await testLedger(directory).append([draft('note')]);
      await testLedger(directory, testSigner(9)).append([draft('note')]);
      const report = testLedger(directory).verify({ trust: { own: [testSigner().publicKey], signers: [] } });
      assert.equal(
        report.faults.map(({ seq, field }) => [seq, field]),
        [[1, 'actor']],
      );
    }));

  test('a fork whose parent has another head is found', () =>
    inTemporary(async (directory) => {
      await fill(directory);
      tamper(directory, (database) => database.exec("UPDATE chains SET inode = '0'"));
      await testLedger(directory).append([draft('note')]);
      assert.ok(verify(directory).ok);
      tamper(directory, (database) => database.exec('DELETE FROM entries WHERE seq = 4'));
      assert.equal(
        verify(directory).faults.map(({ field }) => field),
        ['parent_head'],
      );
    }));

  test('an entry that cannot be read is an integrity error for readers, never a crash', () =>
    inTemporary(async (directory) => {
      await fill(directory);
      tamper(directory, (database) => database.exec(replaced('"v":1', '"v":[1]')));
      assert.throws(
        () => [...openLedgerReader({ directory }).entries()],
        (error: unknown) => error instanceof BitError && error.code === 'integrity',
      );
    }));

  test('bytes flipped anywhere in the file are a named fault, an integrity error, or not part of what is kept', () =>
    inTemporary(async (directory) => {
      await fill(directory);
      const path = join(directory, 'ledger.db');
      const intact = readFileSync(path);
      const before = [...openLedgerReader({ directory }).entries()];
      let found = 0;
      fc.assert(
        fc.property(fc.nat(intact.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
          const bytes = Buffer.from(intact);
          bytes[at] = (bytes[at] ?? 0) ^ mask;
          writeFileSync(path, bytes);
          const reader = openLedgerReader({ directory });
          try {
            const report = reader.verify();
            if (!report.ok) found += 1;
            else if (report.entries > 0) assert.equal(rowsOf(directory), before);
          } catch (error) {
            if (!(error instanceof BitError)) throw error;
            assert.ok(['integrity', 'unsupported', 'io'].includes(error.code), error.code);
            found += 1;
          }
        }),
        { numRuns: 400 },
      );
      assert.ok(found > 50, `${found} of 400 flips were noticed`);
    }));

  test('an index that lost, moved or renamed an entry is a fault, even where every entry is whole', () =>
    inTemporary(async (directory) => {
      const ledger = testLedger(directory);
      const [op, child] = [ulid(Date.now()), ulid(Date.now())];
      await ledger.append([draft('intent', { op })]);
      await ledger.append([
        draft('intent', { op: child, parent: op }),
        draft('outcome', { op: child, parent: op }),
      ]);
      await ledger.append([draft('outcome', { op }), draft('note', { parent: op })]);
      ledger.close();
      // Without what was removed, whose bytes are still in the file otherwise.
      tamper(directory, (database) => database.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)'));
      const path = join(directory, 'ledger.db');
      const intact = readFileSync(path);
      const chain = rowsOf(directory)[0]?.chain ?? '';
      const seen = new Map<string, number>();
      for (const text of [chain, op, child]) {
        for (let at = intact.indexOf(text); at >= 0; at = intact.indexOf(text, at + 1)) {
          if (intact[at - 1] === 0x22) continue;
          for (const offset of [0, text.length - 1]) {
            const bytes = Buffer.from(intact);
            bytes[at + offset] = (bytes[at + offset] ?? 0) ^ 1;
            writeFileSync(path, bytes);
            const field = faultOf(directory);
            assert.ok(field !== undefined, `${text} at ${at + offset}`);
            seen.set(field, (seen.get(field) ?? 0) + 1);
          }
        }
      }
      assert.ok((seen.get('index') ?? 0) > 10, JSON.stringify([...seen]));
    }));

  test('no stored text makes the parser throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.json(), fc.string()), (stored) => {
        assert.ok('misfit' in parseEntry(stored));
      }),
      { numRuns: 2_000 },
    );
    assert.ok('misfit' in parseEntry('['.repeat(1_000_000)));
  });
});

/** The field of the first fault, or the code of the error that kept it from being looked for. */
function faultOf(directory: string): string | undefined {
  try {
    return verify(directory).faults[0]?.field;
  } catch (error) {
    if (error instanceof BitError) return error.code;
    throw error;
  }
}

function rowsOf(directory: string): Entry[] {
  return [...openLedgerReader({ directory }).entries()];
}
