import { BitError } from '../kernel/errors.ts';
import { canonicalJson } from '../kernel/json.ts';
import { keepDigests } from './digests.ts';
import { entryText } from './entry.ts';
import { entryLeafHash } from './leaf.ts';
import type { ShownEntry } from './shown.ts';
import type { Store } from './store.ts';
import { openChainTree, readFrontier } from './tree.ts';

/**
 * Adds entries of a chain that another clone writes, in order, behind those that are here. They are verified by who
 * hands them over (ChainAudit); their place is checked once more, in the transaction.
 *
 * @throws BitError `changed` where the chain isn't as long as `from`, `unsupported` for a chain of this clone
 */
export function receiveEntries(
  store: Store,
  chain: string,
  from: number,
  entries: readonly ShownEntry[],
): void {
  if (store.get('SELECT 1 FROM chains WHERE chain = ?', [chain]) !== undefined) {
    throw new BitError('unsupported', `chain ${chain} is written here: nothing of it is received`);
  }
  const { size } = openChainTree(store, chain);
  if (size !== from) {
    throw new BitError('changed', `chain ${chain} grew meanwhile: ${size} entries, not ${from}`, {
      hint: 'try again',
    });
  }
  const frontier = readFrontier(store, chain, size);
  for (const { fields, entry_sha256: digest, signature: signed, nonce, payload } of entries) {
    const text = entryText(fields);
    const signature = Buffer.from(signed, 'base64');
    const tree = Buffer.concat(frontier.push(entryLeafHash(text, signature)));
    store.run(
      'INSERT INTO entries (entry, entry_sha256, signature, tree, nonce, payload) VALUES (?, ?, ?, ?, ?, ?)',
      [
        text,
        Buffer.from(digest, 'hex'),
        signature,
        tree,
        nonce === undefined ? null : Buffer.from(nonce, 'base64'),
        payload === undefined ? null : canonicalJson(payload),
      ],
    );
  }
  keepDigests(store, from + entries.length, entries.length);
}

/** Drops the payload of an entry and the nonce that would let it be guessed; the entry and its chain stay whole. */
export function withholdPayload(store: Store, chain: string, seq: number): void {
  store.transaction(() =>
    store.run('UPDATE entries SET payload = NULL, nonce = NULL WHERE chain = ? AND seq = ?', [chain, seq]),
  );
  // Pages hold what once stood in them until the file is written anew, and the write-ahead log the old pages.
  store.run('VACUUM main');
  store.pragma('wal_checkpoint(TRUNCATE)');
}
