import type { Json } from '../../kernel/json.ts';
import { list, Name, NIL, Pair, Text, type Value } from './data.ts';
import { print } from './print.ts';

/** JSON as a program sees it: an object is an association list of symbols, an array a list, null the empty list. */
export function datumOf(value: Json): Value {
  if (value === null) return NIL;
  if (typeof value === 'string') return new Text(value);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value === 'boolean') return value;
  if (Array.isArray(value)) return list((value as readonly Json[]).map(datumOf));
  const entries = Object.entries(value as { readonly [name: string]: Json });
  return list(entries.map(([name, one]) => new Pair(Name.of(name), datumOf(one))));
}

/** The same as it is written in a program, to be quoted. */
export function datumText(value: Json): string {
  return print(datumOf(value), true);
}
