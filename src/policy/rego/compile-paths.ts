/** Ways along a reference: from one place in the documents to the next. */
import type { Term } from './ast.ts';
import type { Expr, Machine, Slots, Step } from './machine.ts';
import type { Linker } from './scope.ts';
import { access, type Cursor, enter, keysOf, TreeNode } from './tree.ts';
import { isArray, isObject, objectEntries, RegoSet, type Value } from './values.ts';

export type CursorExpr = (slots: Slots, machine: Machine) => Cursor | undefined;

/** The constant names of a path from `at` on. */
export function namesFrom(path: readonly Term[], at: number): string[] {
  const names: string[] = [];
  for (const part of path.slice(at)) {
    if (part.kind !== 'const' || typeof part.value !== 'string') break;
    names.push(part.value);
  }
  return names;
}

export function enumerate(cursor: CursorExpr, keySlot: number, slot: number, next: Step, { at }: Term): Step {
  const visit = (slots: Slots, machine: Machine, key: Value, value: Cursor): boolean => {
    machine.tick(at);
    slots[keySlot] = key;
    slots[slot] = value;
    return next(slots, machine);
  };
  return (slots, machine) => {
    const all = cursor(slots, machine);
    if (typeof all !== 'object' || all === null) return false;
    if (!(all instanceof TreeNode) && isArray(all)) {
      for (let i = 0; i < all.length; i++) if (visit(slots, machine, i, all[i] as Value)) return true;
      return false;
    }
    if (all instanceof RegoSet) {
      for (const member of all.sorted()) if (visit(slots, machine, member, member)) return true;
      return false;
    }
    if (all instanceof TreeNode) {
      for (const key of keysOf(all, machine)) {
        const value = access(all, key, machine);
        if (value !== undefined && visit(slots, machine, key, value)) return true;
      }
      return false;
    }
    for (const [key, value] of objectEntries(all)) if (visit(slots, machine, key, value)) return true;
    return false;
  };
}

export function isDataRoot(term: Term): boolean {
  return term.kind === 'var' && term.name === 'data';
}

export function accessExpr(cursor: CursorExpr, key: Expr): CursorExpr {
  return (slots, machine) => {
    const from = cursor(slots, machine);
    const name = from === undefined ? undefined : key(slots, machine);
    return from === undefined || name === undefined ? undefined : access(from, name, machine);
  };
}

/**
 * A reference from `data` on whose parts all have one value. In the base document, which is addressed by text, a number
 * leads to the member of that name.
 */
export function accessAll(start: CursorExpr, keys: readonly Expr[]): CursorExpr {
  return (slots, machine) => {
    let cursor = start(slots, machine);
    let isBase = false;
    for (const expr of keys) {
      const key = cursor === undefined ? undefined : expr(slots, machine);
      if (cursor === undefined || key === undefined) return undefined;
      if (cursor instanceof TreeNode) {
        isBase = typeof key !== 'string' || cursor.children.get(key)?.valued !== true;
        cursor = access(cursor, typeof key === 'number' ? String(key) : key, machine);
      } else {
        const named = isBase && typeof key === 'number' && isObject(cursor);
        cursor = access(cursor, named ? String(key) : key, machine);
      }
    }
    return cursor;
  };
}

/** Walks the constant start of a `data` reference at compile time as far as the rules' tree goes. */
export function startOfData(path: readonly Term[], linker: Linker): { start: CursorExpr; used: number } {
  let node = linker.root;
  const names: string[] = [];
  for (const part of path) {
    if (part.kind !== 'const' || typeof part.value !== 'string' || node.valued) break;
    const child = node.children.get(part.value);
    if (child === undefined || child.group?.kind === 'function') break;
    node = child;
    names.push(part.value);
  }
  const { root } = linker;
  const reached = node;
  const slow = (machine: Machine): Cursor | undefined => {
    let cursor = enter(root, machine);
    for (const name of names) cursor = cursor === undefined ? undefined : access(cursor, name, machine);
    return cursor;
  };
  return {
    used: names.length,
    start: (_, machine) => (machine.masks === null ? enter(reached, machine) : slow(machine)),
  };
}
