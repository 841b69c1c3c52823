import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { draft, testLedger, testSigner } from '../ledger/fixture.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';
import { execute, rewrite, settle } from './store.ts';

/** A repository with a few recorded operations and a checkpoint of them seen; `work` gets the ledger's folder. */
async function tampered(
  work: (place: World, ledger: string, old: string) => unknown,
): Promise<{ code: number; words: string; fields: string[] }> {
  const place = world();
  try {
    place.start();
    const ledger = join(place.dir, '.git/bit/ledger');
    const old = join(place.root, 'old');
    await place.bit('tag', 'new', 'v1');
    settle(ledger);
    cpSync(ledger, old, { recursive: true });
    await place.bit('tag', 'new', 'v2');
    const signed = await place.bit('ledger', 'checkpoint');
    assert.is(signed.code, 0, signed.stderr);
    writeFileSync(join(place.root, 'seen'), signed.stdout);
    await place.bit('tag', 'new', 'v3');
    settle(ledger);
    assert.is((await place.bit('ledger', 'verify')).code, 0);
    await work(place, ledger, old);
    const human = await place.bit('ledger', 'verify');
    const json = await place.bit('ledger', 'verify', '--json');
    const { faults } = JSON.parse(json.stdout) as { faults: { field: string }[] };
    return { code: human.code, words: human.stdout, fields: faults.map(({ field }) => field) };
  } finally {
    place.close();
  }
}

const COLUMNS = 'id, entry, entry_sha256, signature, tree, nonce, payload';

suite('tampering with a ledger a checkpoint was seen of', (test) => {
  test('a flipped bit in an entry, its signature or its payload', async () => {
    for (const [sql, field, words] of [
      ["entry = replace(entry, 'TAG_NEW', 'TAG_NEV')", 'entry', 'changed after it was written'],
      ['signature = zeroblob(64)', 'signature', 'does not belong to this entry'],
      [
        "payload = replace(payload, 'v2', 'v9')",
        'payload',
        'The payload was changed after the entry was signed',
      ],
    ] as const) {
      const found = await tampered((_, ledger) => execute(ledger, `UPDATE entries SET ${sql} WHERE seq = 3`));
      assert.equal([found.code, found.fields], [7, [field]]);
      assert.match(found.words, words);
      assert.match(found.words, 'entry 3');
    }
  });

  test('a deleted entry', async () => {
    const found = await tampered((_, ledger) => execute(ledger, 'DELETE FROM entries WHERE seq = 2'));
    assert.equal([found.code, found.fields], [7, ['seq']]);
    assert.match(found.words, 'entry 2 is missing');
  });

  test('a duplicated entry', async () => {
    const found = await tampered((_, ledger) =>
      execute(
        ledger,
        `DROP INDEX entries_chain_seq;
         INSERT INTO entries (${COLUMNS}) SELECT id + 1000, ${COLUMNS.slice(4)} FROM entries WHERE seq = 1;
         CREATE INDEX entries_chain_seq ON entries (chain, seq)`,
      ),
    );
    assert.is(found.code, 7);
    assert.equal(found.fields, ['seq']);
    assert.match(found.words, 'removed, repeated or reordered');
  });

  test('two entries whose order was changed', async () => {
    const found = await tampered((_, ledger) =>
      execute(
        ledger,
        'UPDATE entries SET id = id + 5000 WHERE seq = 2; UPDATE entries SET id = 0 - id WHERE seq = 3',
      ),
    );
    assert.equal([found.code, found.fields], [7, ['seq']]);
  });

  test('an end cut off, with everything derived from it put right', async () => {
    const found = await tampered((_, ledger) =>
      execute(ledger, 'DELETE FROM entries WHERE seq >= 4; DELETE FROM open_ops; DELETE FROM state'),
    );
    assert.equal([found.code, found.fields], [7, ['checkpoint_size']]);
    assert.match(found.words, 'only 4 are left');
    assert.match(found.words, 'its end was cut off, or an old copy of the ledger was put back');
  });

  test('an old copy of the whole store put in its place', async () => {
    const found = await tampered((_, ledger, old) => {
      rmSync(ledger, { recursive: true });
      cpSync(old, ledger, { recursive: true });
    });
    assert.equal([found.code, found.fields], [7, ['checkpoint_size']]);
    assert.match(found.words, 'old copy of the ledger was put back');
  });

  test('the whole ledger gone', async () => {
    const found = await tampered((_, ledger) => rmSync(ledger, { recursive: true }));
    assert.equal([found.code, found.fields], [7, ['checkpoint_size']]);
    assert.match(found.words, 'the chain is gone');
  });

  test('entries forged with another key', async () => {
    const found = await tampered(async (_, ledger) => {
      await testLedger(ledger, testSigner(99)).append([draft('note')]);
    });
    assert.equal([found.code, found.fields], [7, ['actor']]);
    assert.match(found.words, 'a key this repository does not trust');
  });

  test('a whole ledger forged with another key, under the name of the chain', async () => {
    const found = await tampered((place, ledger) => {
      rewrite(place, ledger, 0, (fields) => ({ ...fields, actor: testSigner(99).publicKey }));
    });
    assert.is(found.code, 7);
    assert.equal(found.fields, ['signature']);
  });

  test('the tail rewritten and signed again with the very key', async () => {
    const found = await tampered((place, ledger) =>
      rewrite(place, ledger, 3, (fields) =>
        fields.seq === 3 ? { ...fields, as: 'Eve <eve@example.org>' } : fields,
      ),
    );
    assert.equal([found.code, found.fields], [7, ['checkpoint_root']]);
    assert.match(found.words, 'rewritten and signed again');
  });

  test('the tail and its checkpoint rewritten: found against the copy kept elsewhere', async () => {
    const place = world();
    try {
      place.start();
      const ledger = join(place.dir, '.git/bit/ledger');
      await place.bit('tag', 'new', 'v1');
      const kept = join(place.root, 'kept');
      writeFileSync(kept, (await place.bit('ledger', 'checkpoint')).stdout);
      settle(ledger);
      rewrite(place, ledger, 1, (fields) => ({ ...fields, as: 'Eve <eve@example.org>' }));
      rmSync(join(place.root, 'data/bit/checkpoints'), { recursive: true });
      assert.is((await place.bit('ledger', 'checkpoint')).code, 0);
      assert.is((await place.bit('ledger', 'verify')).code, 0);
      const found = await place.bit('ledger', 'verify', '--checkpoint', kept);
      assert.is(found.code, 7);
      assert.match(found.stdout, 'rewritten and signed again');
    } finally {
      place.close();
    }
  });

  test('a log never signs what does not follow from what it signed before', async () => {
    const place = world();
    try {
      place.start();
      const ledger = join(place.dir, '.git/bit/ledger');
      await place.bit('tag', 'new', 'v1');
      await place.bit('ledger', 'checkpoint');
      settle(ledger);
      rewrite(place, ledger, 1, (fields) => ({ ...fields, as: 'Eve <eve@example.org>' }));
      const refused = await place.bit('ledger', 'checkpoint');
      assert.is(refused.code, 7);
      assert.match(refused.stderr, 'does not go on from the checkpoint seen before');
    } finally {
      place.close();
    }
  });
});
