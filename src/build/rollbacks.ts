import { join } from 'node:path';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { type BuildCache, KEPT_ROLLBACKS } from './cache.ts';

export interface FileLists {
  readonly before: string;
  readonly after: string;
}

function listsPath(cache: BuildCache): string {
  return join(cache.directory, 'rollbacks');
}

/** The lists of files that pruning keeps with all they name: those of the last builds that changed anything. */
export function keptLists(cache: BuildCache): string[] {
  const text = readTextIfExists(listsPath(cache)) ?? '';
  return text.split(/\s+/).filter((word) => /^[0-9a-f]{64}$/.test(word));
}

export function rememberLists(cache: BuildCache, { before, after }: FileLists): void {
  const lists = [before, after, ...keptLists(cache)].slice(0, 2 * KEPT_ROLLBACKS);
  writeFileAtomic(listsPath(cache), `${lists.join('\n')}\n`, { mode: 0o600 });
}
