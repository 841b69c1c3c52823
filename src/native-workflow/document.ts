import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import { BitError } from '../kernel/errors.ts';
import type { Json } from '../kernel/json.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';

const require = createRequire(import.meta.url);

/** A value of a YAML file and where it stands. */
export interface Tree {
  readonly line: number;
  readonly column: number;
  readonly value: string | number | boolean | null | readonly Tree[] | ReadonlyMap<string, Member>;
}

export interface Member {
  readonly key: Tree;
  readonly value: Tree;
}

const MOST_BYTES = 1024 * 1024;
const MOST_NODES = 100_000;
const DEEPEST = 50;

/**
 * Reads a YAML file. An alias counts as what it stands for, so that a few of them can't become millions of values.
 *
 * @throws BitError `usage` beginning with `path:line:column`
 */
export function readDocument(text: string, path: string): Tree {
  if (text.length > MOST_BYTES) throw new BitError('usage', `${path} is larger than ${MOST_BYTES} bytes`);
  const { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } = require('yaml') as typeof Yaml;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, version: '1.2' });
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const [fault] = document.errors;
  if (fault !== undefined) throw wrong(path, at(fault.pos[0]), fault.message.split('\n')[0] ?? 'not YAML');
  let left = MOST_NODES;
  const read = (node: unknown, depth: number, from: { line: number; column: number }): Tree => {
    left--;
    if (left < 0) throw wrong(path, from, `this comes to more than ${MOST_NODES} values`);
    if (depth > DEEPEST) throw wrong(path, from, `this is nested more than ${DEEPEST} deep`);
    if (node === null || node === undefined) return { ...from, value: null };
    const range = (node as { range?: [number, number, number] | null }).range;
    const here = range === null || range === undefined ? from : at(range[0]);
    if (isAlias(node)) return read(node.resolve(document), depth + 1, here);
    if (isSeq(node)) return { ...here, value: node.items.map((item) => read(item, depth + 1, here)) };
    if (isMap(node)) {
      const members = new Map<string, Member>();
      for (const { key, value } of node.items) {
        const name = read(key, depth + 1, here);
        // `on` is a boolean in YAML 1.1 and a word in 1.2; a number is a name too
        if (typeof name.value === 'object') throw wrong(path, name, 'a name must be one word');
        members.set(String(name.value), { key: name, value: read(value, depth + 1, name) });
      }
      return { ...here, value: members };
    }
    if (isScalar(node)) {
      const { value } = node;
      const kind = typeof value;
      if (value === null || kind === 'string' || kind === 'boolean')
        return { ...here, value: value as string };
      if (kind === 'number' && Number.isFinite(value)) return { ...here, value: value as number };
      return { ...here, value: node.source ?? String(value) };
    }
    throw wrong(path, here, 'this is no value a workflow may hold');
  };
  return read(document.contents, 0, { line: 1, column: 1 });
}

export function wrong(
  path: string,
  { line, column }: { readonly line: number; readonly column: number },
  message: string,
  hint?: string,
): BitError {
  return new BitError('usage', `${path}:${line}:${column}: ${message}`, {
    ...(hint === undefined ? {} : { hint }),
    details: { file: path, line, column },
  });
}

/** The value without its places. */
export function plain({ value }: Tree): Json {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Map) {
    return Object.fromEntries(
      [...(value as ReadonlyMap<string, Member>)].map(([name, member]) => [name, plain(member.value)]),
    );
  }
  return (value as readonly Tree[]).map(plain);
}

/** Reads a tree by its expected shape; what is not as expected is told with its place. */
export class Shape {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  fail(tree: Tree, message: string, hint?: string): never {
    throw wrong(this.path, tree, message, hint);
  }

  /** The members of a map, all of whose names are known. */
  map(tree: Tree, what: string, known?: readonly string[]): ReadonlyMap<string, Member> {
    if (!(tree.value instanceof Map)) return this.fail(tree, `${what} must be a map of names and values`);
    const members = tree.value as ReadonlyMap<string, Member>;
    for (const [name, { key }] of known === undefined ? [] : members) {
      if (known?.includes(name) === true) continue;
      const near = nearest(name, known ?? []);
      const shown = printable(shorten(name, 60));
      this.fail(
        key,
        `${what} has no key ${shown}`,
        near.length > 0 ? `did you mean: ${near.join(', ')}` : `it has: ${known?.join(', ')}`,
      );
    }
    return members;
  }

  list(tree: Tree, what: string): readonly Tree[] {
    if (!Array.isArray(tree.value)) return this.fail(tree, `${what} must be a list`);
    return tree.value as readonly Tree[];
  }

  /** A text; numbers and booleans stand for how they are written. */
  text(tree: Tree, what: string): string {
    if (tree.value === null || typeof tree.value === 'object')
      return this.fail(tree, `${what} must be a text`);
    return String(tree.value);
  }

  /** A text, or a list of texts. */
  texts(tree: Tree, what: string): readonly string[] {
    if (!Array.isArray(tree.value)) return [this.text(tree, what)];
    return (tree.value as readonly Tree[]).map((item) => this.text(item, what));
  }

  number(tree: Tree, what: string, least: number, most: number): number {
    const { value } = tree;
    if (typeof value !== 'number' || value < least || value > most)
      return this.fail(tree, `${what} must be a number from ${least} to ${most}`);
    return value;
  }

  boolean(tree: Tree, what: string): boolean {
    if (typeof tree.value !== 'boolean') return this.fail(tree, `${what} must be true or false`);
    return tree.value;
  }

  /** Texts by name. */
  record(tree: Tree, what: string): Readonly<Record<string, string>> {
    return Object.fromEntries(
      [...this.map(tree, what)].map(([name, { value }]) => [name, this.text(value, `${what}.${name}`)]),
    );
  }
}
