import { foldSubtrees, isSize, type Range, type Subtree, splitPoint, subtreesOf } from './merkle.ts';

/** Hash of a perfect subtree of the tree; asked only for subtrees that lie wholly inside of it. */
export type NodeReader = (node: Subtree) => Uint8Array;

/** The ranges whose hashes are the audit path of a leaf, from its sibling upwards (RFC 6962, 2.1.1). */
export function inclusionRanges(index: number, size: number): Range[] {
  if (!isSize(size) || !isSize(index) || index >= size) {
    throw new RangeError(`a tree of ${size} leaves has no leaf ${index}`);
  }
  const out: Range[] = [];
  for (let begin = 0, end = size; end - begin > 1; ) {
    const middle = begin + splitPoint(end - begin);
    if (index < middle) {
      out.push({ begin: middle, end });
      end = middle;
    } else {
      out.push({ begin, end: middle });
      begin = middle;
    }
  }
  return out.reverse();
}

/** The ranges whose hashes prove that the tree of `size1` is the beginning of that of `size2` (RFC 6962, 2.1.2). */
export function consistencyRanges(size1: number, size2: number): Range[] {
  if (!isSize(size1) || !isSize(size2) || size1 < 1 || size1 > size2) {
    throw new RangeError(`no tree of ${size1} leaves grows to one of ${size2}`);
  }
  const out: Range[] = [];
  let begin = 0;
  let end = size2;
  // SUBPROOF: the tree of size1 ends inside [begin, end).
  while (size1 < end) {
    const middle = begin + splitPoint(end - begin);
    if (size1 <= middle) {
      out.push({ begin: middle, end });
      end = middle;
    } else {
      out.push({ begin, end: middle });
      begin = middle;
    }
  }
  // The whole old tree is known to the verifier; any other complete subtree isn't.
  if (begin > 0) out.push({ begin, end });
  return out.reverse();
}

/** The perfect subtrees that proofs over these ranges are made from. */
export function nodesOf(ranges: readonly Range[]): Subtree[] {
  return ranges.flatMap(subtreesOf);
}

/** Hash of a range, from its perfect subtrees. */
export function rangeHash(range: Range, read: NodeReader): Uint8Array {
  return foldSubtrees(subtreesOf(range).map(read));
}

/** Inclusion proof of leaf `index` in the tree of `size`: O(log n) reads. */
export function proveInclusion(index: number, size: number, read: NodeReader): Uint8Array[] {
  return inclusionRanges(index, size).map((range) => rangeHash(range, read));
}

/** Consistency proof between two sizes of one tree: O(log n) reads. */
export function proveConsistency(size1: number, size2: number, read: NodeReader): Uint8Array[] {
  return consistencyRanges(size1, size2).map((range) => rangeHash(range, read));
}

/** Root of the tree of `size`. */
export function treeRoot(size: number, read: NodeReader): Uint8Array {
  return rangeHash({ begin: 0, end: size }, read);
}
