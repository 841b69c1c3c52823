/**
 * A syntax tree as columns of numbers, in the order of the text: a node stands before its children, and `size` tells
 * how many nodes it is with all below it. Some sixteen bytes a node, so that a text of 100 MB has a tree at all.
 */
export class Tree {
  #kinds = new Uint8Array(1024);
  #starts = new Uint32Array(1024);
  #ends = new Uint32Array(1024);
  #sizes = new Uint32Array(1024);
  length = 0;

  /** A node without children so far; its number. */
  add(kind: number, start: number, end: number): number {
    const node = this.length;
    if (node === this.#kinds.length) this.#grow();
    this.#kinds[node] = kind;
    this.#starts[node] = start;
    this.#ends[node] = end;
    this.#sizes[node] = 1;
    this.length = node + 1;
    return node;
  }

  /** All that was added since it is below it. */
  close(node: number, end: number): void {
    this.#ends[node] = end;
    this.#sizes[node] = this.length - node;
  }

  kind(node: number): number {
    return this.#kinds[node] ?? 0;
  }

  start(node: number): number {
    return this.#starts[node] ?? 0;
  }

  end(node: number): number {
    return this.#ends[node] ?? 0;
  }

  /** The node after it that is not below it. */
  after(node: number): number {
    return node + (this.#sizes[node] ?? 1);
  }

  *children(node: number): Generator<number> {
    const end = this.after(node);
    for (let child = node + 1; child < end; child = this.after(child)) yield child;
  }

  *roots(): Generator<number> {
    for (let node = 0; node < this.length; node = this.after(node)) yield node;
  }

  /** Takes back everything from this node on. */
  cut(node: number): void {
    this.length = node;
  }

  #grow(): void {
    const kinds = new Uint8Array(this.#kinds.length * 2);
    kinds.set(this.#kinds);
    this.#kinds = kinds;
    this.#starts = twice(this.#starts);
    this.#ends = twice(this.#ends);
    this.#sizes = twice(this.#sizes);
  }
}

function twice(column: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const wider = new Uint32Array(column.length * 2);
  wider.set(column);
  return wider;
}
