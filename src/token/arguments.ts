import { BitError } from '../kernel/errors.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import { parseMoment } from '../kernel/moment.ts';
import { printable, shorten } from '../kernel/text.ts';

/** Seconds of `30m`, `8h`, `90d`. @throws BitError `usage` */
export function parseLife(text: string): number {
  const zero = new Date(0);
  if (/^\d{1,6}\s*[a-z]+$/i.test(text.trim()))
    return (zero.getTime() - parseMoment(text, zero).getTime()) / 1000;
  throw new BitError('usage', `'${printable(shorten(text))}' is no life of a token`, {
    hint: 'write a number and a unit: 30m, 8h, 90d',
  });
}

/** `name=value` pairs; a value that reads as JSON is that. */
export function parsePolicy(pairs: readonly string[]): JsonObject {
  return Object.fromEntries(
    pairs.map((pair): [string, Json] => {
      const equals = pair.indexOf('=');
      const name = pair.slice(0, equals);
      if (equals < 1 || name === '__proto__')
        throw new BitError('usage', `--pol ${printable(shorten(pair))}: write name=value`);
      return [name, jsonOrText(pair.slice(equals + 1))];
    }),
  );
}

function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
