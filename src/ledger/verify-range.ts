import { Frontier } from '../tlog/index.ts';
import { GENESIS, type Misfit, parsePayload } from './entry.ts';
import type { EntryFields, LedgerFault } from './index.ts';
import { type KeyEvent, keyEventMisfit, keyEventOf } from './key-events.ts';
import type { Store } from './store.ts';
import { readFrontier } from './tree.ts';
import { type Believed, believes, type TrustRules } from './trust.ts';
import {
  linkMisfit,
  type Place,
  payloadMisfit,
  type ReadRow,
  ROW_COLUMNS,
  type Row,
  readRows,
  rowOf,
  sealMisfit,
  treeMisfit,
} from './verify-row.ts';

/** Rows by their id; both ends inclusive. */
export interface IdRange {
  readonly from: number;
  readonly to: number;
}

/** What one range of rows came to. Plain data: it crosses threads. */
export interface RangeReport {
  readonly entries: number;
  /** What the indexes must hold. */
  readonly sums: RowSums;
  readonly chains: readonly ChainReport[];
}

/** Of rows, in any order: {@link addRow}. */
export interface RowSums {
  ids: number;
  /** Sum of {@link PLACE_WEIGHT}. */
  places: number;
  /** Entries with a parent. */
  children: number;
  /** Entries that are neither intent nor outcome. */
  notes: number;
}

export const noRows = (): RowSums => ({ ids: 0, places: 0, children: 0, notes: 0 });

/** What a row adds to {@link RowSums.places}, in SQL; small enough for the sum of a hundred million to be exact. */
export const PLACE_WEIGHT = '(id % 8191) * (seq % 8179)';

function addRow(sums: RowSums, id: number, { seq, phase, parent }: EntryFields): void {
  sums.ids += id;
  sums.places += (id % 8191) * (seq % 8179);
  if (parent !== null) sums.children += 1;
  if (phase !== 'intent' && phase !== 'outcome') sums.notes += 1;
}

export interface ChainReport {
  readonly chain: string;
  /** The first entry here, for the one before it to be joined to; undefined where the range begins the file. */
  readonly first: EntryFields | undefined;
  readonly last: Place;
  /** First fault of the chain in this range. */
  readonly fault: LedgerFault | undefined;
  /** For every key not believed by the rules, the first entry it signed here. */
  readonly strangers: readonly { readonly actor: string; readonly seq: number }[];
  /** Rotations and revocations. */
  readonly keys: readonly KeyEvent[];
  /** Entries of a chain begun here whose payload is gone. */
  readonly withheld: readonly Withheld[];
}

export interface Withheld {
  readonly seq: number;
  readonly digest: string;
}

/** Entries remembered as withheld a chain and range: beyond it something else than redaction is at work. */
const WITHHELD_LIMIT = 10_000;

/** Keys of strangers remembered a chain and range; more make no difference to the first fault. */
const STRANGER_LIMIT = 1_000;

interface ChainState {
  readonly chain: string;
  readonly first: EntryFields | undefined;
  place: Place;
  fault: LedgerFault | undefined;
  readonly open: Set<string>;
  readonly strangers: Map<string, number>;
  readonly keys: KeyEvent[];
  /** Undefined for a chain that came from elsewhere, perhaps without its payloads. */
  readonly withheld: Withheld[] | undefined;
  frontier: Frontier | undefined;
}

/**
 * Walks the rows of a range in order of arrival, which is each chain's order too, and keeps of every chain its head,
 * the right edge of its tree and its open intents: memory doesn't grow with the ledger. A chain is judged up to its
 * first fault. A range that doesn't begin the file takes the entry before it, and the tree up to it, as they are
 * stored: whoever walked the range before has verified them, and {@link ChainReport.first} lets them be joined.
 */
export function verifyRange(
  store: Store,
  range: IdRange | undefined,
  trust: TrustRules | undefined,
): RangeReport {
  const walk = new Walk(store, range, trust === undefined ? undefined : believes(trust));
  const bounds = [range?.from ?? Number.MIN_SAFE_INTEGER, range?.to ?? Number.MAX_SAFE_INTEGER];
  for (const rows of blocks(store.each(ROWS, bounds))) for (const read of readRows(rows)) walk.take(read);
  return walk.report();
}

const ROWS = `SELECT ${ROW_COLUMNS} FROM entries WHERE id BETWEEN ? AND ? ORDER BY id`;

const BLOCK_ROWS = 512;
const BLOCK_LENGTH = 4 * 1024 * 1024;

/** Rows in blocks, a few where they are large. */
function* blocks(rows: Iterable<readonly unknown[]>): IterableIterator<Row[]> {
  let block: Row[] = [];
  let length = 0;
  for (const columns of rows) {
    const row = rowOf(columns);
    block.push(row);
    length += typeof row.payload === 'string' ? row.payload.length : 0;
    if (block.length < BLOCK_ROWS && length < BLOCK_LENGTH) continue;
    yield block;
    block = [];
    length = 0;
  }
  yield block;
}

class Walk {
  readonly #store: Store;
  readonly #range: IdRange | undefined;
  readonly #believed: Believed | undefined;
  readonly #chains = new Map<string, ChainState>();
  #last: ChainState | undefined;
  #entries = 0;
  readonly #sums = noRows();

  constructor(store: Store, range: IdRange | undefined, believed: Believed | undefined) {
    this.#store = store;
    this.#range = range;
    this.#believed = believed;
  }

  take(read: ReadRow): void {
    const { row, parsed } = read;
    this.#entries += 1;
    if ('misfit' in parsed) {
      // Which chain the row belongs to can't be read from it; it stands after the entry before it.
      const state = this.#last ?? this.#begin('', undefined);
      const { field, message } = parsed.misfit;
      const where = state.chain === '' ? `row ${row.id}: ` : '';
      state.fault ??= { chain: state.chain, seq: state.place.seq + 1, field, message: `${where}${message}` };
      return;
    }
    const { fields } = parsed;
    addRow(this.#sums, row.id, fields);
    const state = this.#chains.get(fields.chain) ?? this.#begin(fields.chain, fields);
    this.#last = state;
    if (state.fault === undefined) {
      const misfit = this.#misfit(fields, read, state);
      const seq = misfit?.field === 'seq' ? state.place.seq + 1 : fields.seq;
      if (misfit !== undefined) state.fault = { chain: state.chain, seq, ...misfit };
    }
    state.place = placeOf(fields, row);
    if (fields.phase === 'intent') state.open.add(fields.op);
    if (fields.phase === 'outcome') state.open.delete(fields.op);
  }

  /** The steps of verifying one entry after the one before it, the most telling first. */
  #misfit(fields: EntryFields, read: ReadRow, state: ChainState): Misfit | undefined {
    const { row } = read;
    const misfit =
      linkMisfit(fields, state.place) ??
      sealMisfit(fields, read) ??
      payloadMisfit(fields, row) ??
      this.#phaseMisfit(fields, state) ??
      this.#treeMisfit(fields, row, state) ??
      keyEventMisfit(fields, row.payload) ??
      forkMisfit(this.#store, fields, row);
    if (misfit !== undefined) return misfit;
    const { actor, seq } = fields;
    const known = state.strangers.has(actor) || state.strangers.size >= STRANGER_LIMIT;
    if (!known && this.#believed?.(fields) === false) state.strangers.set(actor, seq);
    if (row.payload === null && state.withheld !== undefined && state.withheld.length < WITHHELD_LIMIT)
      state.withheld.push({ seq, digest: read.digest });
    const event = keyEventOf(fields, row.payload);
    if (event !== undefined) state.keys.push(event);
    return undefined;
  }

  #begin(chain: string, first: EntryFields | undefined): ChainState {
    const inside = this.#range !== undefined && first !== undefined;
    const place: Place = inside
      ? { seq: first.seq - 1, lamport: first.lamport - 1, head: first.prev_sha256 }
      : { seq: -1, lamport: -1, head: GENESIS };
    const state: ChainState = {
      chain,
      first: inside ? first : undefined,
      place,
      fault: undefined,
      open: new Set(),
      strangers: new Map(),
      keys: [],
      withheld: isOwn(this.#store, chain) ? [] : undefined,
      frontier: undefined,
    };
    this.#chains.set(chain, state);
    return state;
  }

  #treeMisfit(fields: EntryFields, row: Row, state: ChainState): Misfit | undefined {
    try {
      state.frontier ??=
        fields.seq === 0 ? new Frontier() : readFrontier(this.#store, state.chain, fields.seq);
    } catch {
      return { field: 'tree', message: `the tree over the entries before ${fields.seq} can't be read` };
    }
    return treeMisfit(row, state.frontier);
  }

  #phaseMisfit({ op, phase, seq }: EntryFields, state: ChainState): Misfit | undefined {
    if (phase === 'intent' && state.open.has(op)) {
      return { field: 'phase', message: `a second intent for operation ${op}` };
    }
    if (phase === 'outcome' && !state.open.has(op) && !this.#opened(op, seq, state)) {
      return { field: 'phase', message: `an outcome without an open intent for operation ${op}` };
    }
    return undefined;
  }

  /** Whether an intent before this range is still open. */
  #opened(op: string, seq: number, { chain, first }: ChainState): boolean {
    if (first === undefined) return false;
    const sql = 'SELECT phase FROM entries WHERE op = ? AND chain = ? AND seq < ? LIMIT 2';
    const phases = this.#store.rows(sql, [op, chain, seq]).map(([phase]) => phase);
    return phases.length === 1 && phases[0] === 'intent';
  }

  report(): RangeReport {
    const chains = [...this.#chains.values()].map(
      ({ chain, first, place, fault, strangers, keys, withheld }) => ({
        chain,
        first,
        last: place,
        fault,
        strangers: [...strangers].map(([actor, seq]) => ({ actor, seq })),
        keys,
        withheld: withheld ?? [],
      }),
    );
    return { entries: this.#entries, sums: this.#sums, chains };
  }
}

function placeOf({ seq, lamport }: EntryFields, { digest }: Row): Place {
  return { seq, lamport, head: digest ?? '' };
}

/** A forked chain names its parent; where the parent is in this file too, it must have had that head. */
function forkMisfit(store: Store, fields: EntryFields, row: Row): Misfit | undefined {
  if (fields.event !== 'CHAIN_FORKED' || typeof row.payload !== 'string') return undefined;
  const payload = parsePayload(row.payload);
  const { parent_chain: chain, parent_head: head, parent_seq: seq } = payload ?? {};
  if (typeof chain !== 'string' || typeof head !== 'string' || typeof seq !== 'number') {
    return { field: 'parent_chain', message: 'CHAIN_FORKED does not name its parent chain, head and seq' };
  }
  if (fields.seq !== 0)
    return { field: 'event', message: 'CHAIN_FORKED stands inside a chain, not at its beginning' };
  if (store.get('SELECT 1 FROM entries WHERE chain = ? LIMIT 1', [chain]) === undefined) return undefined;
  const parent = store.get(
    'SELECT lower(hex(entry_sha256)) AS digest FROM entries WHERE chain = ? AND seq = ?',
    [chain, seq],
  ) as { digest: unknown } | undefined;
  if (parent?.digest === head) return undefined;
  return {
    field: 'parent_head',
    message: `chain ${chain} has no entry ${seq} with the digest this chain forked from`,
  };
}

/** A chain begun here. One that came from elsewhere has open intents, and withheld payloads, that are nothing to us. */
export function isOwn(store: Store, chain: string): boolean {
  return store.get('SELECT 1 FROM chains WHERE chain = ?', [chain]) !== undefined;
}
