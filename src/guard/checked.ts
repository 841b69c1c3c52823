import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../kernel/files.ts';
import type { CheckedSets } from '../policy/index.ts';

/** This many sets are remembered before the folder is begun anew. */
const MOST = 64;

/**
 * Policy sets that this very build of `bit` found without fault, by digest, in the user's cache: an empty promise but
 * for its owner. Only a file that nobody else could have written counts; without one the set is checked whole.
 */
export function checkedSets(cacheDirectory: string, build: string): CheckedSets {
  const folder = join(cacheDirectory, 'policies');
  const nameOf = (digest: string): string => `${build}-${digest.replace('sha256:', '')}`;
  return {
    has(digest) {
      const path = join(folder, nameOf(digest));
      try {
        return isOwn(folder) && isOwn(path) && readFileSync(path, 'utf8') === `${nameOf(digest)}\n`;
      } catch {
        return false;
      }
    },
    add(digest) {
      try {
        const path = join(folder, nameOf(digest));
        writeFileAtomic(path, `${nameOf(digest)}\n`, { mode: 0o600 });
        dropOthers(folder, build);
      } catch {
        // checked whole the next time too
      }
    },
  };
}

/** No link, and of this user alone. */
function isOwn(path: string): boolean {
  const { uid, mode } = lstatSync(path);
  const link = (mode & 0o170000) === 0o120000;
  return !link && (process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0));
}

function dropOthers(folder: string, build: string): void {
  const names = readdirSync(folder);
  const full = names.length > MOST;
  for (const name of names)
    if (full || !name.startsWith(`${build}-`)) rmSync(join(folder, name), { force: true });
}
