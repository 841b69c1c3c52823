import { BitError } from '../kernel/errors.ts';
import {
  Frontier,
  HASH_SIZE,
  proveConsistency,
  proveInclusion,
  type Subtree,
  subtreesOf,
  treeRoot,
} from '../tlog/index.ts';
import { leafData } from './leaf.ts';
import type { Store } from './store.ts';

/**
 * The RFC 6962 tree over a chain. Each row keeps, in `tree`, the hashes of the perfect subtrees its leaf completed, from
 * the leaf's own upwards: two hashes a row on average, written with the row, and every node of the tree is one read.
 */
export interface ChainTree {
  readonly chain: string;
  /** Entries, at the time it was opened. */
  readonly size: number;
  /** Root of the first `size` entries; default of all. */
  root(size?: number): Uint8Array;
  /** Audit path of an entry in the tree of `size`. */
  inclusion(seq: number, size?: number): Uint8Array[];
  consistency(size1: number, size2?: number): Uint8Array[];
  /** What the tree holds of an entry. */
  leaf(seq: number): Buffer;
  node(node: Subtree): Uint8Array;
}

/** The tree over a chain, which is empty where the chain has no entry. */
export function openChainTree(store: Store, chain: string): ChainTree {
  const size = chainSize(store, chain);
  const node = (wanted: Subtree): Uint8Array => readNode(store, chain, wanted);
  const within = (wanted: number): number => {
    if (wanted <= size) return wanted;
    throw new BitError('not-found', `chain ${chain} has ${size} entries, not ${wanted}`, {
      details: { chain, size, wanted },
    });
  };
  return {
    chain,
    size,
    node,
    root: (wanted = size) => treeRoot(within(wanted), node),
    inclusion: (seq, wanted = size) => proveInclusion(seq, within(wanted), node),
    consistency: (size1, size2 = size) => proveConsistency(size1, within(size2), node),
    leaf: (seq) => readLeaf(store, chain, seq),
  };
}

/** The right edge of a chain's tree, to append to. */
export function readFrontier(store: Store, chain: string, size: number): Frontier {
  return new Frontier(
    size,
    subtreesOf({ begin: 0, end: size }).map((node) => readNode(store, chain, node)),
  );
}

function chainSize(store: Store, chain: string): number {
  const [row] = store.rows('SELECT max(seq) FROM entries WHERE chain = ?', [chain]);
  return typeof row?.[0] === 'number' ? row[0] + 1 : 0;
}

/** A subtree is kept in the row of its last leaf. */
function readNode(store: Store, chain: string, { level, index }: Subtree): Uint8Array {
  const seq = (index + 1) * 2 ** level - 1;
  const [row] = store.rows('SELECT tree FROM entries WHERE chain = ? AND seq = ?', [chain, seq]);
  const [tree] = row ?? [];
  const begin = level * HASH_SIZE;
  if (tree instanceof Uint8Array && tree.length >= begin + HASH_SIZE) {
    return tree.subarray(begin, begin + HASH_SIZE);
  }
  throw damaged(store, chain, seq);
}

function readLeaf(store: Store, chain: string, seq: number): Buffer {
  const [row] = store.rows('SELECT entry, signature FROM entries WHERE chain = ? AND seq = ?', [chain, seq]);
  const [entry, signature] = row ?? [];
  if (typeof entry === 'string' && signature instanceof Uint8Array) return leafData(entry, signature);
  throw damaged(store, chain, seq);
}

function damaged(store: Store, chain: string, seq: number): BitError {
  return new BitError('integrity', `the tree over chain ${chain} is damaged at entry ${seq}: ${store.path}`, {
    hint: 'run `bit ledger verify`; restore the ledger from a backup',
    details: { chain, seq, path: store.path },
  });
}
