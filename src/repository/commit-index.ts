import { accessSync, constants, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { GitReader, RepositoryPaths } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';

/** Hooks of a commit that may change files or what is staged. */
const HOOKS = ['pre-commit', 'prepare-commit-msg', 'commit-msg', 'post-commit', 'post-rewrite'];

/** The folder with hooks of a commit that may change files; undefined where none of them runs. */
export async function commitHooks(git: GitReader): Promise<string | undefined> {
  const configured = await git.pathConfig('core.hooksPath');
  const base = git.paths.root ?? git.paths.gitDir;
  const folder =
    configured === undefined || configured === ''
      ? join(git.paths.commonDir, 'hooks')
      : resolve(base, configured);
  const runs = HOOKS.some((hook) => {
    try {
      accessSync(join(folder, hook), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  return runs ? folder : undefined;
}

/** Runs `work`; where it fails, what is staged is again what was staged before. */
export async function keepingIndex<Result>(
  paths: RepositoryPaths,
  work: () => Promise<Result>,
): Promise<Result> {
  const index = join(paths.gitDir, 'index');
  const before = existsSync(index) ? readFileSync(index) : undefined;
  try {
    return await work();
  } catch (error) {
    putBack(index, before, error);
    throw error;
  }
}

/** By git's own protocol: whoever creates `index.lock` may replace the index. */
function putBack(index: string, bytes: Uint8Array | undefined, cause: unknown): void {
  const lock = `${index}.lock`;
  try {
    writeFileSync(lock, bytes ?? '', { flag: 'wx' });
  } catch {
    throw new BitError(
      'failed',
      `${cause instanceof Error ? cause.message : String(cause)}; and what was staged stays staged: another git holds the index`,
      {
        cause,
        hint: 'unstage it with: bit reset',
      },
    );
  }
  if (bytes !== undefined) renameSync(lock, index);
  else {
    rmSync(index, { force: true });
    rmSync(lock);
  }
}
