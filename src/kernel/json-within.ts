import { BitError } from './errors.ts';
import type { Json } from './json.ts';

/**
 * JSON that a stranger wrote, no deeper than what reads it later may recurse.
 *
 * @throws BitError `integrity` for what is no JSON, or deeper
 */
export function parseJsonWithin(text: string, levels: number): Json {
  if (isDeeper(text, levels)) throw new BitError('integrity', `it is nested more than ${levels} levels deep`);
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new BitError('integrity', 'it is no JSON', { cause: error });
  }
}

/** Looks at brackets outside of strings alone; what else is wrong the parser says. */
function isDeeper(text: string, levels: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === 0x5c) at += 1;
      else if (code === 0x22) quoted = false;
    } else if (code === 0x22) quoted = true;
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > levels) return true;
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return false;
}
