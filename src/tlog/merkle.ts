import { sha256 } from '../kernel/digest.ts';

/** Bytes of a SHA-256 hash, the only hash of this tree. */
export const HASH_SIZE = 32;

/** MTH of the empty tree: the SHA-256 of nothing (RFC 6962, 2.1). Written out: hashing would load crypto at every start. */
export const EMPTY_ROOT: Buffer = Buffer.from(
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'hex',
);

const NODE_PREFIX = 1;
const scratch = Buffer.alloc(1 + 2 * HASH_SIZE, NODE_PREFIX);

/** `SHA-256(0x00 ‖ data)`. */
export function leafHash(data: Uint8Array): Buffer {
  const prefixed = Buffer.allocUnsafe(data.length + 1);
  prefixed[0] = 0;
  prefixed.set(data, 1);
  return sha256(prefixed);
}

/** `SHA-256(0x01 ‖ left ‖ right)`. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  scratch.set(left, 1);
  scratch.set(right, 1 + HASH_SIZE);
  return sha256(scratch);
}

/** A perfect subtree: the 2^level leaves from `index * 2^level` on. */
export interface Subtree {
  readonly level: number;
  readonly index: number;
}

/** The leaves from `begin` up to, not including, `end`. */
export interface Range {
  readonly begin: number;
  readonly end: number;
}

/** Sizes are JavaScript numbers: exact to 2^53 - 1, which no log reaches. */
export function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Largest power of two smaller than `size`; `size` ≥ 2. RFC 6962 calls it k. */
export function splitPoint(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/**
 * The perfect subtrees a range of a tree consists of, from left to right. The range must be one a tree of some size
 * has as a node: its begin is a multiple of the least power of two that holds it.
 */
export function subtreesOf({ begin, end }: Range): Subtree[] {
  const out: Subtree[] = [];
  for (let at = begin; at < end; ) {
    let level = 0;
    let width = 1;
    while (at % (width * 2) === 0 && at + width * 2 <= end) {
      level += 1;
      width *= 2;
    }
    out.push({ level, index: at / width });
    at += width;
  }
  return out;
}

/** MTH of a range from the hashes of {@link subtreesOf} it. */
export function foldSubtrees(hashes: readonly Uint8Array[]): Uint8Array {
  let folded = hashes.at(-1);
  if (folded === undefined) return EMPTY_ROOT;
  for (const left of hashes.slice(0, -1).reverse()) folded = nodeHash(left, folded);
  return folded;
}
