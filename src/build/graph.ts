import { BitError } from '../kernel/errors.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import type { Target } from './model.ts';

/** Targets by id, in an order in which each stands after what it depends on. */
export type Graph = ReadonlyMap<string, Target>;

/**
 * @throws BitError `not-found` for a dependency nobody is, `usage` for a circle, naming it
 */
export function orderTargets(targets: readonly Target[]): Graph {
  const byId = new Map(targets.map((target) => [target.id, target]));
  for (const target of targets) {
    for (const name of target.depends) {
      if (!byId.has(name))
        throw unknown(
          name,
          byId.keys(),
          `${printable(target.id)} depends on ${printable(shorten(name))}, which is no target`,
        );
    }
  }
  const ordered = new Map<string, Target>();
  for (const target of [...targets].sort((a, b) => (a.id < b.id ? -1 : 1))) visit(target, byId, ordered);
  return ordered;
}

/** Depth first without recursion: a chain may be as long as there are targets. */
function visit(first: Target, byId: ReadonlyMap<string, Target>, ordered: Map<string, Target>): void {
  const way: { target: Target; next: number }[] = [];
  const onWay = new Set<string>();
  const enter = (target: Target): void => {
    way.push({ target, next: 0 });
    onWay.add(target.id);
  };
  if (!ordered.has(first.id)) enter(first);
  for (let at = way.at(-1); at !== undefined; at = way.at(-1)) {
    const name = at.target.depends[at.next++];
    if (name === undefined) {
      ordered.set(at.target.id, at.target);
      onWay.delete(at.target.id);
      way.pop();
      continue;
    }
    if (onWay.has(name)) {
      const names = way.map(({ target }) => target.id);
      const circle = [...names.slice(names.indexOf(name)), name].map((id) => printable(shorten(id)));
      throw new BitError(
        'usage',
        `these depend on each other in a circle: ${circle.slice(0, 20).join(' → ')}`,
      );
    }
    const target = byId.get(name);
    if (target !== undefined && !ordered.has(name)) enter(target);
  }
}

/** The targets named, and all they depend on. */
export function withDependencies(graph: Graph, wanted: Iterable<string>): Set<string> {
  const found = new Set<string>();
  const open = [...wanted];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    open.push(...(graph.get(id)?.depends ?? []));
  }
  return found;
}

/** The targets that read one of `paths`, and all that depend on them. */
export function affectedBy(graph: Graph, paths: readonly string[]): Set<string> {
  const found = new Set<string>();
  for (const target of graph.values()) {
    if (target.depends.some((id) => found.has(id)) || paths.some(target.reads)) found.add(target.id);
  }
  return found;
}

/** @throws BitError `not-found` with the nearest names */
export function requireTargets(graph: Graph, names: readonly string[]): void {
  for (const name of names)
    if (!graph.has(name)) throw unknown(name, graph.keys(), `there is no target ${printable(shorten(name))}`);
}

function unknown(name: string, known: Iterable<string>, message: string): BitError {
  const all = [...known];
  const near = nearest(name, all);
  const others = all.slice(0, 10).map((id) => printable(shorten(id)));
  return new BitError('not-found', message, {
    hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : `there are: ${others.join(', ') || 'none'}`,
    details: { target: shorten(name), nearest: near },
  });
}
