import type { Node } from 'yaml';
import type { Json, JsonObject } from '../kernel/json.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import type { ObjectShape, Shape, TextShape } from './shape.ts';
import type { Fault, Place, YamlDocument } from './yaml.ts';

export interface Validated<Value> {
  /** Whole only where there is no fault. */
  readonly value: Value;
  readonly faults: readonly Fault[];
  /** Where the value at a path stands: `orchestration.flows[0].sequence[2].condition`. */
  readonly places: ReadonlyMap<string, Place>;
}

/** Nodes a document may come to once its aliases are expanded. */
const MOST_NODES = 50_000;
const MOST_FAULTS = 50;
const DEEPEST = 64;
const LONGEST_TEXT = 4096;
const LONGEST_LIST = 1000;

/**
 * Holds a document against a shape, whose `ValueOf` is `Value`, and finds everything that is wrong at once. Keys starting with `x-` are
 * the user's own (places for anchors) and passed over; a key without a value counts as not there.
 */
export function validate<Value>(document: YamlDocument, shape: Shape): Validated<Value> {
  const validation = new Validation(document);
  const value = validation.run(shape) as Value;
  return { value, faults: inOrder(validation.faults), places: validation.places };
}

function inOrder(faults: readonly Fault[]): Fault[] {
  return [...faults].sort((a, b) => a.line - b.line || a.column - b.column);
}

type Entry = { readonly key: string; readonly at: number; readonly value: Node | null };

class Validation {
  readonly faults: Fault[] = [];
  readonly places = new Map<string, Place>();
  readonly document: YamlDocument;
  #nodes = 0;
  #ended = false;

  constructor(document: YamlDocument) {
    this.document = document;
  }

  run(shape: Shape): Json | undefined {
    const { root } = this.document;
    // an empty document, and one that is `~`
    if (this.#isNull(root)) return shape.kind === 'object' ? this.#object([], shape, '', 0, 0) : undefined;
    return this.#value(root, shape, '', 0);
  }

  /** Undefined where it is wrong, or null. */
  #value(given: Node | null, shape: Shape, path: string, depth: number): Json | undefined {
    if (this.#ended) return undefined;
    const at = given?.range?.[0] ?? 0;
    if (++this.#nodes > MOST_NODES) return this.#stop(at, path, `it comes to more than ${MOST_NODES} values`);
    if (depth > DEEPEST) return this.#stop(at, path, `nested deeper than ${DEEPEST}`);
    const node = this.#resolved(given, path);
    if (node === null || node === undefined) return undefined;
    this.places.set(path, this.document.place(at));
    const { isMap, isScalar, isSeq } = this.document.library;
    if (isScalar(node) && node.value === null) return undefined;
    switch (shape.kind) {
      case 'any':
        return this.#any(node, path, depth);
      case 'either': {
        const kind = isMap(node) ? 'mapping' : isSeq(node) ? 'list' : scalarKind(node);
        const fitting = shape.of.find((one) => takes(one).includes(kind));
        if (fitting !== undefined) return this.#value(node, fitting, path, depth);
        return this.#fault(at, path, `must be ${shape.of.map(wanted).join(', or ')}`);
      }
      case 'list': {
        if (!isSeq(node)) return this.#fault(at, path, `must be ${wanted(shape)}`);
        const { least = 0, most = LONGEST_LIST } = shape;
        if (node.items.length < least || node.items.length > most)
          return this.#fault(at, path, `must have ${least} to ${most} items, and has ${node.items.length}`);
        return node.items.flatMap((item, index) => {
          const inner = `${path}[${index}]`;
          const value = this.#value(item as Node | null, shape.of, inner, depth + 1);
          if (value === undefined && this.#isNull(item as Node | null))
            this.#fault(this.#at(item, at), inner, `must be ${wanted(shape.of)}`);
          return value === undefined ? [] : [value];
        });
      }
      case 'map': {
        if (!isMap(node)) return this.#fault(at, path, `must be ${wanted(shape)}`);
        const members: [string, Json][] = [];
        for (const { key, at: where, value } of this.#entries(node, path, depth)) {
          const inner = joined(path, key);
          if (!(shape.names ?? /^[^\u0000-\u001f\u007f]{1,256}$/).test(key)) {
            this.#fault(where, inner, `is no name: ${shape.wanted ?? 'one line of at most 256 characters'}`);
            continue;
          }
          const member = this.#value(value, shape.of, inner, depth + 1);
          if (member !== undefined) members.push([key, member]);
          else if (this.#isNull(value)) {
            const empty: Json | undefined =
              shape.of.kind === 'object' ? {} : shape.of.kind === 'any' ? null : undefined;
            if (empty === undefined) this.#fault(where, inner, `must be ${wanted(shape.of)}`);
            else members.push([key, empty]);
          }
        }
        return fromEntries(members);
      }
      case 'object':
        if (!isMap(node)) return this.#fault(at, path, `must be ${wanted(shape)}`);
        return this.#object(this.#entries(node, path, depth), shape, path, at, depth);
      default:
        return this.#scalar(node, shape, path, at);
    }
  }

  #object(
    entries: readonly Entry[],
    shape: ObjectShape,
    path: string,
    at: number,
    depth: number,
  ): JsonObject {
    const known = Object.keys(shape.members);
    const members: [string, Json][] = [];
    const seen = new Set<string>();
    for (const { key, at: where, value } of entries) {
      const inner = joined(path, key);
      const member = Object.hasOwn(shape.members, key) ? shape.members[key] : undefined;
      if (member === undefined) {
        if (key.startsWith('x-')) continue;
        const near = nearest(key, known);
        if (shape.open === true && near.length === 0) {
          const own = this.#value(value, { kind: 'any' }, inner, depth + 1);
          if (own !== undefined) members.push([key, own]);
          continue;
        }
        const of = path === '' ? 'there is no key' : `${path} has no key`;
        const hint = near.length > 0 ? `did you mean: ${near.join(', ')}` : `it knows: ${known.join(', ')}`;
        this.#add(where, inner, `${of} ${printable(shorten(key))}`, shorten(hint, 400));
        continue;
      }
      if (this.#isNull(value)) {
        // `workflow_dispatch:` with nothing after it
        if (member.kind === 'object' && shape.oneOf === undefined) members.push([key, {}]);
        continue;
      }
      seen.add(key);
      const valid = this.#value(value, member, inner, depth + 1);
      if (valid !== undefined) members.push([key, valid]);
    }
    for (const key of shape.required ?? []) {
      if (!seen.has(key)) this.#add(at, path, `${path === '' ? 'the document' : path} lacks ${key}`);
    }
    const alternatives = shape.oneOf?.filter((key) => seen.has(key)) ?? [];
    if (shape.oneOf !== undefined && alternatives.length !== 1) {
      const what =
        alternatives.length === 0 ? 'needs one' : `has ${alternatives.join(' and ')}, and may have one`;
      this.#add(at, path, `${path} ${what} of ${shape.oneOf.join(', ')}`);
    }
    return fromEntries(members);
  }

  #scalar(
    node: Node,
    shape: Exclude<Shape, { kind: 'object' | 'map' | 'list' | 'either' | 'any' }>,
    path: string,
    at: number,
  ): Json | undefined {
    const value: unknown = this.document.library.isScalar(node) ? node.value : undefined;
    if (shape.kind === 'text') {
      // a version or a date without quotes is meant as it stands
      const source = this.document.library.isScalar(node) ? node.source : undefined;
      const said =
        typeof value === 'number' && source !== undefined && shape.options === undefined ? source : value;
      if (typeof said !== 'string') return this.#fault(at, path, `must be ${wanted(shape)}`);
      return this.#text(said, shape, path, at);
    }
    if (shape.kind === 'boolean')
      return typeof value === 'boolean' ? value : this.#fault(at, path, `must be ${wanted(shape)}`);
    const { least, most, whole } = shape;
    const fits =
      typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value));
    return fits ? value : this.#fault(at, path, `must be ${wanted(shape)}`);
  }

  #text(value: string, shape: TextShape, path: string, at: number): string | undefined {
    const { options, pattern, most = LONGEST_TEXT, lines = false } = shape;
    if (options !== undefined && !options.includes(value)) {
      const near = nearest(value, options);
      const hint = near.length > 0 ? `did you mean: ${near.join(', ')}` : undefined;
      const shown = printable(shorten(value, 40));
      return this.#fault(
        at,
        path,
        `must be ${wanted(shape)}, and is ${shown === '' ? 'empty' : shown}`,
        hint,
      );
    }
    const control = lines ? /[\u0000-\u0008\u000b-\u001f\u007f]/ : /[\u0000-\u001f\u007f]/;
    if (
      value.length > most ||
      control.test(value) ||
      !value.isWellFormed() ||
      (value === '' && pattern === undefined)
    )
      return this.#fault(at, path, `must be ${wanted(shape)}`);
    if (pattern !== undefined && !pattern.test(value))
      return this.#fault(at, path, `must be ${wanted(shape)}`);
    return value;
  }

  #any(node: Node, path: string, depth: number): Json | undefined {
    const { isMap, isSeq, isScalar } = this.document.library;
    if (isMap(node)) {
      const members = this.#entries(node, path, depth).map(({ key, value }): [string, Json] => [
        key,
        this.#value(value, { kind: 'any' }, joined(path, key), depth + 1) ?? null,
      ]);
      return fromEntries(members);
    }
    if (isSeq(node))
      return node.items.map(
        (item, index) =>
          this.#value(item as Node | null, { kind: 'any' }, `${path}[${index}]`, depth + 1) ?? null,
      );
    const value: unknown = isScalar(node) ? node.value : null;
    if (typeof value === 'string') return value.toWellFormed();
    if (typeof value === 'number') return Number.isFinite(value) ? value : null;
    return typeof value === 'boolean' ? value : null;
  }

  /** Keys with their values, with what `<<` brings after a mapping's own. */
  #entries(
    { items }: { readonly items: readonly { readonly key: unknown; readonly value: unknown }[] },
    path: string,
    depth: number,
  ): Entry[] {
    const { isScalar, isMap, isSeq } = this.document.library;
    const entries = new Map<string, Entry>();
    const merged: Node[] = [];
    for (const { key, value } of items) {
      const at = isScalar(key) ? (key.range?.[0] ?? 0) : 0;
      if (!isScalar(key) || !['string', 'number', 'boolean', 'symbol'].includes(typeof key.value)) {
        this.#add(
          this.#at(key, at),
          path,
          `${path === '' ? 'the document' : path} has a key that is no text`,
        );
        continue;
      }
      const name = typeof key.value === 'symbol' ? '<<' : (key.source ?? String(key.value));
      if (name === '<<') {
        const from = this.#resolved(value as Node | null, path);
        merged.push(...(isSeq(from) ? (from.items as Node[]) : from ? [from] : []));
      } else if (entries.has(name)) this.#add(at, joined(path, name), `${joined(path, name)} stands twice`);
      else entries.set(name, { key: name, at, value: value as Node | null });
    }
    if (depth > DEEPEST) return [...entries.values()];
    for (const one of merged) {
      const from = this.#resolved(one, path);
      if (!isMap(from)) {
        this.#add(this.#at(one, 0), path, '<< takes a mapping, or a list of them');
        continue;
      }
      for (const entry of this.#entries(from as never, path, depth + 1))
        if (!entries.has(entry.key)) entries.set(entry.key, entry);
      this.#nodes += from.items.length;
      if (this.#nodes > MOST_NODES) {
        this.#stop(this.#at(one, 0), path, `it comes to more than ${MOST_NODES} values`);
        break;
      }
    }
    return [...entries.values()];
  }

  #resolved(node: Node | null, path: string): Node | null | undefined {
    const { isAlias } = this.document.library;
    if (!isAlias(node)) return node;
    const at = node.range?.[0] ?? 0;
    const found = this.document.anchored(node.source, at);
    // an anchor around the alias itself would go on for ever
    const end = found?.range?.[2] ?? 0;
    if (found !== undefined && end <= at) return found;
    this.#add(
      at,
      path,
      found === undefined ? `there is no anchor ${node.source}` : `${node.source} holds itself`,
    );
    return undefined;
  }

  #isNull(node: Node | null): boolean {
    const { isScalar } = this.document.library;
    return node === null || (isScalar(node) && node.value === null);
  }

  #at(node: unknown, otherwise: number): number {
    return this.document.library.isNode(node) ? (node.range?.[0] ?? otherwise) : otherwise;
  }

  #fault(at: number, path: string, what: string, hint?: string): undefined {
    this.#add(at, path, `${path === '' ? 'the document' : path} ${what}`, hint);
    return undefined;
  }

  #stop(at: number, path: string, message: string): undefined {
    this.#add(at, path, message);
    this.#ended = true;
    return undefined;
  }

  #add(at: number, path: string, message: string, hint?: string): void {
    if (this.#ended) return;
    this.faults.push({ ...this.document.place(at), path, message, ...(hint === undefined ? {} : { hint }) });
    if (this.faults.length >= MOST_FAULTS) this.#ended = true;
  }
}

/** `a.b`; a key that isn't plain is quoted, and cut. */
export function joined(path: string, key: string): string {
  const name = /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(printable(shorten(key)));
  return path === '' ? name : `${path}.${name}`;
}

/** Own members only, whatever a key is called. */
function fromEntries(entries: readonly (readonly [string, Json])[]): JsonObject {
  const made: Record<string, Json> = {};
  for (const [key, value] of entries)
    Object.defineProperty(made, key, { value, enumerable: true, writable: true, configurable: true });
  return made;
}

type Kind = 'mapping' | 'list' | 'text' | 'number' | 'boolean';

function scalarKind(node: Node): Kind {
  const value: unknown = 'value' in node ? node.value : undefined;
  return typeof value === 'boolean' ? 'boolean' : typeof value === 'number' ? 'number' : 'text';
}

function takes(shape: Shape): readonly Kind[] {
  switch (shape.kind) {
    case 'object':
    case 'map':
      return ['mapping'];
    case 'either':
      return shape.of.flatMap(takes);
    case 'any':
      return ['mapping', 'list', 'text', 'number', 'boolean'];
    default:
      return [shape.kind];
  }
}

/** What a shape asks for, in words. */
function wanted(shape: Shape): string {
  switch (shape.kind) {
    case 'any':
      return 'a value';
    case 'either':
      return shape.of.map(wanted).join(', or ');
    case 'list':
      return 'a list';
    case 'map':
    case 'object':
      return 'a mapping';
    case 'boolean':
      return 'true or false';
    case 'number':
      return `a ${shape.whole ? 'whole ' : ''}number from ${shape.least} to ${shape.most}`;
    case 'text':
      if (shape.options !== undefined)
        return shape.options.length === 1 ? `${shape.options[0]}` : `one of ${shape.options.join(', ')}`;
      return shape.wanted ?? (shape.lines === true ? 'a text' : 'a text of one line');
  }
}
