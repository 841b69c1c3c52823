import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';

/**
 * A capability is `area:verb`, deeper where an area has parts: `repo:commit`, `registry:push`,
 * `github:read:owner/repo:issues`. In a pattern `*` stands for one part, and as the last one for all that follow;
 * `owner/*` for every repository of an owner; `rw` for reading and writing. `github:read:owner/repo` is all of it.
 */
const PART = /^(?:\*|[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}(?:\/(?:\*|[A-Za-z0-9_.-]{1,100}))?)$/;
const MOST_PARTS = 12;
const READS: ReadonlySet<string> = new Set(['r', 'read', 'w', 'write']);

/** @throws BitError `usage` naming the pattern */
export function checkCapability(text: string): string {
  const parts = text.split(':');
  if (parts.length <= MOST_PARTS && parts.every((part) => PART.test(part))) return text;
  throw new BitError('usage', `'${printable(shorten(text))}' is no capability`, {
    hint: 'write area:verb, as in repo:commit, registry:push or orchestrate:*',
  });
}

/** Whether one of `patterns` covers `wanted`, itself a capability or a narrower pattern. */
export function covers(patterns: readonly string[], wanted: string): boolean {
  const parts = partsOf(wanted);
  return patterns.some((pattern) => patternCovers(partsOf(pattern), parts));
}

/** On GitHub who may do something with a repository may do it with every area of it; names have no case there. */
function partsOf(capability: string): readonly string[] {
  const parts = capability.split(':');
  if (parts[0] !== 'github') return parts;
  const lower = parts.map((part) => part.toLowerCase());
  return lower.length === 3 ? [...lower, '*'] : lower;
}

function patternCovers(pattern: readonly string[], wanted: readonly string[]): boolean {
  for (const [index, part] of pattern.entries()) {
    const other = wanted[index];
    if (other === undefined) return false;
    if (part === '*') {
      if (index === pattern.length - 1) return true;
      continue;
    }
    if (!partCovers(part, other)) return false;
  }
  return pattern.length === wanted.length;
}

function partCovers(part: string, other: string): boolean {
  if (part === other || (part === 'rw' && READS.has(other))) return true;
  return part.endsWith('/*') && other.startsWith(part.slice(0, -1));
}

/** What of `wanted` no pattern covers. */
export function uncovered(patterns: readonly string[], wanted: readonly string[]): readonly string[] {
  return wanted.filter((capability) => !covers(patterns, capability));
}

/** The capability a policy action needs: `repo.commit` needs `repo:commit`. */
export function capabilityOf(action: string): string {
  return action.replaceAll('.', ':');
}
