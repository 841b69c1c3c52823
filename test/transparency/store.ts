/** A ledger's store as one who tampers with it would work on it. */
import { createPrivateKey, sign } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { entryDigest, entryText, signedMessage } from '../../src/ledger/entry.ts';
import { type EntryFields, openLedgerReader } from '../../src/ledger/index.ts';
import { entryLeafHash } from '../../src/ledger/leaf.ts';
import { Frontier } from '../../src/tlog/index.ts';
import { tamper } from '../ledger/fixture.ts';
import type { World } from '../world.ts';

/** Everything in the one file, so that a copy of it is the ledger. */
export function settle(ledger: string): void {
  tamper(ledger, (database) => database.pragma('wal_checkpoint(TRUNCATE)'));
}

export function execute(ledger: string, sql: string): void {
  tamper(ledger, (database) => void database.exec(sql));
}

/** Writes the chain again from `from` on with `change` made, signed with the user's very key as if always so. */
export function rewrite(
  place: World,
  ledger: string,
  from: number,
  change: (fields: EntryFields) => EntryFields,
): void {
  const folder = join(place.root, 'data/bit/keys');
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.pem'));
  const key = createPrivateKey(readFileSync(join(folder, file)));
  const reader = openLedgerReader({ directory: ledger });
  const chain = reader.chains()[0]?.chain ?? '';
  const rows = [...reader.entries({ chain })];
  tamper(ledger, (database) => {
    const frontier = new Frontier();
    let head = '0'.repeat(64);
    for (const { entry_sha256: _digest, signature: signed, payload: _payload, ...fields } of rows) {
      const made = fields.seq < from ? fields : { ...change(fields), prev_sha256: head };
      const text = entryText(made);
      const digest = entryDigest(text);
      const signature =
        fields.seq < from ? Buffer.from(signed, 'base64') : sign(null, signedMessage(digest), key);
      const tree = Buffer.concat(frontier.push(entryLeafHash(text, signature)));
      database
        .prepare(
          'UPDATE entries SET entry = ?, entry_sha256 = ?, signature = ?, tree = ? WHERE chain = ? AND seq = ?',
        )
        .run(text, digest, signature, tree, chain, fields.seq);
      head = digest.toString('hex');
    }
  });
}
