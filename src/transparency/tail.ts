import { ledgerTrust } from '../guard/index.ts';
import { believes, type Entry, entryHolds } from '../ledger/index.ts';
import type { Reader } from '../operation/index.ts';

export interface TailEntry extends Omit<Entry, 'payload'> {
  /** Digest and signature hold, and the signer is believed. */
  readonly holds: boolean;
}

export interface Tail {
  /** Oldest first. */
  readonly entries: readonly TailEntry[];
}

/** The last entries of all chains in Lamport order, each verified by itself. */
export async function tailLedger(reader: Reader, most: number): Promise<Tail> {
  const believed = believes(await ledgerTrust(reader));
  const newest = most === 0 ? [] : [...reader.ledger.entries({ newestFirst: true, limit: most })];
  const entries = newest.reverse().map((entry): TailEntry => {
    const { payload: _payload, ...fields } = entry;
    return { ...fields, holds: entryHolds(entry) && believed(entry) };
  });
  return { entries };
}
