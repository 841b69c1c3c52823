/** Arguments of primitives, as they must be. */
import { Character, fail, Pair, Text, UNSPECIFIED, type Value } from '../data.ts';
import type { Machine } from '../machine.ts';
import { Primitive } from '../procedures.ts';

/** Members of anything a program makes at once. */
export const MOST_ITEMS = 10_000_000;

export const MANY = Number.POSITIVE_INFINITY;

export function primitive(
  title: string,
  least: number,
  most: number,
  call: (args: Value[], machine: Machine) => Value | undefined,
): Primitive {
  return new Primitive(title, [least, most], (args, machine) => call(args, machine) ?? UNSPECIFIED);
}

export function pair(value: Value | undefined, who: string): Pair {
  return value instanceof Pair ? value : wrong(who, 'a pair', value);
}

export function text(value: Value | undefined, who: string): Text {
  return value instanceof Text ? value : wrong(who, 'a string', value);
}

export function character(value: Value | undefined, who: string): Character {
  return value instanceof Character ? value : wrong(who, 'a character', value);
}

export function vector(value: Value | undefined, who: string): Value[] {
  return Array.isArray(value) ? value : wrong(who, 'a vector', value);
}

export function bytes(value: Value | undefined, who: string): Uint8Array {
  return value instanceof Uint8Array ? value : wrong(who, 'a bytevector', value);
}

/** An index from 0 to `most`. */
export function index(value: Value | undefined, most: number, who: string): number {
  const given = typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
  if (typeof given !== 'bigint') return wrong(who, 'an index', value);
  if (given < 0n || given > BigInt(most)) return fail(`${who}: ${given} is out of range (0 to ${most})`);
  return Number(given);
}

/** The `start` and `end` that many procedures take last. */
export function range(args: readonly Value[], at: number, length: number, who: string): [number, number] {
  const start = args[at] === undefined ? 0 : index(args[at], length, who);
  const end = args[at + 1] === undefined ? length : index(args[at + 1], length, who);
  return start > end ? fail(`${who}: it ends before it starts`) : [start, end];
}

export function wrong(who: string, wanted: string, value: Value | undefined): never {
  return fail(`${who}: not ${wanted}`, ...(value === undefined ? [] : [value]));
}
