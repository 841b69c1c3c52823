import { MOST_DEPTH } from './limits.ts';
import { isExact } from './read-json.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** After so many characters a string is long, and the machine's own search is faster than a loop. */
const SHORT = 24;

/**
 * Members that a JSON text spells out, counted by their colons; -1 where it is nested too deeply. Means something only
 * for a text that is JSON, and costs a fraction of parsing it.
 */
export function countMembers(text: string): number {
  let depth = 0;
  let count = 0;
  const { length } = text;
  for (let at = 0; at < length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at + 1);
        break;
      case 0x3a: // :
        count += 1;
        break;
      case 0x7b: // {
      case 0x5b: // [
        depth += 1;
        if (depth > MOST_DEPTH) return -1;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        depth -= 1;
        break;
    }
  }
  return count;
}

/** Where the string ends whose first character is at `start`. */
function endOfString(text: string, start: number): number {
  const { length } = text;
  const near = Math.min(length, start + SHORT);
  for (let at = start; at < near; at++) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) return at;
    if (character === BACKSLASH) at += 1;
  }
  // once more from the start, for the loop may have ended behind a backslash
  for (let at = text.indexOf('"', start); at >= 0; at = text.indexOf('"', at + 1)) {
    let back = at - 1;
    while (back >= start && text.charCodeAt(back) === BACKSLASH) back -= 1;
    if ((at - back) % 2 === 1) return at;
  }
  return length;
}

/**
 * Members that a parsed value has, all the way down; NaN where it holds what is no I-JSON: a number that is not exact, a
 * member `__proto__`, or half a surrogate pair, looked for only if `escapes` says that there may be one.
 */
export function membersWithin(value: unknown, escapes: boolean): number {
  if (typeof value === 'string') return escapes && !value.isWellFormed() ? Number.NaN : 0;
  if (typeof value === 'number') return isExact(value) ? 0 : Number.NaN;
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) count += membersWithin(item, escapes);
    return count;
  }
  for (const name in value) {
    if (name === '__proto__' || (escapes && !name.isWellFormed())) return Number.NaN;
    count += 1 + membersWithin((value as Record<string, unknown>)[name], escapes);
  }
  return count;
}
