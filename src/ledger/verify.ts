import { isJsonObject } from '../kernel/json.ts';
import { GENESIS, type Misfit, parsePayload } from './entry.ts';
import type { LedgerFault, VerifyReport } from './index.ts';
import type { KeyEvent } from './key-events.ts';
import { type SeenCheckpoint, seenFaults } from './seen.ts';
import type { Store } from './store.ts';
import type { TrustRules } from './trust.ts';
import { keyFaults, type Stranger } from './trust-settle.ts';
import {
  isOwn,
  noRows,
  PLACE_WEIGHT,
  type RangeReport,
  type RowSums,
  verifyRange,
  type Withheld,
} from './verify-range.ts';
import { linkMisfit, type Place } from './verify-row.ts';

export interface VerifyOptions {
  /** Whose entries are believed; without it every signer whose signature holds is. */
  readonly trust?: TrustRules;
  /** Checkpoints seen earlier: the chains must still begin so. */
  readonly seen?: readonly SeenCheckpoint[];
}

/** Verifies the whole file in this thread. */
export function verifyStore(store: Store, options: VerifyOptions): VerifyReport {
  return concludeRanges(store, [verifyRange(store, undefined, options.trust)], options);
}

/** What ranges that follow each other, and together are all there is, come to. */
export function concludeRanges(
  store: Store,
  ranges: readonly RangeReport[],
  options: VerifyOptions,
): VerifyReport {
  const joined = joinRanges(ranges);
  const faults = new Map<string, LedgerFault>();
  const report = (fault: LedgerFault): void => {
    const known = faults.get(fault.chain);
    if (known === undefined || fault.seq < known.seq) faults.set(fault.chain, fault);
  };
  joined.faults.forEach(report);
  for (const fault of keyFaults(store, joined)) report(fault);
  const later = (fault: LedgerFault): void => {
    // What is wrong with an entry explains what an index holds.
    const explained = fault.field === 'index' ? faults.size > 0 : faults.has(fault.chain);
    if (!explained) report(fault);
  };
  for (const fault of derivedFaults(store, joined.places)) later(fault);
  for (const fault of seenFaults(store, options.seen ?? [])) later(fault);
  for (const fault of withheldFaults(store, joined.withheld)) later(fault);
  if (faults.size === 0) for (const fault of indexFaults(store, joined)) report(fault);
  const chains = [...joined.places].map(([chain, { seq, head }]) => ({ chain, entries: seq + 1, head }));
  return { ok: faults.size === 0, chains, faults: [...faults.values()], entries: joined.entries };
}

/** Everything ranges said, with the joints between them checked. */
export interface Joined {
  readonly entries: number;
  readonly sums: RowSums;
  readonly places: ReadonlyMap<string, Place>;
  readonly faults: readonly LedgerFault[];
  readonly strangers: readonly Stranger[];
  readonly keys: readonly KeyEvent[];
  readonly withheld: readonly (Withheld & { readonly chain: string })[];
}

function joinRanges(ranges: readonly RangeReport[]): Joined {
  const places = new Map<string, Place>();
  const faults = new Map<string, LedgerFault>();
  const strangers: Stranger[] = [];
  const keys: KeyEvent[] = [];
  const withheld: (Withheld & { readonly chain: string })[] = [];
  for (const { chain, first, last, fault, ...found } of ranges.flatMap((range) => range.chains)) {
    const before = places.get(chain) ?? { seq: -1, lamport: -1, head: GENESIS };
    const torn = first === undefined ? undefined : linkMisfit(first, before);
    if (torn !== undefined && !faults.has(chain)) {
      faults.set(chain, { chain, seq: torn.field === 'seq' ? before.seq + 1 : (first?.seq ?? 0), ...torn });
    }
    if (fault !== undefined && !faults.has(chain)) faults.set(chain, fault);
    if (chain !== '') places.set(chain, last);
    strangers.push(...found.strangers.map((stranger) => ({ chain, ...stranger })));
    keys.push(...found.keys);
    withheld.push(...found.withheld.map((entry) => ({ chain, ...entry })));
  }
  const sums = noRows();
  for (const range of ranges) {
    for (const name of ['ids', 'places', 'children', 'notes'] as const) sums[name] += range.sums[name];
  }
  return {
    entries: ranges.reduce((total, range) => total + range.entries, 0),
    sums,
    places,
    faults: [...faults.values()],
    strangers,
    keys,
    withheld,
  };
}

/** A payload of one's own is gone only where an entry says so: that of `LEDGER_REDACT`, which names it. */
function* withheldFaults(store: Store, withheld: Joined['withheld']): IterableIterator<LedgerFault> {
  if (withheld.length === 0) return;
  const named = new Set<unknown>();
  for (const [payload] of store.each(REDACTIONS, [])) {
    const { target, result } = (typeof payload === 'string' ? parsePayload(payload) : undefined) ?? {};
    for (const place of [target, result]) if (isJsonObject(place)) named.add(place['entry']);
  }
  for (const { chain, seq, digest } of withheld)
    if (!named.has(digest))
      yield fault(
        chain,
        seq,
        'withheld',
        'the payload is gone, and no LEDGER_REDACT says that it was withheld',
      );
}

const REDACTIONS = "SELECT payload FROM entries WHERE event = 'LEDGER_REDACT' AND payload IS NOT NULL";

/** What the file keeps beside the entries must follow from them. */
function* derivedFaults(store: Store, places: ReadonlyMap<string, Place>): IterableIterator<LedgerFault> {
  for (const [chain] of store.rows('SELECT chain FROM chains')) {
    if (!places.has(String(chain))) {
      yield fault(String(chain), 0, 'seq', 'the chain was begun here and has no entries');
    }
  }
  const open = new Map<string, Set<unknown>>();
  for (const [chain, op] of store.rows('SELECT chain, op FROM open_ops')) {
    open.set(String(chain), (open.get(String(chain)) ?? new Set()).add(op));
  }
  for (const [op, chain, intents, outcomes, seq] of store.each(UNPAIRED, [])) {
    const place = places.get(String(chain));
    // The entries themselves were found to be paired.
    if (place === undefined || intents === 0) yield indexFault('entries_op');
    if (Number(intents) > 1) {
      yield fault(String(chain), Number(seq), 'phase', `a second intent for operation ${op}`);
    }
    // Whatever has an open intent stands in open_ops; what is left there at the end has none.
    const kept = open.get(String(chain))?.delete(op) === true;
    if (!kept && intents === 1 && outcomes === 0 && isOwn(store, String(chain))) {
      yield openFault(String(chain), place?.seq ?? 0, op);
    }
  }
  for (const [chain, left] of open) {
    for (const op of left) yield openFault(chain, places.get(chain)?.seq ?? 0, op);
  }
}

/** Operations that aren't one intent and one outcome, by the index alone. */
const UNPAIRED = `SELECT op, chain, sum(phase = 'intent') AS intents, sum(phase = 'outcome') AS outcomes,
  max(seq) AS seq FROM entries WHERE phase IN ('intent', 'outcome') GROUP BY op, chain
  HAVING intents <> 1 OR outcomes <> 1`;

function indexFault(index: string): LedgerFault {
  return fault('', 0, 'index', `the index ${index} does not hold the entries there are`);
}

function openFault(chain: string, seq: number, op: unknown): LedgerFault {
  return fault(chain, seq, 'open_ops', `open_ops and the entries disagree on operation ${op}`);
}

/**
 * Queries go through the indexes: an entry missing from one would be there and not be shown. Counts and sums tell that
 * in a hundredth of the time `PRAGMA integrity_check` takes; where they say nothing of a text in an index, its rows are
 * looked up. Intents and outcomes pair by {@link UNPAIRED}, so only the others are.
 */
function* indexFaults(store: Store, { entries, sums, places }: Joined): IterableIterator<LedgerFault> {
  const counted = (sql: string): unknown[] => store.rows(sql)[0] ?? [];
  const differs = (index: string, held: unknown[], expected: number[]): LedgerFault[] =>
    expected.every((value, at) => held[at] === value) ? [] : [indexFault(index)];
  let inChains = 0;
  for (const [chain, count, seqs] of store.rows(
    `SELECT chain, count(*), total(seq) ${CHAIN_SEQ} GROUP BY chain`,
  )) {
    const { seq = -1 } = places.get(String(chain)) ?? {};
    if (count === seq + 1 && seqs === (seq * (seq + 1)) / 2) inChains += count;
  }
  yield* differs(
    'entries_chain_seq',
    [inChains, ...counted(`SELECT count(*), total(id), total(${PLACE_WEIGHT}) ${CHAIN_SEQ}`)],
    [entries, entries, sums.ids, sums.places],
  );
  yield* differs(
    'entries_op',
    [...counted(`SELECT count(*), total(id) ${OP}`), ...counted(NOTES)],
    [entries, sums.ids, sums.notes],
  );
  yield* differs('entries_parent', counted(CHILDREN), [sums.children]);
  // A table of a few rows, which SQLite itself compares with its index.
  if (counted('PRAGMA integrity_check(chains)')[0] !== 'ok') yield indexFault('chains');
}

const CHAIN_SEQ = 'FROM entries INDEXED BY entries_chain_seq WHERE seq >= 0';
const OP = "FROM entries INDEXED BY entries_op WHERE op >= ''";
const NOTES = `SELECT count(*) FROM entries AS held INDEXED BY entries_op CROSS JOIN entries AS kept NOT INDEXED
  ON kept.id = held.id WHERE held.phase NOT IN ('intent', 'outcome')
  AND (kept.op, kept.chain, kept.phase) = (held.op, held.chain, held.phase)`;
const CHILDREN = `SELECT count(*) FROM entries AS held INDEXED BY entries_parent CROSS JOIN entries AS kept NOT INDEXED
  ON kept.id = held.id WHERE held.parent IS NOT NULL AND kept.parent = held.parent`;

function fault(chain: string, seq: number, field: string, message: string): LedgerFault & Misfit {
  return { chain, seq, field, message };
}
