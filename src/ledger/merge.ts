import { CHAINS } from './chains.ts';
import type { Store } from './store.ts';

/** Rows of one chain that come next, in the chain's order; empty where it has no more. */
type NextRows = (chain: string, after: number | undefined, most: number) => readonly MergeRow[];

/** A row with what it is ordered by. */
export interface MergeRow {
  readonly lamport: number;
  readonly seq: number;
  readonly columns: readonly unknown[];
}

interface Lane {
  readonly chain: string;
  rows: readonly MergeRow[];
  at: number;
  /** Nothing follows its rows. */
  ended: boolean;
}

/** Rows read at a time, of all chains together: nothing holds an open cursor, so whoever iterates may append. */
const PAGE = 256;
const LEAST = 8;

/**
 * The rows of several chains by (lamport, chain, seq). Within a chain Lamport time rises with each entry, so that the order
 * of all is a merge of the chains', and no index has to be kept for it with every append.
 */
export function* mergeChains(
  chains: readonly string[],
  { newestFirst, limit = PAGE }: { readonly newestFirst: boolean; readonly limit: number | undefined },
  next: NextRows,
): IterableIterator<readonly unknown[]> {
  const page = Math.max(LEAST, Math.min(limit, Math.ceil(PAGE / Math.max(1, chains.length))));
  const lanes = chains.map((chain): Lane => ({ chain, rows: [], at: 0, ended: false }));
  const before = newestFirst ? isNewer : isOlder;
  for (;;) {
    let first: Lane | undefined;
    for (const lane of lanes) {
      if (fill(lane, page, next) && (first === undefined || before(lane, first))) first = lane;
    }
    const row = first?.rows[first.at];
    if (first === undefined || row === undefined) return;
    first.at += 1;
    yield row.columns;
  }
}

/** Whether the lane has a row to give. */
function fill(lane: Lane, page: number, next: NextRows): boolean {
  if (lane.at < lane.rows.length) return true;
  if (lane.ended) return false;
  lane.rows = next(lane.chain, lane.rows.at(-1)?.seq, page);
  lane.at = 0;
  lane.ended = lane.rows.length < page;
  return lane.rows.length > 0;
}

function isOlder(a: Lane, b: Lane): boolean {
  const [left, right] = [a.rows[a.at]?.lamport ?? 0, b.rows[b.at]?.lamport ?? 0];
  return left < right || (left === right && a.chain < b.chain);
}

function isNewer(a: Lane, b: Lane): boolean {
  return isOlder(b, a);
}

/** The chains there are. */
export function chainNames(store: Store): string[] {
  return store.rows(CHAINS).map(([chain]) => String(chain));
}
