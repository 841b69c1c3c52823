import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { sep } from 'node:path';

/**
 * Ids of git processes whose working directory lies in one of `directories`; undefined where the system does not
 * tell (no `/proc`).
 */
export function gitProcessesIn(directories: readonly (string | undefined)[]): number[] | undefined {
  if (process.platform !== 'linux') return undefined;
  const roots = directories.filter((directory) => directory !== undefined);
  const found: number[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (!readFileSync(`/proc/${name}/comm`, 'utf8').startsWith('git')) continue;
      const cwd = readlinkSync(`/proc/${name}/cwd`);
      if (roots.some((root) => cwd === root || cwd.startsWith(root + sep))) found.push(Number(name));
    } catch {
      // ended meanwhile, or another user's: its lock would not be ours to remove anyway
    }
  }
  return found;
}
