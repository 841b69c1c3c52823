/** RFC 6962, 2.1 word for word over all leaves; nothing here is shared with src/tlog. */
import { createHash } from 'node:crypto';

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const ZERO = Buffer.from([0]);
const ONE = Buffer.from([1]);

export const naiveLeaf = (data: Uint8Array): Buffer => sha256(ZERO, data);
const join = (left: Uint8Array, right: Uint8Array): Buffer => sha256(ONE, left, right);

function k(n: number): number {
  return 2 ** Math.floor(Math.log2(n - 1));
}

export class NaiveTree {
  readonly #leaves: readonly Buffer[];
  readonly #known = new Map<string, Buffer>();

  constructor(leaves: readonly Buffer[]) {
    this.#leaves = leaves;
  }

  /** MTH(D[from:to]). */
  root(from: number, to: number): Buffer {
    if (from === to) return sha256();
    if (to - from === 1) return this.#leaves[from] as Buffer;
    const name = `${from}:${to}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const middle = from + k(to - from);
    const made = join(this.root(from, middle), this.root(middle, to));
    this.#known.set(name, made);
    return made;
  }

  /** PATH(m, D[from:to]), m counted from `from`. */
  path(m: number, from: number, to: number): Buffer[] {
    const n = to - from;
    if (n === 1) return [];
    const middle = k(n);
    return m < middle
      ? [...this.path(m, from, from + middle), this.root(from + middle, to)]
      : [...this.path(m - middle, from + middle, to), this.root(from, from + middle)];
  }

  /** PROOF(m, D[0:n]). */
  proof(m: number, n: number): Buffer[] {
    return this.#subproof(m, 0, n, true);
  }

  #subproof(m: number, from: number, to: number, whole: boolean): Buffer[] {
    const n = to - from;
    if (m === n) return whole ? [] : [this.root(from, to)];
    const middle = k(n);
    return m <= middle
      ? [...this.#subproof(m, from, from + middle, whole), this.root(from + middle, to)]
      : [...this.#subproof(m - middle, from + middle, to, false), this.root(from, from + middle)];
  }
}

/** Root that a path gives its leaf, by the recursion that made it; undefined where the path doesn't fit. */
function rootOf(m: number, n: number, leaf: Uint8Array, path: Uint8Array[]): Uint8Array | undefined {
  if (n === 1) return path.length === 0 ? leaf : undefined;
  const last = path.pop();
  if (last === undefined || last.length !== 32) return undefined;
  const middle = k(n);
  const inner = m < middle ? rootOf(m, middle, leaf, path) : rootOf(m - middle, n - middle, leaf, path);
  if (inner === undefined) return undefined;
  return m < middle ? join(inner, last) : join(last, inner);
}

export function naiveInclusion(
  m: number,
  n: number,
  leaf: Uint8Array,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (m >= n || leaf.length !== 32) return false;
  const computed = rootOf(m, n, leaf, [...path]);
  return computed !== undefined && Buffer.compare(computed, root) === 0;
}

function rootsOf(
  m: number,
  n: number,
  whole: Uint8Array | undefined,
  proof: Uint8Array[],
): [Uint8Array, Uint8Array] | undefined {
  if (m === n) {
    const known = whole ?? proof.pop();
    return known === undefined || known.length !== 32 || proof.length > 0 ? undefined : [known, known];
  }
  const last = proof.pop();
  if (last === undefined || last.length !== 32) return undefined;
  const middle = k(n);
  if (m <= middle) {
    const inner = rootsOf(m, middle, whole, proof);
    return inner && [inner[0], join(inner[1], last)];
  }
  const inner = rootsOf(m - middle, n - middle, undefined, proof);
  return inner && [join(last, inner[0]), join(last, inner[1])];
}

export function naiveConsistency(
  m: number,
  n: number,
  root1: Uint8Array,
  root2: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (m === 0 || m > n) return false;
  const roots = rootsOf(m, n, root1, [...proof]);
  if (roots === undefined) return false;
  return Buffer.compare(roots[0], root1) === 0 && Buffer.compare(roots[1], root2) === 0;
}
