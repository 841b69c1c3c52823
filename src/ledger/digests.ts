import type { Store } from './store.ts';

/**
 * Finds entries by the beginning of their digest. Digests come in no order, so an index over them would have every append
 * write a page somewhere else; `digests` is filled for many entries at once instead, and those behind `digests_until` are
 * looked through. It only says where to look: what it doesn't have is searched for in the entries themselves.
 */
const UNTIL = 'digests_until';

/** Bytes of a digest that are kept. */
const START = 8;

/** Entries that are looked through, at the most. */
const BEHIND = 512;

/** To be called in the transaction that appends. */
export function keepDigests(store: Store, seq: number, added: number): void {
  if (seq % BEHIND >= added) return;
  const until = untilOf(store);
  store.run(
    `INSERT OR IGNORE INTO digests SELECT substr(entry_sha256, 1, ${START}), id FROM entries WHERE id > ?`,
    [until],
  );
  store.run(
    `INSERT INTO state (name, value) SELECT '${UNTIL}', max(id) FROM entries WHERE true
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
  );
}

/** Rows, `columns` of them, whose digest lies between the two; two at the most. */
export function rowsByDigest(
  store: Store,
  columns: string,
  lowest: Uint8Array,
  highest: Uint8Array,
): unknown[][] {
  const between = 'entry_sha256 BETWEEN ? AND ?';
  // a ledger that an older program wrote, and none since, has an index instead
  if (store.rows("SELECT 1 FROM sqlite_schema WHERE name = 'digests'").length > 0) {
    const kept = store.rows(
      `SELECT ${columns} FROM digests CROSS JOIN entries USING (id) WHERE start BETWEEN ? AND ? AND ${between} LIMIT 2`,
      [lowest.subarray(0, START), highest.subarray(0, START), lowest, highest],
    );
    const behind = store.rows(`SELECT ${columns} FROM entries WHERE id > ? AND ${between} LIMIT 2`, [
      untilOf(store),
      lowest,
      highest,
    ]);
    if (kept.length + behind.length > 0) return [...kept, ...behind].slice(0, 2);
  }
  return store.rows(`SELECT ${columns} FROM entries WHERE ${between} LIMIT 2`, [lowest, highest]);
}

function untilOf(store: Store): number {
  const [row] = store.rows('SELECT value FROM state WHERE name = ?', [UNTIL]);
  const until = Number(row?.[0] ?? 0);
  return Number.isSafeInteger(until) ? until : 0;
}
