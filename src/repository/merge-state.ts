import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { operationInProgress, type RepositoryPaths } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';

/** Files by which git knows what it is in the middle of; a commit or an abort removes them. */
const STATE_FILES = [
  'MERGE_HEAD',
  'MERGE_MSG',
  'MERGE_MODE',
  'MERGE_RR',
  'SQUASH_MSG',
  'CHERRY_PICK_HEAD',
  'REVERT_HEAD',
  'AUTO_MERGE',
] as const;

/** Absolute paths of all of them, for `Touches.files`: undo then puts git back into the middle of it. */
export function stateFiles(paths: RepositoryPaths): string[] {
  return STATE_FILES.map((name) => join(paths.gitDir, name));
}

/** Whether a merge, cherry-pick or revert waits for its commit, or a squash message for its use. */
export function awaitsCommit(paths: RepositoryPaths): boolean {
  return ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD', 'SQUASH_MSG', 'MERGE_MSG'].some((name) =>
    existsSync(join(paths.gitDir, name)),
  );
}

export function mergeInProgress(paths: RepositoryPaths): boolean {
  return existsSync(join(paths.gitDir, 'MERGE_HEAD'));
}

/** @throws BitError `conflict` where a merge, rebase, cherry-pick or revert is under way in this work tree */
export function refuseInTheMiddle(paths: RepositoryPaths): void {
  const operation = operationInProgress(paths.gitDir);
  if (operation === undefined || operation === 'bisect') return;
  throw new BitError('conflict', `a ${operation} is under way here`, {
    hint: `finish it with bit resume, or give it up with: bit resume --abort`,
    details: { operation },
  });
}

/** Absolute path of a ref's log, shared between work trees. */
export function reflogFile(paths: RepositoryPaths, ref: string): string {
  return join(paths.commonDir, 'logs', ...ref.split('/'));
}

/** The repository's own configuration. */
export function configFile(paths: RepositoryPaths): string {
  return join(paths.commonDir, 'config');
}
