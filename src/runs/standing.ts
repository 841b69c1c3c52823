import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../kernel/digest.ts';
import type { Reader } from '../operation/index.ts';

/** Edited files that are looked at, for what a run stood on. */
const MOST = 1000;

/**
 * The commit a run stands on, and a digest of what stands otherwise in tracked files (their names, sizes and times): two
 * runs with both the same ran on the same files. Untracked files are not in it: runs leave some themselves.
 */
export async function standingOf(
  reader: Reader,
): Promise<{ readonly commit: string; readonly dirty?: string } | undefined> {
  const root = reader.repository?.root;
  if (root === undefined) return undefined;
  const [commit, status] = await Promise.all([
    reader.git.resolve('HEAD', 'commit'),
    reader.git.status({ untracked: false }),
  ]);
  if (commit === undefined) return undefined;
  const changed = [...status.changed.map(({ path }) => path), ...status.conflicted].slice(0, MOST);
  if (changed.length === 0) return { commit };
  const facts = changed.sort().map((path) => {
    const file = lstatSync(join(root, path), { throwIfNoEntry: false });
    return [path, file?.size ?? -1, file?.mtimeMs ?? 0, file?.mode ?? 0];
  });
  return { commit, dirty: sha256(JSON.stringify(facts)).toString('hex').slice(0, 16) };
}
