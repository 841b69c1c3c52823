import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Names in git's directory by which it knows what it is in the middle of. */
const NAMES = [
  'MERGE_HEAD',
  'MERGE_MSG',
  'MERGE_MODE',
  'MERGE_RR',
  'SQUASH_MSG',
  'CHERRY_PICK_HEAD',
  'REVERT_HEAD',
  'REBASE_HEAD',
  'AUTO_MERGE',
  'sequencer',
  'rebase-merge',
  'rebase-apply',
] as const;

export function stateNames(gitDir: string): ReadonlySet<string> {
  return new Set(NAMES.filter((name) => existsSync(join(gitDir, name))));
}

/** Takes away what was not there before: an interrupted merge must not look like one that waits for its commit. */
export function dropNewState(gitDir: string, before: ReadonlySet<string>): void {
  for (const name of stateNames(gitDir)) {
    if (!before.has(name)) rmSync(join(gitDir, name), { recursive: true, force: true });
  }
}
