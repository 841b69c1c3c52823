/** Where the state of a repository lies, and where it must not. */
import { lstatSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RepositoryPaths } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';

/**
 * Where the refs really lie: the state belongs to them. A git directory whose `refs` leads into another's would else
 * be a way to move that one's branches with no policy and no ledger of theirs.
 */
export function homeOfRefs({ commonDir }: RepositoryPaths): string {
  const refs = join(commonDir, 'refs');
  const linked = lstatSync(refs, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return linked ? dirname(realpathSync(refs)) : commonDir;
}

/** A link there, as an unpacked clone may bring, would have the ledger written wherever it leads. */
export function refuseLinks(directories: readonly string[]): void {
  for (const path of directories) {
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) continue;
    throw new BitError('integrity', `${path} is a link, and bit writes its state to no link`, {
      hint: 'replace it by the folder it leads to, if that is yours',
      details: { path },
    });
  }
}

export function outsideRepository(cwd: string): BitError {
  return new BitError('not-found', `${cwd} is not inside a git repository`, {
    hint: 'start one with: bit init, or get one with: bit clone <repo>',
  });
}
