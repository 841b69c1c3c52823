import { isJsonObject } from '../kernel/json.ts';
import { GENESIS, type Misfit, parsePayload } from './entry.ts';
import type { LedgerFault, VerifyReport } from './index.ts';
import type { KeyEvent } from './key-events.ts';
import { type SeenCheckpoint, seenFaults } from './seen.ts';
import type { Store } from './store.ts';
import type { TrustRules } from './trust.ts';
import { keyFaults, type Stranger } from './trust-settle.ts';
import { isOwn, type RangeReport, verifyRange, type Withheld } from './verify-range.ts';
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
  const later = (fault: LedgerFault): void => void (faults.has(fault.chain) || report(fault));
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
  readonly seqs: number;
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
  const sum = (of: (range: RangeReport) => number): number =>
    ranges.reduce((total, range) => total + of(range), 0);
  return {
    entries: sum((range) => range.entries),
    seqs: sum((range) => range.seqs),
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

function openFault(chain: string, seq: number, op: unknown): LedgerFault {
  return fault(chain, seq, 'open_ops', `open_ops and the entries disagree on operation ${op}`);
}

/**
 * Queries go through the indexes: an entry missing from one would be there and not be shown. Counts and sums tell that
 * in a hundredth of the time `PRAGMA integrity_check` takes.
 */
function* indexFaults(store: Store, { entries, seqs }: Joined): IterableIterator<LedgerFault> {
  const index = 'entries_chain_seq';
  const [sums] = store.rows(`SELECT count(*), total(seq) FROM entries INDEXED BY ${index} WHERE seq >= 0`);
  if (sums?.[0] === entries && sums[1] === seqs) return;
  yield fault('', 0, 'index', `the index ${index} does not hold the entries there are`);
}

function fault(chain: string, seq: number, field: string, message: string): LedgerFault & Misfit {
  return { chain, seq, field, message };
}
