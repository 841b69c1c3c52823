import { EMPTY_ROOT, foldSubtrees, nodeHash } from './merkle.ts';

/**
 * The right edge of a tree that grows: the roots of the perfect subtrees its leaves fall into (a compact range), at
 * most one a level, so memory and time are O(log n) an append.
 */
export class Frontier {
  #size: number;
  /** By level; undefined where the size has a zero bit. */
  readonly #roots: (Uint8Array | undefined)[] = [];

  /**
   * `roots` are those of a tree of `size`, from left to right, as {@link subtreesOf} names them.
   *
   * @throws RangeError where they aren't as many as the size has bits
   */
  constructor(size = 0, roots: readonly Uint8Array[] = []) {
    this.#size = size;
    let next = roots.length;
    for (let rest = size, level = 0; rest > 0; rest = Math.floor(rest / 2), level++) {
      if (rest % 2 === 0) continue;
      next -= 1;
      const root = roots[next];
      if (root === undefined) break;
      this.#roots[level] = root;
    }
    if (next !== 0) throw new RangeError(`a tree of ${size} leaves has not ${roots.length} perfect subtrees`);
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Adds a leaf by its hash and returns the roots of the subtrees that it completed, from level 0 (the leaf itself)
   * upwards. Subtree `level` of them has the index `floor(leaf / 2^level)`.
   */
  push(leaf: Uint8Array): Uint8Array[] {
    const completed = [leaf];
    let carried = leaf;
    let level = 0;
    for (let left = this.#roots[0]; left !== undefined; left = this.#roots[level]) {
      carried = nodeHash(left, carried);
      completed.push(carried);
      this.#roots[level] = undefined;
      level += 1;
    }
    this.#roots[level] = carried;
    this.#size += 1;
    return completed;
  }

  /** The roots from left to right. */
  roots(): Uint8Array[] {
    return this.#roots.filter((root) => root !== undefined).reverse();
  }

  /** MTH of the leaves so far. */
  root(): Uint8Array {
    return this.#size === 0 ? EMPTY_ROOT : foldSubtrees(this.roots());
  }
}
