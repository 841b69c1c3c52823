import { HASH_SIZE, isSize, nodeHash } from './merkle.ts';

export interface InclusionClaim {
  readonly index: number;
  readonly size: number;
  /** Hash of the leaf, not its data. */
  readonly leaf: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

export interface ConsistencyClaim {
  readonly size1: number;
  readonly size2: number;
  readonly root1: Uint8Array;
  readonly root2: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/**
 * Why the proof doesn't show that the leaf is in the tree, or undefined where it does (RFC 9162, 2.1.3.2).
 * Every `if (…) return` below is a check of its own: a test removes each and expects to be deceived.
 */
export function inclusionFault({ index, size, leaf, proof, root }: InclusionClaim): string | undefined {
  if (!isSize(index)) return 'the index is not a number of a leaf';
  if (!isSize(size)) return 'the size is not a number of leaves';
  if (index >= size) return `a tree of ${size} leaves has no leaf ${index}`;
  if (leaf.length !== HASH_SIZE) return 'the leaf hash is not 32 bytes';
  if (proof.some((hash) => hash.length !== HASH_SIZE)) return 'a hash of the proof is not 32 bytes';
  let node = index;
  let last = size - 1;
  let computed = leaf;
  for (const sibling of proof) {
    if (last === 0) return 'the proof is too long';
    if (node % 2 === 1 || node === last) {
      computed = nodeHash(sibling, computed);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      computed = nodeHash(computed, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  if (last !== 0) return 'the proof is too short';
  if (!same(computed, root)) return 'the proof leads to another root';
  return undefined;
}

/**
 * Why the proof doesn't show that the second tree begins with the first, or undefined where it does
 * (RFC 9162, 2.1.4.2). The empty tree begins every tree, so nothing is proved about it and it is refused here.
 */
export function consistencyFault(claim: ConsistencyClaim): string | undefined {
  const { size1, size2, root1, root2, proof } = claim;
  if (!isSize(size1)) return 'the first size is not a number of leaves';
  if (!isSize(size2)) return 'the second size is not a number of leaves';
  if (size1 > size2) return `the tree shrank from ${size1} to ${size2} leaves`;
  if (size1 === 0) return 'nothing can be proved about the empty tree';
  if (proof.some((hash) => hash.length !== HASH_SIZE)) return 'a hash of the proof is not 32 bytes';
  if (size1 === size2) return equalTreesFault(claim);
  if (root1.length !== HASH_SIZE) return 'the first root is not 32 bytes';
  let node = size1 - 1;
  let last = size2 - 1;
  while (node % 2 === 1) [node, last] = [half(node), half(last)];
  // A first tree that is a perfect subtree of the second starts the computation itself.
  const [start = root1, ...rest] = node === 0 ? [root1, ...proof] : proof;
  let older = start;
  let newer = start;
  for (const sibling of rest) {
    if (last === 0) return 'the proof is too long';
    if (node % 2 === 1 || node === last) {
      older = nodeHash(sibling, older);
      newer = nodeHash(sibling, newer);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      newer = nodeHash(newer, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  if (last !== 0) return 'the proof is too short';
  if (!same(older, root1)) return 'the proof leads to another first root';
  if (!same(newer, root2)) return 'the proof leads to another second root';
  return undefined;
}

function equalTreesFault({ size1, root1, root2, proof }: ConsistencyClaim): string | undefined {
  if (proof.length > 0) return 'the sizes are the same and the proof is not empty';
  if (!same(root1, root2)) return `two roots for ${size1} leaves`;
  return undefined;
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
