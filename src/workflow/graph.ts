import { BitError } from '../kernel/errors.ts';
import { nearest, printable } from '../kernel/text.ts';

export interface GraphNode {
  readonly id: string;
  readonly needs: readonly string[];
}

/** Which jobs may start, given which have ended. Pure; linear in jobs and needs. */
export class Graph {
  readonly #waiting = new Map<string, number>();
  readonly #dependents = new Map<string, string[]>();
  #ready: string[] = [];
  #left: number;

  /** @throws BitError `usage` naming an id that stands twice, one that is unknown, or a cycle */
  constructor(nodes: readonly GraphNode[]) {
    for (const { id } of nodes) {
      if (this.#waiting.has(id)) throw new BitError('usage', `there are two jobs ${printable(id)}`);
      this.#waiting.set(id, 0);
    }
    for (const { id, needs } of nodes) {
      const wanted = new Set(needs);
      for (const need of wanted) this.#link(id, need);
      this.#waiting.set(id, wanted.size);
      if (wanted.size === 0) this.#ready.push(id);
    }
    this.#left = nodes.length;
    refuseCycle(nodes);
  }

  #link(id: string, need: string): void {
    if (!this.#waiting.has(need)) {
      const near = nearest(need, this.#waiting.keys());
      throw new BitError('usage', `job ${printable(id)} needs ${printable(need)}, and there is no such job`, {
        ...(near.length === 0 ? {} : { hint: `did you mean: ${near.join(', ')}` }),
        details: { job: id, needs: need },
      });
    }
    const dependents = this.#dependents.get(need) ?? [];
    dependents.push(id);
    this.#dependents.set(need, dependents);
  }

  /** Jobs that became ready since the last call, in the order they stand. */
  takeReady(): readonly string[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  /** To be told once for each job. */
  end(id: string): void {
    this.#left--;
    for (const dependent of this.#dependents.get(id) ?? []) {
      const left = (this.#waiting.get(dependent) ?? 0) - 1;
      this.#waiting.set(dependent, left);
      if (left === 0) this.#ready.push(dependent);
    }
  }

  get done(): boolean {
    return this.#left === 0;
  }
}

/** The ids named and all they need, for `--job`. */
export function closure(nodes: readonly GraphNode[], wanted: readonly string[]): ReadonlySet<string> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const found = new Set<string>();
  const open = [...wanted];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const node = byId.get(id);
    if (node === undefined) {
      const near = nearest(id, byId.keys());
      throw new BitError('not-found', `there is no job ${printable(id)}`, {
        hint: near.length === 0 ? 'see its jobs with --plan' : `did you mean: ${near.join(', ')}`,
        details: { job: id },
      });
    }
    if (found.has(id)) continue;
    found.add(id);
    open.push(...node.needs);
  }
  return found;
}

function refuseCycle(nodes: readonly GraphNode[]): void {
  const left = new Map(nodes.map(({ id, needs }) => [id, new Set(needs)]));
  const dependents = new Map<string, string[]>();
  for (const { id, needs } of nodes) {
    for (const need of needs) {
      const known = dependents.get(need) ?? [];
      known.push(id);
      dependents.set(need, known);
    }
  }
  const free = nodes.filter(({ needs }) => needs.length === 0).map(({ id }) => id);
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    left.delete(id);
    for (const dependent of dependents.get(id) ?? []) {
      const needs = left.get(dependent);
      if (needs?.delete(id) === true && needs.size === 0) free.push(dependent);
    }
  }
  const [start] = left.keys();
  if (start === undefined) return;
  const path = [start];
  for (;;) {
    const next = [...(left.get(path.at(-1) ?? '') ?? [])].find((need) => left.has(need)) ?? start;
    const at = path.indexOf(next);
    path.push(next);
    if (at < 0) continue;
    const cycle = path.slice(at).map((id) => printable(id));
    throw new BitError('usage', `these jobs need each other: ${cycle.join(' → ')}`, {
      details: { cycle: path.slice(at) },
    });
  }
}
