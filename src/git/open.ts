import { type CloneOptions, cloneWithProgram, type InitOptions, initWithProgram } from './clone.ts';
import { type Environment, findProgram } from './environment.ts';
import type { GitResult, GitWriter, RepositoryPaths, RunOptions } from './index.ts';
import type { HttpAuthentication } from './isomorphic.ts';
import { openGit } from './program.ts';
import type { OpenGitOptions } from './program-reader.ts';
import { Runner } from './runner.ts';

export interface OpenBestOptions extends OpenGitOptions {
  /** Credentials for the adapter without `git`, which reads no credential helper. */
  readonly authenticate?: HttpAuthentication;
}

/** The program adapter where `git` is on PATH, else the one that needs no program. */
export async function openBestGit(options: OpenBestOptions): Promise<GitWriter> {
  if (findProgram('git', options.env) !== undefined) return openGit(options);
  const { openIsomorphic } = await import('./isomorphic.ts');
  return openIsomorphic(options);
}

/**
 * Clones into exactly `directory`, which must not exist; a failed or aborted clone leaves nothing there. Give a
 * temporary sibling of the wanted name and rename it when all is well.
 */
export async function cloneRepository(
  options: CloneOptions & { readonly authenticate?: HttpAuthentication },
): Promise<RepositoryPaths> {
  if (findProgram('git', options.env) !== undefined) return cloneWithProgram(options);
  const { cloneWithoutProgram } = await import('./isomorphic-transfer.ts');
  return cloneWithoutProgram(options);
}

/** Makes an empty repository in `directory`, which is made if need be. */
export async function initRepository(directory: string, options: InitOptions): Promise<RepositoryPaths> {
  if (findProgram('git', options.env) !== undefined) return initWithProgram(directory, options);
  const { initWithoutProgram } = await import('./isomorphic-transfer.ts');
  return initWithoutProgram(directory, options);
}

/** A git command outside any repository. @throws BitError 'missing-tool' where there is no git */
export async function runGit(
  args: readonly string[],
  { env, cwd, ...options }: RunOptions & { readonly env: Environment; readonly cwd: string },
): Promise<GitResult> {
  const { stdout, stderr, exitCode } = await new Runner({ env, cwd }).call(args, options);
  return { stdout: stdout.toString(options.encoding ?? 'utf8'), stderr, exitCode };
}
