import type { Json } from '../../kernel/json.ts';
import { isArray, isNumber, objectEntries, RegoSet, type Value } from './values.ts';

/** A value as Rego writes it. */
export function termText(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (isNumber(value)) return numberText(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (isArray(value)) return `[${value.map(termText).join(', ')}]`;
  if (value instanceof RegoSet)
    return value.size === 0 ? 'set()' : `{${value.sorted().map(termText).join(', ')}}`;
  return `{${objectEntries(value)
    .map(([k, v]) => `${termText(k)}: ${termText(v)}`)
    .join(', ')}}`;
}

/** Go's shortest form: exponents have at least two digits and start at 1e+21. */
export function numberText(value: number | bigint): string {
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2');
}

/** JSON text as Go writes it: no spaces, keys in order, `<`, `>`, `&` escaped unless `plain`. */
export function jsonText(value: Value, plain = false): string {
  if (typeof value === 'string') return stringText(value, plain);
  if (isNumber(value)) return numberText(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (isArray(value)) return `[${value.map((item) => jsonText(item, plain)).join(',')}]`;
  if (value instanceof RegoSet)
    return `[${value
      .sorted()
      .map((item) => jsonText(item, plain))
      .join(',')}]`;
  const entries = objectEntries(value).map(
    ([key, item]) => `${stringText(keyName(key), plain)}:${jsonText(item, plain)}`,
  );
  return `{${entries.join(',')}}`;
}

function stringText(text: string, plain: boolean): string {
  const quoted = JSON.stringify(text).replace(/[\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`);
  if (plain) return quoted;
  return quoted.replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
}

function keyName(key: Value): string {
  return typeof key === 'string' ? key : jsonText(key);
}

/** The value as JSON: sets become arrays in order, keys that aren't strings their JSON text, big integers doubles. */
export function toJson(value: Value): Json {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (isArray(value)) return value.map(toJson);
  if (value instanceof RegoSet) return value.sorted().map(toJson);
  const object: Record<string, Json> = {};
  for (const [key, item] of objectEntries(value)) {
    // `__proto__` has to become a key like any other.
    Object.defineProperty(object, keyName(key), {
      value: toJson(item),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return object;
}
