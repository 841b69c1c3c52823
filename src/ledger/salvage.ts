import { isBitError } from '../kernel/errors.ts';
import { ChainAudit } from './chain-audit.ts';
import { parsePayload } from './entry.ts';
import type { LedgerReader } from './index.ts';
import { leafData } from './leaf.ts';
import { StoreReader } from './reader.ts';
import { receiveEntries } from './receive.ts';
import type { ShownEntry } from './shown.ts';
import { Store } from './store.ts';
import type { TrustRules } from './trust.ts';
import { ROW_COLUMNS, type Row, readRows, rowOf } from './verify-row.ts';

/** What of one chain could be read, and what could not be taken over. */
export interface SalvagedChain {
  readonly chain: string;
  /** Entries from the first on, whole and believed: they are in the new file. */
  readonly recovered: number;
  /** Why it ends there; null where all that is known of the chain was recovered. */
  readonly stopped: string | null;
  /** Entries behind that place which could still be read, with nothing to join them to. */
  readonly adrift: readonly number[];
}

export interface Salvage {
  /** False: it is no database any more, and nothing of it can be read. */
  readonly opened: boolean;
  readonly chains: readonly SalvagedChain[];
  /** Places in the file whose row can't be read. */
  readonly unreadable: number;
}

/** No row is smaller, so that many there are at most. */
const LEAST_ROW_BYTES = 512;

/**
 * Copies what verifies of a damaged ledger into a new one in `target`, each chain up to its first entry that can't be
 * read, doesn't hold or isn't believed. The damaged file is only read. The new one goes on, when it is put in its place,
 * as a chain of its own that names its parent: what was lost is never signed over.
 */
export function salvageLedger(
  directory: string,
  options: { readonly target: string; readonly trust: TrustRules; readonly bytes: number },
): Salvage {
  const damaged = new Store(directory, false);
  const into = new Store(options.target, true);
  try {
    if (attempt(() => damaged.openToRead()) !== true) return { opened: false, chains: [], unreadable: 0 };
    const { rows, unreadable } = readable(damaged, Math.ceil(options.bytes / LEAST_ROW_BYTES));
    const chains = new Map<string, Map<number, Row>>();
    for (const { row, parsed, signed } of readRows(rows)) {
      if ('misfit' in parsed || !signed) continue;
      const { chain, seq } = parsed.fields;
      chains.set(chain, (chains.get(chain) ?? new Map()).set(seq, row));
    }
    into.openToWrite();
    const told = [...chains].map(([chain, found]) => takeOver(into, chain, found, options.trust));
    copyInstances(damaged, into);
    return { opened: true, chains: told, unreadable };
  } finally {
    damaged.close();
    into.close();
  }
}

/** The salvaged file as a ledger, to be verified like any. */
export function openSalvaged(target: string): LedgerReader {
  return new StoreReader(new Store(target, false));
}

/** Row by row: a torn page takes no more with it than what stood on it. */
function readable(
  store: Store,
  most: number,
): { readonly rows: readonly Row[]; readonly unreadable: number } {
  const rows: Row[] = [];
  let unreadable = 0;
  const last = attempt(() => Number(store.rows('SELECT max(id) FROM entries')[0]?.[0] ?? 0)) ?? most;
  for (let id = 1; id <= Math.min(last, most); id++) {
    const found = attempt(() => store.rows(`SELECT ${ROW_COLUMNS} FROM entries WHERE id = ?`, [id]));
    if (found === undefined) unreadable += 1;
    const [columns] = found ?? [];
    if (columns === undefined) continue;
    rows.push(rowOf(columns));
  }
  return { rows, unreadable };
}

/** Undefined where SQLite says that the file is damaged there. */
function attempt<Out>(read: () => Out): Out | undefined {
  try {
    return read();
  } catch (error) {
    if (isBitError(error)) return undefined;
    throw error;
  }
}

function takeOver(
  into: Store,
  chain: string,
  found: ReadonlyMap<number, Row>,
  trust: TrustRules,
): SalvagedChain {
  const audit = new ChainAudit({ chain, trust });
  const entries: ShownEntry[] = [];
  const last = Math.max(...found.keys());
  let stopped: string | null = null;
  for (let seq = 0; seq <= last && stopped === null; seq++) {
    const row = found.get(seq);
    const taken = row === undefined ? `entry ${seq} can't be read` : shown(audit, row);
    if (typeof taken === 'string') stopped = taken;
    else entries.push(taken);
  }
  into.transaction(() => receiveEntries(into, chain, 0, entries));
  const adrift = [...found.keys()].filter((seq) => seq >= entries.length).sort((a, b) => a - b);
  return { chain, recovered: entries.length, stopped, adrift };
}

function shown(audit: ChainAudit, { entry, signature, nonce, payload }: Row): ShownEntry | string {
  const body = typeof payload === 'string' ? parsePayload(payload) : undefined;
  const sealed =
    body === undefined || !(nonce instanceof Uint8Array)
      ? undefined
      : { nonce: Buffer.from(nonce).toString('base64'), payload: body };
  const taken = audit.take(leafData(String(entry), signature as Uint8Array), sealed);
  return typeof taken !== 'string' && 'digest' in taken ? 'it is too long to be taken over' : taken;
}

/** Which of them this clone wrote, so that it goes on from the last as a new one that names it. */
function copyInstances(from: Store, into: Store): void {
  const rows =
    attempt(() => from.rows('SELECT chain, inode, birth, path, begun FROM chains ORDER BY id')) ?? [];
  const known = new Set(into.rows('SELECT DISTINCT chain FROM entries').map(([chain]) => chain));
  into.transaction(() => {
    for (const row of rows) {
      if (!known.has(row[0])) continue;
      into.run(
        'INSERT INTO chains (chain, inode, birth, path, begun) VALUES (?, ?, ?, ?, ?)',
        row.map(String),
      );
    }
  });
}
