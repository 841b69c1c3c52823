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
  const text = canonicalize(value);
  if (text === undefined || !text.isWellFormed() || hasLoneSurrogate(text)) {
    throw new TypeError('the value has no canonical JSON');
  }
  return text;
}

/** `JSON.stringify` escapes a lone surrogate; a backslash that is itself escaped begins no escape. */
function hasLoneSurrogate(json: string): boolean {
  return json.includes('\\ud') && /(?<!\\)(?:\\\\)*\\ud[89a-f][0-9a-f]{2}/.test(json);
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
