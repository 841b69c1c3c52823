import { posix, relative } from 'node:path';
import { printable, shorten } from '../../kernel/text.ts';
import type { Evidence, FailedStep } from '../model.ts';

/** A line of the failure's log, 0 the first, as a finding shows it. */
export function evidenceOf(failure: FailedStep, line: number): Evidence {
  const text = failure.log.split('\n', line + 1)[line] ?? '';
  return { text: `log of ${failure.job}/${failure.step}: ${printable(shorten(text, 300))}` };
}

/**
 * A path that a step named, relative to the tree: from the step's working directory, or absolute where the run
 * had its tree. Undefined for what leads out of it or into git's own folder.
 */
export function inTree(failure: FailedStep, named: string): string | undefined {
  if (named === '' || named.includes('\0') || named.length > 1000 || named.startsWith('~')) return undefined;
  if (named.startsWith('/'))
    return failure.workspace === '' ? undefined : cleanPath(relative(failure.workspace, named));
  return cleanPath(posix.join(failure.workingDirectory, named));
}

/** Relative, normalized, within the tree and not of git's own; undefined for any other. */
export function cleanPath(path: string): string | undefined {
  const clean = posix.normalize(path);
  const parts = clean.split('/');
  if (clean === '.' || clean.startsWith('/') || parts[0] === '..') return undefined;
  if (parts.some((part) => part.toLowerCase() === '.git' || part === '')) return undefined;
  return clean;
}
