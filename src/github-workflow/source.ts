import { createRequire } from 'node:module';
import type * as YamlLibrary from 'yaml';
import { BitError } from '../kernel/errors.ts';

/** Where something stands in a file, from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Where it stands, and its bytes in the file. */
interface Standing {
  readonly at: Place;
  /** Offsets of its first character and past its last one. */
  readonly range: readonly [start: number, end: number];
}

export interface Scalar extends Standing {
  readonly kind: 'scalar';
  readonly value: null | boolean | number | string;
}

export interface List extends Standing {
  readonly kind: 'list';
  readonly items: readonly Tree[];
}

export interface Entry {
  readonly key: Scalar;
  readonly value: Tree;
}

export interface Mapping extends Standing {
  readonly kind: 'map';
  readonly entries: readonly Entry[];
}

/** A YAML document with its aliases resolved. */
export type Tree = Scalar | List | Mapping;

export interface Problem {
  readonly message: string;
  readonly at: Place;
}

/** A YAML file: its tree, or what is wrong with it. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly root: Tree | undefined;
  readonly problems: readonly Problem[];
}

const MOST_BYTES = 1024 * 1024;
/** Aliases counted as often as they stand. */
const MOST_NODES = 300_000;
const MOST_DEPTH = 100;

let library: typeof YamlLibrary | undefined;
function yaml(): typeof YamlLibrary {
  library ??= createRequire(import.meta.url)('yaml') as typeof YamlLibrary;
  return library;
}

/** Throws a `usage` BitError only for a file that is too large to look at. */
export function readSource(path: string, text: string): Source {
  if (Buffer.byteLength(text) > MOST_BYTES)
    throw new BitError('usage', `${path} is larger than ${MOST_BYTES >> 20} MiB`, {
      details: { file: path },
    });
  const { parseDocument } = yaml();
  const at = placesOf(text);
  try {
    const document = parseDocument(text, {
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'error',
    });
    if (document.errors.length > 0) {
      const problems = document.errors.map((error) => ({ message: error.message, at: at(error.pos[0]) }));
      return { path, text, root: undefined, problems };
    }
    const problems: Problem[] = [];
    const root =
      document.contents === null ? undefined : new Reading(document, at, problems).tree(document.contents);
    return { path, text, root: problems.length > 0 ? undefined : root, problems };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { path, text, root: undefined, problems: [tooDeep({ line: 1, column: 1 })] };
  }
}

function tooDeep(at: Place): Problem {
  return { message: `nested deeper than ${MOST_DEPTH}`, at };
}

/** From an offset to a line and a column. */
export function placesOf(text: string): (offset: number) => Place {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

class Reading {
  readonly document: YamlLibrary.Document;
  readonly at: (offset: number) => Place;
  readonly problems: Problem[];
  readonly open = new Set<unknown>();
  nodes = 0;

  constructor(document: YamlLibrary.Document, at: (offset: number) => Place, problems: Problem[]) {
    this.document = document;
    this.at = at;
    this.problems = problems;
  }

  tree(node: unknown, depth = 0): Tree {
    const { isAlias, isMap, isScalar, isSeq } = yaml();
    const standing = this.standing(node);
    if (++this.nodes > MOST_NODES)
      return this.refuse(standing, `more than ${MOST_NODES} values, aliases counted as often as they stand`);
    if (depth > MOST_DEPTH) return this.refuse(standing, tooDeep(standing.at).message);
    if (isAlias(node)) {
      const target = node.resolve(this.document);
      if (target === undefined || this.open.has(target))
        return this.refuse(standing, `the alias *${node.source} stands for nothing, or for itself`);
      return this.within(target, () => this.tree(target, depth + 1));
    }
    if (isScalar(node)) return { kind: 'scalar', value: scalarValue(node.value), ...standing };
    if (isSeq(node))
      return this.within(node, () => ({
        kind: 'list',
        items: this.each(node.items, (item) => this.tree(item, depth + 1)),
        ...standing,
      }));
    if (isMap(node))
      return this.within(node, () => ({
        kind: 'map',
        entries: this.each(node.items, (pair) => this.entry(pair, depth + 1, standing)),
        ...standing,
      }));
    return { kind: 'scalar', value: null, ...standing };
  }

  entry(pair: YamlLibrary.Pair, depth: number, standing: Standing): Entry {
    const key = this.tree(pair.key, depth);
    if (key.kind !== 'scalar') this.problems.push({ message: 'a key must be text', at: key.at });
    const named: Scalar = key.kind === 'scalar' ? key : { kind: 'scalar', value: '', ...standing };
    return {
      key: named,
      value: pair.value === null ? { ...named, value: null } : this.tree(pair.value, depth),
    };
  }

  /** Stops once something was refused, so that a bomb costs no more than the limit. */
  each<Item, Out>(items: readonly Item[], make: (item: Item) => Out): readonly Out[] {
    const made: Out[] = [];
    for (const item of items) {
      if (this.problems.length > 0) break;
      made.push(make(item));
    }
    return made;
  }

  within<Out>(node: unknown, make: () => Out): Out {
    this.open.add(node);
    try {
      return make();
    } finally {
      this.open.delete(node);
    }
  }

  refuse(standing: Standing, message: string): Tree {
    this.problems.push({ message, at: standing.at });
    return { kind: 'scalar', value: null, ...standing };
  }

  standing(node: unknown): Standing {
    const range = yaml().isNode(node) ? node.range : undefined;
    const [start, end] = range ?? [0, 0];
    return { at: this.at(start), range: [start, end] };
  }
}

function scalarValue(value: unknown): Scalar['value'] {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value;
  return value === undefined ? null : String(value);
}

/** The member of a mapping, undefined for anything else. Names are as GitHub's schema has them: in lower case. */
export function at(tree: Tree | undefined, key: string): Tree | undefined {
  if (tree?.kind !== 'map') return undefined;
  return tree.entries.find((entry) => String(entry.key.value).toLowerCase() === key)?.value;
}

export function textAt(tree: Tree | undefined, key: string): string | undefined {
  const value = at(tree, key);
  return value?.kind === 'scalar' && value.value !== null ? String(value.value) : undefined;
}

/** A list's texts, or the one text that stands instead of a list. */
export function texts(tree: Tree | undefined): readonly string[] {
  if (tree === undefined) return [];
  if (tree.kind === 'list') return tree.items.flatMap(texts);
  return tree.kind === 'scalar' && tree.value !== null ? [String(tree.value)] : [];
}

export function entries(tree: Tree | undefined): readonly Entry[] {
  return tree?.kind === 'map' ? tree.entries : [];
}

const tables = new WeakMap<Source, (offset: number) => Place>();

/**
 * Where the nth `${{` of a scalar stands in the file, whatever the scalar's style: block, folded, quoted or plain.
 */
export function expressionPlace(source: Source, scalar: Scalar, nth: number): Place {
  const [start, end] = scalar.range;
  let found = start;
  for (let count = 0; count <= nth; count++) {
    const next = source.text.indexOf('${{', count === 0 ? start : found + 3);
    if (next < 0 || next >= end) return scalar.at;
    found = next;
  }
  let places = tables.get(source);
  if (places === undefined) {
    places = placesOf(source.text);
    tables.set(source, places);
  }
  return places(found);
}
