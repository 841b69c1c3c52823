/**
 * Rego's values as JavaScript holds them. JSON is used in place, never converted: a decision must not pay for the
 * parts of its input no rule looks at. What JSON lacks has two classes: sets, and objects whose keys aren't strings.
 *
 * Numbers: a double, or a bigint for an integer a double can't hold exactly. Undefined is `undefined`.
 */

export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Value[]
  | PlainObject
  | RegoObject
  | RegoSet;
export interface PlainObject {
  readonly [key: string]: Value;
}

/** What equal values share and unequal ones don't; composites carry a prefix no string key can have. */
type Key = null | boolean | number | bigint | string;

const EMPTY: readonly Value[] = [];

export class RegoSet {
  /** Made with the first member: most sets of denials stay empty. */
  private members: Map<Key, Value> | undefined;
  private order: readonly Value[] | undefined;
  private text: string | undefined;

  constructor(items?: Iterable<Value>) {
    if (items !== undefined) for (const item of items) this.add(item);
  }

  add(item: Value): this {
    const key = keyOf(item);
    this.members ??= new Map();
    if (!this.members.has(key)) {
      this.members.set(key, item);
      this.order = undefined;
      this.text = undefined;
    }
    return this;
  }

  has(item: Value): boolean {
    return this.members?.has(keyOf(item)) === true;
  }

  get size(): number {
    return this.members?.size ?? 0;
  }

  /** Members in Rego's order. */
  sorted(): readonly Value[] {
    if (this.members === undefined) return EMPTY;
    this.order ??= [...this.members.values()].sort(compare);
    return this.order;
  }

  keyText(): string {
    this.text ??= `<${[...(this.members?.values() ?? [])].map(keyText).sort().join(',')}>`;
    return this.text;
  }
}

export class RegoObject {
  readonly members: Map<Key, readonly [Value, Value]> = new Map();
  private order: readonly (readonly [Value, Value])[] | undefined;

  constructor(entries: Iterable<readonly [Value, Value]> = []) {
    for (const [key, value] of entries) this.set(key, value);
  }

  set(key: Value, value: Value): this {
    this.members.set(keyOf(key), [key, value]);
    this.order = undefined;
    return this;
  }

  get(key: Value): Value | undefined {
    return this.members.get(keyOf(key))?.[1];
  }

  get size(): number {
    return this.members.size;
  }

  sorted(): readonly (readonly [Value, Value])[] {
    this.order ??= [...this.members.values()].sort((a, b) => compare(a[0], b[0]));
    return this.order;
  }
}

export type AnyObject = PlainObject | RegoObject;

export function isArray(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

export function isObject(value: Value | undefined): value is AnyObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RegoSet);
}

export function isNumber(value: Value | undefined): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

const hasOwn = Object.prototype.hasOwnProperty;

export function objectGet(object: AnyObject, key: Value): Value | undefined {
  if (object instanceof RegoObject) return object.get(key);
  if (typeof key !== 'string' || !hasOwn.call(object, key)) return undefined;
  return object[key];
}

export function objectSize(object: AnyObject): number {
  return object instanceof RegoObject ? object.size : Object.keys(object).length;
}

/** Entries in Rego's order of keys. */
export function objectEntries(object: AnyObject): readonly (readonly [Value, Value])[] {
  if (object instanceof RegoObject) return object.sorted();
  const keys = Object.keys(object);
  if (keys.length > 1) keys.sort(compareStrings);
  return keys.map((key) => [key, object[key] as Value] as const);
}

/** `collection[key]` with the key known; undefined where it leads nowhere. */
export function lookUp(from: Value, key: Value): Value | undefined {
  if (typeof from !== 'object' || from === null) return undefined;
  if (isArray(from))
    return typeof key === 'number' && Number.isInteger(key) && key >= 0 ? from[key] : undefined;
  if (from instanceof RegoSet) return from.has(key) ? key : undefined;
  return objectGet(from, key);
}

/**
 * `object.a.b.c` for constant names, the commonest of all expressions. A name that `Object.prototype` lacks can be
 * read from a plain object without asking whether it is its own.
 */
export function constantPath(names: readonly string[]): (from: Value | undefined) => Value | undefined {
  const safe = names.every((name) => !(name in Object.prototype));
  if (!safe) {
    return (from) =>
      names.reduce<Value | undefined>(
        (value, name) => (value === undefined ? undefined : lookUp(value, name)),
        from,
      );
  }
  return (from) => {
    let value = from;
    for (let i = 0; i < names.length; i++) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
      const name = names[i] as string;
      if (value instanceof RegoObject || value instanceof RegoSet) value = lookUp(value, name);
      else value = (value as PlainObject)[name];
    }
    return value;
  };
}

function keyOf(value: Value): Key {
  switch (typeof value) {
    case 'string':
      return value.charCodeAt(0) === 0 ? `\0s${value}` : value;
    case 'number':
      return Number.isInteger(value) && !Number.isSafeInteger(value) ? BigInt(value) : value;
    case 'object':
      return value === null ? null : `\0c${keyText(value)}`;
    default:
      return value;
  }
}

function keyText(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(keyOf(value));
  if (isArray(value)) return `[${value.map(keyText).join(',')}]`;
  if (value instanceof RegoSet) return value.keyText();
  const entries = objectEntries(value).map(([key, item]) => `${keyText(key)}:${keyText(item)}`);
  return `{${entries.sort().join(',')}}`;
}

/** Go compares strings as UTF-8 bytes, which is code point order; UTF-16 differs from it above the surrogates. */
export function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const xHigh = x >= 0xd800 && x <= 0xdfff;
    const yHigh = y >= 0xd800 && y <= 0xdfff;
    if (xHigh !== yHigh && x >= 0xd800 && y >= 0xd800) return xHigh ? 1 : -1;
    return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

/** null < boolean < number < string < array < object < set. */
function rank(value: Value): number {
  switch (typeof value) {
    case 'boolean':
      return 1;
    case 'number':
    case 'bigint':
      return 2;
    case 'string':
      return 3;
    default:
      if (value === null) return 0;
      return isArray(value) ? 4 : value instanceof RegoSet ? 6 : 5;
  }
}

export function compare(a: Value, b: Value): number {
  if (a === b) return 0;
  const rankA = rank(a);
  const rankB = rank(b);
  if (rankA !== rankB) return rankA < rankB ? -1 : 1;
  switch (rankA) {
    case 1:
      return a === false ? -1 : 1;
    case 2: {
      const x = a as number;
      const y = b as number;
      return x < y ? -1 : x > y ? 1 : 0;
    }
    case 3:
      return compareStrings(a as string, b as string);
    case 4:
      return compareLists(a as readonly Value[], b as readonly Value[]);
    case 6:
      return compareLists((a as RegoSet).sorted(), (b as RegoSet).sorted());
    default:
      return compareObjects(a as AnyObject, b as AnyObject);
  }
}

function compareLists(a: readonly Value[], b: readonly Value[]): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = compare(a[i] as Value, b[i] as Value);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareObjects(a: AnyObject, b: AnyObject): number {
  const left = objectEntries(a);
  const right = objectEntries(b);
  for (let i = 0; i < left.length && i < right.length; i++) {
    const [keyA, valueA] = left[i] as readonly [Value, Value];
    const [keyB, valueB] = right[i] as readonly [Value, Value];
    const order = compare(keyA, keyB) || compare(valueA, valueB);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

export function equal(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object') {
    return isNumber(a) && isNumber(b) && typeof a !== typeof b && compare(a, b) === 0;
  }
  return compare(a, b) === 0;
}

export function typeName(value: Value): string {
  return ['null', 'boolean', 'number', 'string', 'array', 'object', 'set'][rank(value)] as string;
}

/** A number in its one form: integers doubles can't hold exactly are bigints, all others doubles. */
export function normalNumber(value: number | bigint): number | bigint {
  if (typeof value === 'bigint') {
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }
  return Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21
    ? BigInt(value)
    : value;
}
