import { BitError } from '../kernel/errors.ts';
import { shorten } from '../kernel/text.ts';
import { CHAINS } from './chains.ts';
import { rowsByDigest } from './digests.ts';
import { parseEntry, parsePayload } from './entry.ts';
import type { ChainSize, Entry, EntryFilter, LedgerReader, SealedPayload, VerifyReport } from './index.ts';
import { isInstance, newestChain, readInstance } from './instance.ts';
import { chainNames, mergeChains } from './merge.ts';
import { seenFaults } from './seen.ts';
import type { Value } from './sqlite.ts';
import type { Store } from './store.ts';
import { type ChainTree, openChainTree } from './tree.ts';
import { type VerifyOptions, verifyStore } from './verify.ts';
import { type ParallelOptions, verifyOnAllCores } from './verify-parallel.ts';

const COLUMNS = 'entries.entry, entries.entry_sha256, entries.signature, entries.payload';

/** Reads the store; where there is none yet, everything is empty. */
export class StoreReader implements LedgerReader {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  chain(): string | undefined {
    if (!this.#store.openToRead()) return undefined;
    const row = newestChain(this.#store);
    return row !== undefined && isInstance(row, readInstance(this.#store.path)) ? row.chain : undefined;
  }

  lastChain(): string | undefined {
    return this.#store.openToRead() ? newestChain(this.#store)?.chain : undefined;
  }

  head(): Entry | undefined {
    const chain = this.chain();
    if (chain === undefined) return undefined;
    const [row] = this.#store.rows(
      `SELECT ${COLUMNS} FROM entries WHERE chain = ? ORDER BY seq DESC LIMIT 1`,
      [chain],
    );
    return row === undefined ? undefined : this.#entry(row);
  }

  *entries(filter: EntryFilter = {}): IterableIterator<Entry> {
    let left = filter.limit ?? Number.POSITIVE_INFINITY;
    if (left <= 0 || !this.#store.openToRead()) return;
    for (const row of this.#selected(filter)) {
      yield this.#entry(row);
      left -= 1;
      if (left <= 0) return;
    }
  }

  #selected(filter: EntryFilter): Iterable<readonly unknown[]> {
    const newestFirst = filter.newestFirst === true;
    // an operation's entries are few, and found by its own index
    const few = filter.op ?? filter.parent;
    if (few !== undefined) {
      const { conditions, values } = selection(filter);
      const order = ORDER.map((column) => `${column}${newestFirst ? ' DESC' : ''}`).join(', ');
      const sql = `SELECT ${COLUMNS} FROM entries WHERE ${conditions.join(' AND ')} ORDER BY ${order} LIMIT ?`;
      return this.#store.rows(sql, [...values, filter.limit ?? -1]);
    }
    const { conditions, values } = selection({ ...filter, chain: undefined });
    const direction = newestFirst ? '<' : '>';
    const sql =
      `SELECT lamport, seq, ${COLUMNS} FROM entries WHERE ${['chain = ?', `seq ${direction} ?`, ...conditions].join(' AND ')} ` +
      `ORDER BY seq ${newestFirst ? 'DESC' : 'ASC'} LIMIT ?`;
    const start = newestFirst ? Number.MAX_SAFE_INTEGER : -1;
    return mergeChains(
      filter.chain === undefined ? chainNames(this.#store) : [filter.chain],
      { newestFirst, limit: filter.limit },
      (chain, after = start, most) =>
        this.#store
          .rows(sql, [chain, after, ...values, most])
          .map(([lamport, seq, ...columns]) => ({ lamport: Number(lamport), seq: Number(seq), columns })),
    );
  }

  entry(entrySha256Prefix: string): Entry | undefined {
    const prefix = entrySha256Prefix.toLowerCase();
    if (!/^[0-9a-f]{4,64}$/.test(prefix)) {
      throw new BitError(
        'usage',
        `not the beginning of an entry's SHA-256: ${shorten(entrySha256Prefix, 70)}`,
        {
          hint: 'give 4 to 64 hexadecimal digits',
        },
      );
    }
    if (!this.#store.openToRead()) return undefined;
    const [lowest, highest] = ['0', 'f'].map((digit) => Buffer.from(prefix.padEnd(64, digit), 'hex')) as [
      Buffer,
      Buffer,
    ];
    const rows = rowsByDigest(this.#store, COLUMNS, lowest, highest);
    if (rows.length > 1) {
      throw new BitError('usage', `more than one entry begins with ${prefix}`, { hint: 'give more digits' });
    }
    return rows[0] === undefined ? undefined : this.#entry(rows[0]);
  }

  chains(): ChainSize[] {
    if (!this.#store.openToRead()) return [];
    return this.#store
      .rows(CHAINS)
      .map(([chain, entries]) => ({ chain: String(chain), entries: Number(entries) }));
  }

  at(chain: string, seq: number): Entry | undefined {
    if (!this.#store.openToRead()) return undefined;
    const [row] = this.#store.rows(`SELECT ${COLUMNS} FROM entries WHERE chain = ? AND seq = ?`, [
      chain,
      seq,
    ]);
    return row === undefined ? undefined : this.#entry(row);
  }

  outcomes(chain: string, from: number, events: readonly string[]): Entry[] {
    if (!this.#store.openToRead()) return [];
    const named = events.map(() => '?').join(', ');
    const rows = this.#store.rows(
      `SELECT ${COLUMNS} FROM entries WHERE chain = ? AND seq >= ? AND phase = 'outcome' AND event IN (${named}) ORDER BY seq`,
      [chain, from, ...events],
    );
    return rows.map((row) => this.#entry(row));
  }

  sealed(chain: string, seq: number): SealedPayload | undefined {
    if (!this.#store.openToRead()) return undefined;
    const sql = 'SELECT nonce, payload FROM entries WHERE chain = ? AND seq = ?';
    const [nonce, text] = this.#store.rows(sql, [chain, seq])[0] ?? [];
    const payload = typeof text === 'string' ? parsePayload(text) : undefined;
    if (!(nonce instanceof Uint8Array) || payload === undefined) return undefined;
    return { nonce: Buffer.from(nonce), payload };
  }

  readState(name: string): string | undefined {
    if (!this.#store.openToRead()) return undefined;
    const value = this.#store.rows('SELECT value FROM state WHERE name = ?', [name])[0]?.[0];
    return typeof value === 'string' ? value : undefined;
  }

  openIntents(): Entry[] {
    const chain = this.chain();
    if (chain === undefined) return [];
    const rows = this.#store.rows(
      `SELECT ${COLUMNS} FROM open_ops CROSS JOIN entries ON entries.op = open_ops.op
       WHERE open_ops.chain = ? AND entries.chain = open_ops.chain AND entries.phase = 'intent' ORDER BY entries.seq`,
      [chain],
    );
    return rows.map((row) => this.#entry(row));
  }

  verify(options: VerifyOptions = {}): VerifyReport {
    if (!this.#store.openToRead()) {
      const faults = [...seenFaults(undefined, options.seen ?? [])];
      return { ok: faults.length === 0, chains: [], faults, entries: 0 };
    }
    return this.#store.snapshot(() => verifyStore(this.#store, options));
  }

  async verifyParallel(options: ParallelOptions = {}): Promise<VerifyReport> {
    if (!this.#store.openToRead()) return this.verify(options);
    return verifyOnAllCores(this.#store, options);
  }

  tree(chain: string): ChainTree {
    if (!this.#store.openToRead()) {
      throw new BitError('not-found', `there is no ledger yet: ${this.#store.path}`, {
        hint: 'the first action begins it',
      });
    }
    return openChainTree(this.#store, chain);
  }

  #entry(row: readonly unknown[]): Entry {
    const [text, digest, signature, payload] = row;
    const parsed = parseEntry(text);
    const body = typeof payload === 'string' ? parsePayload(payload) : undefined;
    const whole = digest instanceof Uint8Array && signature instanceof Uint8Array;
    if ('misfit' in parsed || !whole || (payload !== null && body === undefined)) {
      throw new BitError('integrity', `the ledger holds an entry that can't be read: ${this.#store.path}`, {
        hint: 'run `bit ledger verify` to see which',
        details: { path: this.#store.path, ...('misfit' in parsed ? { field: parsed.misfit.field } : {}) },
      });
    }
    return {
      ...parsed.fields,
      entry_sha256: Buffer.from(digest).toString('hex'),
      signature: Buffer.from(signature).toString('base64'),
      payload: body,
    };
  }
}

const COLUMN_FILTERS = ['chain', 'op', 'parent', 'event', 'phase', 'actor', 'as'] as const;

const ORDER = ['lamport', 'chain', 'seq'];

/** What narrows, as conditions of SQL and their values. */
function selection(filter: { readonly [K in keyof EntryFilter]: EntryFilter[K] | undefined }): {
  conditions: string[];
  values: Value[];
} {
  const conditions: string[] = [];
  const values: Value[] = [];
  for (const column of COLUMN_FILTERS) {
    const wanted = filter[column];
    if (wanted === undefined) continue;
    conditions.push(`"${column}" = ?`);
    values.push(wanted);
  }
  for (const [wanted, comparison] of [
    [filter.since, '>='],
    [filter.until, '<='],
  ] as const) {
    if (wanted === undefined) continue;
    conditions.push(`ts ${comparison} ?`);
    values.push(instant(wanted));
  }
  return { conditions, values };
}

/** Brings a time to the ledger's own form, which compares as text. */
function instant(time: string): string {
  const parsed = new Date(time);
  if (!Number.isNaN(parsed.getTime())) return parsed.toISOString();
  throw new BitError('usage', `not a time: ${shorten(time)}`, { hint: 'write it as 2026-01-31T12:00:00Z' });
}
