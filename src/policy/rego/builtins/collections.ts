import {
  compare,
  equal,
  isArray,
  isNumber,
  isObject,
  lookUp,
  objectEntries,
  objectGet,
  objectSize,
  RegoObject,
  RegoSet,
  typeName,
  type Value,
} from '../values.ts';
import { BuiltinError, builtins, type Operands } from './define.ts';
import { arithmetic } from './numbers.ts';

function count(o: Operands): Value {
  const value = o.value(0);
  if (typeof value === 'string') return [...value].length;
  if (isArray(value)) return value.length;
  if (value instanceof RegoSet) return value.size;
  if (isObject(value)) return objectSize(value);
  throw o.wrong(0, 'one of {array, object, set, string}');
}

function fold(
  o: Operands,
  start: number,
  doubles: (a: number, b: number) => number,
  integers: (a: bigint, b: bigint) => bigint,
): Value {
  let total: number | bigint = start;
  for (const item of o.list(0)) {
    o.tick();
    if (!isNumber(item))
      throw new BuiltinError(
        `operand 1 must be array of numbers but got array containing ${typeName(item)}`,
        'eval_type_error',
      );
    total = arithmetic(total, item, doubles, integers);
  }
  return total;
}

function extreme(o: Operands, sign: number): Value | undefined {
  let best: Value | undefined;
  for (const item of o.list(0)) if (best === undefined || compare(item, best) * sign > 0) best = item;
  return best;
}

function setOfSets(o: Operands): readonly RegoSet[] {
  return o
    .set(0)
    .sorted()
    .map((item) => {
      if (!(item instanceof RegoSet))
        throw new BuiltinError(
          `operand 1 must be set of sets but got set containing ${typeName(item)}`,
          'eval_type_error',
        );
      return item;
    });
}

function intersect(sets: readonly RegoSet[]): RegoSet {
  const [first, ...rest] = sets;
  return new RegoSet(first?.sorted().filter((item) => rest.every((other) => other.has(item))) ?? []);
}

function slice(o: Operands): Value {
  const array = o.array(0);
  const from = Math.min(Math.max(o.integer(1), 0), array.length);
  return array.slice(from, Math.max(from, Math.min(o.integer(2), array.length)));
}

function member(o: Operands): Value {
  const wanted = o.value(0);
  const all = o.value(1);
  if (all instanceof RegoSet) return all.has(wanted);
  if (isArray(all)) return all.some((item) => equal(item, wanted));
  return isObject(all) && objectEntries(all).some(([, item]) => equal(item, wanted));
}

function memberAt(o: Operands): Value {
  const found = typeof o.value(2) === 'object' ? lookUp(o.value(2), o.value(0)) : undefined;
  return found !== undefined && equal(found, o.value(1));
}

function subset(a: Value, b: Value, o: Operands): boolean {
  o.tick();
  if (a instanceof RegoSet && b instanceof RegoSet) return b.sorted().every((item) => a.has(item));
  if (isArray(a) && b instanceof RegoSet)
    return b.sorted().every((item) => a.some((other) => equal(item, other)));
  if (isArray(a) && isArray(b)) {
    for (let i = 0; i + b.length <= a.length; i++)
      if (b.every((item, j) => equal(item, a[i + j] as Value))) return true;
    return false;
  }
  if (isObject(a) && isObject(b)) {
    return objectEntries(b).every(([key, item]) => {
      const other = objectGet(a, key);
      return (
        other !== undefined &&
        (equal(item, other) || (composite(item) && composite(other) && subset(other, item, o)))
      );
    });
  }
  throw new BuiltinError(
    'both arguments object.subset must be of the same type or array and set',
    'eval_type_error',
  );
}

function composite(value: Value): boolean {
  return isObject(value) || isArray(value) || value instanceof RegoSet;
}

function union(a: Value, b: Value, o: Operands): Value {
  if (!isObject(a) || !isObject(b)) return b;
  const result = new RegoObject(objectEntries(a));
  for (const [key, value] of objectEntries(b)) {
    o.tick();
    const present = objectGet(a, key);
    result.set(key, present === undefined ? value : union(present, value, o));
  }
  return result;
}

function objectAt(o: Operands): Value {
  const object = o.object(0);
  const path = o.value(1);
  if (!isArray(path)) {
    const found = objectGet(object, path);
    return found === undefined ? o.value(2) : found;
  }
  let value: Value | undefined = object;
  for (const key of path) value = value === undefined ? undefined : lookUp(value, key);
  return value === undefined ? o.value(2) : value;
}

function keySet(o: Operands): RegoSet {
  const keys = o.value(1);
  if (isArray(keys)) return new RegoSet(keys);
  if (keys instanceof RegoSet) return keys;
  if (isObject(keys)) return new RegoSet(objectEntries(keys).map(([key]) => key));
  throw o.wrong(1, 'one of {object, set, array}');
}

function filtered(o: Operands, keep: boolean): Value {
  const object = o.object(0);
  const keys = keySet(o);
  return new RegoObject(objectEntries(object).filter(([key]) => keys.has(key) === keep));
}

function unionN(o: Operands): Value {
  let result: Value = new RegoObject();
  for (const item of o.array(0)) {
    if (!isObject(item))
      throw new BuiltinError(
        `operand 1 must be array of objects but got array containing ${typeName(item)}`,
        'eval_type_error',
      );
    result = union(result, item, o);
  }
  return result;
}

function quantified(o: Operands, any: boolean): Value {
  const list = o.list(0);
  return any ? list.some((item) => item === true) : list.every((item) => item === true);
}

/** `[path, value]` of the value and all within it. */
function walk(value: Value, path: readonly Value[], into: Value[], o: Operands): void {
  o.tick(1 + path.length);
  into.push([path, value]);
  if (isArray(value))
    value.forEach((item, i) => {
      walk(item, [...path, i], into, o);
    });
  else if (value instanceof RegoSet) for (const item of value.sorted()) walk(item, [...path, item], into, o);
  else if (isObject(value))
    for (const [key, item] of objectEntries(value)) walk(item, [...path, key], into, o);
}

function neighbours(graph: Value, node: Value): readonly Value[] {
  const edges = isObject(graph) ? objectGet(graph, node) : undefined;
  return isArray(edges) ? edges : edges instanceof RegoSet ? edges.sorted() : [];
}

function reachable(o: Operands): Value {
  const graph = o.object(0);
  const found = new RegoSet();
  const waiting = [...o.list(1)];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    o.tick();
    if (found.has(node) || objectGet(graph, node) === undefined) continue;
    found.add(node);
    waiting.push(...neighbours(graph, node));
  }
  return found;
}

/**
 * Paths from each start. A node already left on the way of one of the start's edges ends a path there: what follows it
 * is told by the path that met it first, so that the paths don't grow beyond the graph's edges.
 */
function reachablePaths(o: Operands): Value {
  const graph = o.object(0);
  const paths = new RegoSet();
  const follow = (node: Value, before: readonly Value[], left: RegoSet): void => {
    o.tick(1 + before.length);
    if (objectGet(graph, node) === undefined) {
      paths.add(before);
      return;
    }
    const path = [...before, node];
    const next = neighbours(graph, node);
    if (next.length === 0) paths.add(path);
    for (const other of next) {
      if (left.has(other)) paths.add(path);
      else {
        left.add(node);
        follow(other, path, left);
      }
    }
  };
  for (const start of o.list(1)) {
    if (objectGet(graph, start) === undefined) continue;
    const next = neighbours(graph, start);
    if (next.length === 0) paths.add([start]);
    for (const other of next) follow(other, [start], new RegoSet([start]));
  }
  return paths;
}

function flatten(value: readonly Value[]): Value[] {
  return value.flatMap((item) => (isArray(item) ? item : [item]));
}

const walkBuiltin = builtins({
  walk: [
    1,
    (o) => {
      const into: Value[] = [];
      walk(o.value(0), [], into, o);
      return into;
    },
  ],
});

export const COLLECTIONS = {
  ...Object.fromEntries(
    Object.entries(walkBuiltin).map(([name, item]) => [name, { ...item, relation: true }]),
  ),
  ...builtins({
    count: [1, count],
    sum: [
      1,
      (o) =>
        fold(
          o,
          0,
          (a, b) => a + b,
          (a, b) => a + b,
        ),
    ],
    product: [
      1,
      (o) =>
        fold(
          o,
          1,
          (a, b) => a * b,
          (a, b) => a * b,
        ),
    ],
    max: [1, (o) => extreme(o, 1)],
    min: [1, (o) => extreme(o, -1)],
    sort: [1, (o) => [...o.list(0)].sort(compare)],
    all: [1, (o) => quantified(o, false)],
    any: [1, (o) => quantified(o, true)],
    and: [2, (o) => intersect([o.set(0), o.set(1)])],
    or: [2, (o) => new RegoSet([...o.set(0).sorted(), ...o.set(1).sorted()])],
    intersection: [1, (o) => intersect(setOfSets(o))],
    union: [1, (o) => new RegoSet(setOfSets(o).flatMap((set) => set.sorted()))],
    'internal.member_2': [2, member],
    'internal.member_3': [3, memberAt],
    'array.concat': [2, (o) => [...o.array(0), ...o.array(1)]],
    'array.slice': [3, slice],
    'array.reverse': [1, (o) => [...o.array(0)].reverse()],
    'array.flatten': [1, (o) => flatten(o.array(0))],
    'object.get': [3, objectAt],
    'object.keys': [1, (o) => new RegoSet(objectEntries(o.object(0)).map(([key]) => key))],
    'object.union': [2, (o) => union(o.object(0), o.object(1), o)],
    'object.union_n': [1, unionN],
    'object.remove': [2, (o) => filtered(o, false)],
    'object.filter': [2, (o) => filtered(o, true)],
    'object.subset': [2, (o) => subset(o.value(0), o.value(1), o)],
    'graph.reachable': [2, reachable],
    'graph.reachable_paths': [2, reachablePaths],
  }),
};
