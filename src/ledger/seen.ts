import { toBase64, treeRoot } from '../tlog/index.ts';
import type { LedgerFault } from './index.ts';
import type { Store } from './store.ts';
import { openChainTree } from './tree.ts';

/** A tree head of a chain that was seen earlier, its signature already checked. */
export interface SeenCheckpoint {
  readonly chain: string;
  readonly size: number;
  readonly root: Uint8Array;
}

/** Chains that are no longer what an earlier checkpoint of them says; without a store every one is gone. */
export function* seenFaults(
  store: Store | undefined,
  seen: readonly SeenCheckpoint[],
): IterableIterator<LedgerFault> {
  for (const { chain, size, root } of seen) {
    const tree = store === undefined ? undefined : openChainTree(store, chain);
    if (tree === undefined || tree.size < size) {
      const left = tree === undefined || tree.size === 0 ? 'the chain is gone' : `only ${tree.size} are left`;
      const message = `a checkpoint of ${size} entries was seen, and ${left}`;
      yield { chain, seq: tree?.size ?? 0, field: 'checkpoint_size', message };
      continue;
    }
    const now = treeRoot(size, tree.node);
    if (Buffer.compare(now, root) === 0) continue;
    const message = `the first ${size} entries have the root ${toBase64(now)}; a checkpoint with ${toBase64(root)} was seen`;
    yield { chain, seq: 0, field: 'checkpoint_root', message };
  }
}
