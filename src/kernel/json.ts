import canonicalize from 'canonicalize';

/** JSON as TypeScript sees it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/**
 * Canonical JSON, RFC 8785 (JCS): keys sorted by UTF-16 code unit, ECMAScript number form, no white space.
 *
 * @throws TypeError for a value that has no canonical form (NaN, infinities, lone surrogates, `undefined`)
 */
export function canonicalJson(value: Json): string {
  const text = plainly(value, 0) ?? canonicalize(value);
  if (text === undefined || !text.isWellFormed() || hasLoneSurrogate(text)) {
    throw new TypeError('the value has no canonical JSON');
  }
  return text;
}

/** Deeper documents than ours ever are go to the library, which doesn't recurse. */
const MOST_LEVELS = 100;

/**
 * What the library makes of plain JSON, a millisecond an action sooner; undefined for anything else (`toJSON`, boxed
 * values, cycles, NaN), where the library knows what becomes of it.
 */
function plainly(value: unknown, level: number): string | undefined {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? JSON.stringify(value) : undefined;
  if (typeof value !== 'object' || level > MOST_LEVELS) return undefined;
  return Array.isArray(value) ? plainArray(value, level) : plainObject(value, level);
}

function plainArray(items: readonly unknown[], level: number): string | undefined {
  let text = '[';
  for (const item of items) {
    const part = plainly(item, level + 1);
    if (part === undefined) return undefined;
    text += text === '[' ? part : `,${part}`;
  }
  return `${text}]`;
}

function plainObject(value: object, level: number): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if ((prototype !== Object.prototype && prototype !== null) || 'toJSON' in value) return undefined;
  let text = '{';
  for (const name of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[name];
    if (member === undefined) continue;
    const part = plainly(member, level + 1);
    if (part === undefined) return undefined;
    text += `${text === '{' ? '' : ','}${JSON.stringify(name)}:${part}`;
  }
  return `${text}}`;
}

/** `JSON.stringify` escapes a lone surrogate; a backslash that is itself escaped begins no escape. */
function hasLoneSurrogate(json: string): boolean {
  return json.includes('\\ud') && /(?<!\\)(?:\\\\)*\\ud[89a-f][0-9a-f]{2}/.test(json);
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
