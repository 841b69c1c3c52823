import type { Json, JsonObject } from '../kernel/json.ts';
import { numberFrom, numberText } from './number.ts';

/** What `.*` makes: an index on it is taken of every item. */
export class Filtered {
  readonly items: readonly Json[];
  constructor(items: readonly Json[]) {
    this.items = items;
  }
}

export type Value = Json | Filtered;
export type Primitive = null | boolean | number | string;

export function isPrimitive(value: Value): value is Primitive {
  return value === null || typeof value !== 'object';
}

export function isArray(value: Value): value is readonly Json[] {
  return Array.isArray(value);
}

/** `''`, 0, NaN, null and false are false; every object and array is true. */
export function isTruthy(value: Value): boolean {
  if (!isPrimitive(value)) return true;
  return !(value === null || value === false || value === '' || value === 0 || Number.isNaN(value));
}

export function textOf(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'boolean') return String(value);
  return value instanceof Filtered || isArray(value) ? 'Array' : 'Object';
}

export function numberOf(value: Value): number {
  if (value === null) return 0;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? numberFrom(value) : Number.NaN;
}

function upper(text: string): string {
  // the dotless ı has no capital of its own here
  return text.includes('ı') ? text.replace(/[^ı]+/g, (part) => part.toUpperCase()) : text.toUpperCase();
}

export function equal(left: Value, right: Value): boolean {
  if (typeof left === 'string' && typeof right === 'string') return upper(left) === upper(right);
  if (left === null && right === null) return true;
  if (!isPrimitive(left) || !isPrimitive(right)) return left === right;
  if (typeof left === typeof right) return left === right;
  return numberOf(left) === numberOf(right);
}

/** Different kinds are compared as numbers, text without case, objects and arrays never. */
export function greater(left: Value, right: Value): boolean {
  if (typeof left === 'string' && typeof right === 'string') return upper(left) > upper(right);
  if (!isPrimitive(left) || !isPrimitive(right)) return false;
  if (left === null && right === null) return false;
  return numberOf(left) > numberOf(right);
}

export function startsWith(text: string, start: string): boolean {
  return upper(text).startsWith(upper(start));
}

export function endsWith(text: string, end: string): boolean {
  return upper(text).endsWith(upper(end));
}

export function includes(text: string, part: string): boolean {
  return text.toLowerCase().includes(part.toLowerCase());
}

/** Up to here looking through them is quicker than a table. */
const FEW = 12;
const lowered = new WeakMap<object, ReadonlyMap<string, string>>();

/** A member by its name in any case; undefined where there is none. Of names that differ only in case the first. */
export function member(object: JsonObject, name: string): Json | undefined {
  const low = name.toLowerCase();
  const keys = Object.keys(object);
  const key =
    keys.length > FEW
      ? keysOf(object, keys).get(low)
      : keys.find((candidate) => candidate.toLowerCase() === low);
  return key === undefined ? undefined : object[key];
}

function keysOf(object: JsonObject, names: readonly string[]): ReadonlyMap<string, string> {
  let keys = lowered.get(object);
  if (keys === undefined) {
    const made = new Map<string, string>();
    for (const key of names) {
      const low = key.toLowerCase();
      if (!made.has(low)) made.set(low, key);
    }
    keys = made;
    lowered.set(object, made);
  }
  return keys;
}
