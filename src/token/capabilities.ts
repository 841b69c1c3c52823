import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';

/**
 * A capability is `area:verb`, deeper where an area has parts: `repo:commit`, `registry:push`,
 * `github:read:repos:owner:name`. In a pattern `*` stands for one part, and as the last one for all that follow;
 * `rw` for reading and writing.
 */
const PART = /^(?:\*|[A-Za-z0-9_][A-Za-z0-9_.-]{0,63})$/;
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
  const parts = wanted.split(':');
  return patterns.some((pattern) => patternCovers(pattern.split(':'), parts));
}

function patternCovers(pattern: readonly string[], wanted: readonly string[]): boolean {
  for (const [index, part] of pattern.entries()) {
    const other = wanted[index];
    if (other === undefined) return false;
    if (part === '*') {
      if (index === pattern.length - 1) return true;
      continue;
    }
    if (part !== other && !(part === 'rw' && READS.has(other))) return false;
  }
  return pattern.length === wanted.length;
}

/** What of `wanted` no pattern covers. */
export function uncovered(patterns: readonly string[], wanted: readonly string[]): readonly string[] {
  return wanted.filter((capability) => !covers(patterns, capability));
}

/** The capability a policy action needs: `repo.commit` needs `repo:commit`. */
export function capabilityOf(action: string): string {
  return action.replaceAll('.', ':');
}
