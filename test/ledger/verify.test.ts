import * as assert from 'uvu/assert';
import { ulid } from '../../src/kernel/ids.ts';
import {
  type EntrySigner,
  explainFault,
  type Ledger,
  openLedgerReader,
  type VerifyOptions,
  type VerifyReport,
} from '../../src/ledger/index.ts';
import { consistencyFault, inclusionFault, leafHash } from '../../src/tlog/index.ts';
import { suite } from '../suite.ts';
import { draft, inTemporary, tamper, testLedger, testSigner } from './fixture.ts';

/** `count` operations whose outcomes come `apart` operations after their intents, and a note each. */
async function fill(ledger: Ledger, count: number, apart: number): Promise<void> {
  const ops = Array.from({ length: count }, (_, i) => ulid(1_700_000_000_000 + i));
  for (let i = 0; i < count + apart; i++) {
    const opened = ops[i];
    const closed = ops[i - apart];
    await ledger.append([
      ...(opened === undefined ? [] : [draft('intent', { op: opened })]),
      ...(closed === undefined ? [] : [draft('outcome', { op: closed })]),
      draft('note'),
    ]);
  }
}

const ROWS = 16;

async function both(directory: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  const reader = openLedgerReader({ directory });
  const alone = reader.verify(options);
  assert.equal(await reader.verifyParallel({ ...options, threads: 2, rows: ROWS }), alone);
  return alone;
}

const OWN = { own: [testSigner().publicKey], signers: [] };

suite('ledger verification on all cores', (test) => {
  test('says what one thread says, of a good ledger and of any damage', () =>
    inTemporary(async (directory) => {
      const ledger = testLedger(directory);
      await fill(ledger, 60, 20);
      ledger.close();
      const report = await both(directory, { trust: OWN });
      assert.ok(report.ok && report.entries === 200);
      const damages: readonly (readonly [string, string, string])[] = [
        ['UPDATE entries SET signature = zeroblob(64) WHERE seq = 90', '90 signature', ''],
        ['UPDATE entries SET payload = payload || 1 WHERE seq = 3', '3 payload', ''],
        ['UPDATE entries SET tree = zeroblob(length(tree)) WHERE seq = 127', '127 tree', ''],
        ["UPDATE entries SET tree = x'' WHERE seq = 63", '63 tree', ''],
        ['UPDATE entries SET entry = replace(entry, \'"v":1\', \'"v":3\') WHERE seq = 100', '100 v', ''],
        ['DELETE FROM entries WHERE seq = 64', '64 seq', ''],
        ['DELETE FROM entries WHERE seq = 63', '63 seq', ''],
        ['UPDATE entries SET id = id + 1000 WHERE seq = 17', '17 seq', ''],
        ['DELETE FROM open_ops', '', ''],
        ['INSERT INTO open_ops SELECT op, chain FROM entries WHERE seq = 5', '199 open_ops', ''],
      ];
      for (const [sql, expected] of damages) {
        tamper(directory, (database) => {
          database.exec('BEGIN');
          database.exec('CREATE TABLE kept AS SELECT * FROM open_ops');
          database.exec(
            'CREATE TABLE saved AS SELECT id, entry, entry_sha256, signature, tree, nonce, payload FROM entries',
          );
          database.exec(sql);
          database.exec('COMMIT');
        });
        const found = await both(directory, { trust: OWN });
        const [fault] = found.faults;
        assert.is(fault === undefined ? '' : `${fault.seq} ${fault.field}`, expected, sql);
        tamper(directory, (database) => {
          database.exec('BEGIN; DELETE FROM entries; DELETE FROM open_ops');
          database.exec(
            'INSERT INTO entries (id, entry, entry_sha256, signature, tree, nonce, payload) SELECT * FROM saved',
          );
          database.exec('INSERT INTO open_ops SELECT * FROM kept; DROP TABLE saved; DROP TABLE kept; COMMIT');
        });
      }
    }));

  test('goes on while others append', () =>
    inTemporary(async (directory) => {
      const ledger = testLedger(directory);
      await fill(ledger, 60, 3);
      const running = openLedgerReader({ directory }).verifyParallel({ threads: 2, rows: ROWS });
      await fill(ledger, 5, 1);
      const report = await running;
      assert.equal(report.faults, []);
      assert.ok(report.entries >= 183);
    }));

  test('is stopped by a signal', () =>
    inTemporary(async (directory) => {
      await fill(testLedger(directory), 60, 3);
      const stopped = AbortSignal.abort();
      const refused = await openLedgerReader({ directory })
        .verifyParallel({ threads: 2, rows: ROWS, signal: stopped })
        .catch((error: unknown) => error);
      assert.is((refused as Error).name, 'AbortError');
    }));
});

function keyOutcome(event: string, result: Record<string, unknown>) {
  const op = ulid(Date.now());
  return [
    draft('intent', { op, event }),
    draft('outcome', { op, event, payload: { ok: true, result: result as never } }),
  ];
}

const by = (directory: string, signer: EntrySigner): Ledger => testLedger(directory, signer);

suite('keys in the ledger', (test) => {
  const first = testSigner(7);
  const second = testSigner(8);
  const third = testSigner(9);
  const rotate = (from: EntrySigner, to: EntrySigner) =>
    keyOutcome('KEY_ROTATE', { before: from.publicKey, public_key: to.publicKey });

  test('a key that a believed one hands over to is believed from there on, and so is the next', () =>
    inTemporary(async (directory) => {
      await by(directory, first).append(rotate(first, second));
      await by(directory, second).append([draft('note'), ...rotate(second, third)]);
      await by(directory, third).append([draft('note')]);
      const report = await both(directory, { trust: OWN });
      assert.equal(report.faults, []);
    }));

  test('a key nobody handed over to is not, nor one that handed over to itself, nor one that signed before', () =>
    inTemporary(async (directory) => {
      await by(directory, first).append([draft('note')]);
      await by(directory, second).append(rotate(first, second));
      await by(directory, second).append(rotate(second, third));
      await by(directory, third).append([draft('note')]);
      const report = await both(directory, { trust: OWN });
      assert.equal(
        report.faults.map(({ seq, field }) => [seq, field]),
        [[1, 'actor']],
      );
      await by(directory, first).append(rotate(first, second));
      assert.is((await both(directory, { trust: OWN })).faults[0]?.seq, 1);
    }));

  test('a revoked key is void after the position it was revoked at, whatever time its entries claim', () =>
    inTemporary(async (directory) => {
      const trust = { own: [first.publicKey, second.publicKey], signers: [] };
      const written = await by(directory, first).append([draft('note'), draft('note')]);
      const chain = written.entries[0]?.chain ?? '';
      const positions = [{ chain, size: 2 }];
      await by(directory, second).append(
        keyOutcome('KEY_REVOKE', { public_key: first.publicKey, positions }),
      );
      assert.equal((await both(directory, { trust })).faults, []);
      await by(directory, first).append([draft('note')]);
      const [fault] = (await both(directory, { trust })).faults;
      assert.equal([fault?.seq, fault?.field], [4, 'revoked']);
      assert.match(fault === undefined ? '' : explainFault(fault), 'void from entry 2 on');
    }));

  test('a revocation by a stranger says nothing', () =>
    inTemporary(async (directory) => {
      const written = await by(directory, first).append([draft('note'), draft('note')]);
      const positions = [{ chain: written.entries[0]?.chain ?? '', size: 0 }];
      await by(directory, second).append(
        keyOutcome('KEY_REVOKE', { public_key: first.publicKey, positions }),
      );
      const report = await both(directory, { trust: OWN });
      assert.equal(
        report.faults.map(({ seq, field }) => [seq, field]),
        [[2, 'actor']],
      );
    }));

  test('the payload of a revocation may not be withheld', () =>
    inTemporary(async (directory) => {
      await by(directory, first).append(
        keyOutcome('KEY_REVOKE', { public_key: second.publicKey, positions: [] }),
      );
      tamper(directory, (database) =>
        database.exec('UPDATE entries SET payload = NULL, nonce = NULL WHERE seq = 1'),
      );
      const [fault] = (await both(directory)).faults;
      assert.equal([fault?.seq, fault?.field], [1, 'payload']);
    }));
});

suite('the tree over a chain', (test) => {
  test('proves every entry, and every size from every earlier one', () =>
    inTemporary(async (directory) => {
      const ledger = testLedger(directory);
      await fill(ledger, 20, 2);
      // Another connection goes on where this one ended.
      await testLedger(directory).append([draft('note'), draft('note')]);
      await ledger.append([draft('note')]);
      const tree = ledger.tree(ledger.chain() ?? '');
      assert.is(tree.size, 65);
      for (let seq = 0; seq < tree.size; seq++) {
        const claim = { index: seq, size: tree.size, leaf: leafHash(tree.leaf(seq)), root: tree.root() };
        assert.is(inclusionFault({ ...claim, proof: tree.inclusion(seq) }), undefined);
      }
      for (let size1 = 1; size1 <= tree.size; size1++) {
        const roots = { root1: tree.root(size1), root2: tree.root() };
        const proof = tree.consistency(size1);
        assert.is(consistencyFault({ size1, size2: tree.size, ...roots, proof }), undefined);
      }
    }));

  test('holds an entry too large for a bundle by its digest', () =>
    inTemporary(async (directory) => {
      const ledger = testLedger(directory);
      const long = { ...draft('note'), as: 'é'.repeat(40_000) };
      const { entries } = await ledger.append([long, { ...long, as: 'x'.repeat(60_000) }]);
      const tree = ledger.tree(ledger.chain() ?? '');
      const [digest, whole] = [0, 1].map((seq) => JSON.parse(tree.leaf(seq).toString()) as object);
      assert.equal(Object.keys(digest ?? {}), ['entry_sha256', 'signature']);
      assert.equal(digest, {
        entry_sha256: entries[0]?.entry_sha256,
        signature: entries[0]?.signature,
      });
      assert.equal(Object.keys(whole ?? {}), ['entry', 'signature']);
      assert.ok(ledger.verify().ok);
    }));

  test('a checkpoint seen earlier is held against the chain', () =>
    inTemporary(async (directory) => {
      const ledger = testLedger(directory);
      await fill(ledger, 10, 1);
      const chain = ledger.chain() ?? '';
      const root = Buffer.from(ledger.tree(chain).root(12));
      assert.equal((await both(directory, { seen: [{ chain, size: 12, root }] })).faults, []);
      const fields = async (size: number, wanted: Buffer, of = chain): Promise<unknown> =>
        (await both(directory, { seen: [{ chain: of, size, root: wanted }] })).faults.map(
          ({ field }) => field,
        );
      assert.equal(await fields(12, Buffer.alloc(32)), ['checkpoint_root']);
      assert.equal(await fields(11, root), ['checkpoint_root']);
      assert.equal(await fields(500, root), ['checkpoint_size']);
      assert.equal(await fields(1, root, ulid(1)), ['checkpoint_size']);
    }));
});
