import { isBitError } from '../kernel/errors.ts';
import type { LedgerReader } from '../ledger/index.ts';
import { movesOf } from '../operation/index.ts';
import type { CommitItem, TimelineItem } from './items.ts';

/**
 * Marks the commits among `items` by who the ledger says brought them: the oldest mention counts. One pass over the
 * ledger, memory by the items.
 */
export function markKnown(items: readonly TimelineItem[], ledger: LedgerReader): TimelineItem[] {
  const wanted = new Map<string, NonNullable<CommitItem['ledger']>>();
  for (const item of items) if (item.kind === 'commit') wanted.set(item.oid, 'unknown');
  let left = wanted.size;
  try {
    for (const entry of left === 0 ? [] : ledger.entries()) {
      if (entry.phase !== 'outcome' && entry.phase !== 'note') continue;
      for (const { to } of movesOf(entry.payload?.['moved'])) {
        if (to === null || wanted.get(to) !== 'unknown') continue;
        wanted.set(to, entry.phase === 'outcome' ? 'recorded' : 'noticed');
        left--;
      }
      if (left === 0) break;
    }
  } catch (error) {
    // the verification names the entry; what was seen so far stands
    if (!isBitError(error, 'integrity')) throw error;
  }
  return items.map((item) =>
    item.kind === 'commit' ? { ...item, ledger: wanted.get(item.oid) ?? 'unknown' } : item,
  );
}
