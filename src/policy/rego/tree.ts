/**
 * The virtual documents as a tree beside the base document: packages, and rules at the paths of their heads.
 * A node without a rule is a place to go on from (a cursor), one with a rule is its value.
 */
import { RegoError, type Span } from './ast.ts';
import { type Machine, UNDEFINED } from './machine.ts';
import {
  type AnyObject,
  isObject,
  lookUp,
  objectEntries,
  RegoObject,
  RegoSet,
  type Value,
} from './values.ts';

export class TreeNode {
  readonly path: readonly string[];
  readonly children = new Map<string, TreeNode>();
  group: Group | undefined;
  readonly at: Span;

  constructor(path: readonly string[], at: Span) {
    this.path = path;
    this.at = at;
  }

  child(name: string, at: Span): TreeNode {
    let node = this.children.get(name);
    if (node === undefined) {
      node = new TreeNode([...this.path, name], at);
      this.children.set(name, node);
    }
    return node;
  }

  get valued(): boolean {
    return this.group !== undefined && this.group.kind !== 'function';
  }
}

/** All rules of one name. */
export interface Group {
  readonly id: number;
  readonly kind: 'complete' | 'set' | 'object' | 'function';
  readonly arity: number;
  /** `data.package.name`. */
  readonly name: string;
  readonly at: Span;
  evaluate: (machine: Machine) => Value | undefined;
  call: (args: readonly Value[], machine: Machine, at: Span) => Value | undefined;
}

/** An object rules built level by level; where another kind of value stands in the way is a conflict. */
export class Branch extends RegoObject {}

export type Cursor = Value | TreeNode;

export function enter(node: TreeNode, machine: Machine): Cursor | undefined {
  if (machine.masks !== null && machine.isMasked(node.path)) return machine.baseAt(node.path);
  return node.valued ? extent(node, machine) : node;
}

export function access(from: Cursor, key: Value, machine: Machine): Cursor | undefined {
  if (!(from instanceof TreeNode)) return lookUp(from, key);
  if (typeof key !== 'string') return undefined;
  const child = from.children.get(key);
  if (child !== undefined && child.group?.kind !== 'function') return enter(child, machine);
  const base = machine.baseAt(from.path);
  return base === undefined ? undefined : lookUp(base, key);
}

/** Keys of a cursor: rules and packages below it, and the base document's. */
export function keysOf(node: TreeNode, machine: Machine): string[] {
  const keys = new Set<string>();
  for (const [key, child] of node.children) if (child.group?.kind !== 'function') keys.add(key);
  const base = machine.baseAt(node.path);
  if (base !== undefined && isObject(base)) {
    for (const [key] of objectEntries(base)) if (typeof key === 'string') keys.add(key);
  }
  return [...keys].sort();
}

/** The value a cursor stands for. */
export function settle(cursor: Cursor, machine: Machine): Value | undefined {
  return cursor instanceof TreeNode ? extent(cursor, machine) : cursor;
}

export function evaluateGroup(group: Group, machine: Machine): Value | undefined {
  const cached = machine.cache[group.id];
  if (cached !== undefined) return cached === UNDEFINED ? undefined : (cached as Value);
  machine.tick(group.at);
  const { cache } = machine;
  const value = group.evaluate(machine);
  cache[group.id] = value === undefined ? UNDEFINED : value;
  return value;
}

export function extent(node: TreeNode, machine: Machine): Value | undefined {
  if (machine.masks !== null && machine.isMasked(node.path)) return machine.baseAt(node.path);
  const own = node.group !== undefined && node.valued ? evaluateGroup(node.group, machine) : undefined;
  if (node.children.size === 0 && node.group !== undefined) return own;
  const result = new Branch();
  const base = machine.baseAt(node.path);
  if (base !== undefined && isObject(base))
    for (const [key, value] of objectEntries(base)) result.set(key, value);
  // Where both the base document and a rule say something, the base document counts.
  for (const [name, child] of node.children) {
    const value = extent(child, machine);
    const present = result.get(name);
    if (value === undefined || (present !== undefined && !(isObject(present) && isObject(value)))) continue;
    result.set(name, present === undefined ? value : overlay(value as AnyObject, present as AnyObject));
  }
  if (own === undefined) return result;
  if (!isObject(own)) {
    if (result.size === 0) return own;
    throw conflict(node.at);
  }
  return merge(result, own, node.at);
}

/** `below` with `above` on top of it; objects on both sides are joined. */
function overlay(below: AnyObject, above: AnyObject): Branch {
  const result = new Branch(objectEntries(below));
  for (const [key, value] of objectEntries(above)) {
    const present = result.get(key);
    const joined = present !== undefined && isObject(present) && isObject(value);
    result.set(key, joined ? overlay(present, value) : value);
  }
  return result;
}

function merge(into: Branch, from: Value, at: Span): Branch {
  if (!isObject(from)) throw conflict(at);
  for (const [key, value] of objectEntries(from)) {
    const present = into.get(key);
    if (present === undefined) into.set(key, value);
    else if (present instanceof Branch && value instanceof Branch) into.set(key, merge(present, value, at));
    else if (present instanceof RegoSet && value instanceof RegoSet) {
      into.set(key, new RegoSet([...present.sorted(), ...value.sorted()]));
    } else throw conflict(at);
  }
  return into;
}

export function conflict(at: Span): RegoError {
  return new RegoError('eval_conflict_error', 'object keys must be unique', at);
}
