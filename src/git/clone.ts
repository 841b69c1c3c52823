import { existsSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';
import { printable } from '../kernel/text.ts';
import { discoverRepository } from './discover.ts';
import type { Environment } from './environment.ts';
import type { GitInvocation, ProgressEvent, RepositoryPaths } from './index.ts';
import { checkRefName, checkRemote, checkShortName } from './names.ts';
import { Runner } from './runner.ts';
import { transfer } from './transfer.ts';

export interface CloneOptions {
  readonly url: string;
  /** Made by the clone, and gone again if it fails. Must not exist. */
  readonly directory: string;
  readonly depth?: number;
  readonly branch?: string;
  /** Partial clone, e.g. `blob:none`. */
  readonly filter?: string;
  readonly mirror?: boolean;
  readonly bare?: boolean;
  readonly prompt?: boolean;
  readonly onProgress?: (event: ProgressEvent) => void;
  readonly onInvocation?: (invocation: GitInvocation) => void;
  readonly signal?: AbortSignal;
  readonly env: Environment;
}

/** Clones with the `git` program into exactly `directory`. A failed or aborted clone leaves nothing there. */
export async function cloneWithProgram(options: CloneOptions): Promise<RepositoryPaths> {
  const directory = prepareTarget(options);
  const { depth, branch, filter, signal, onProgress } = options;
  const args = [
    ...['clone', '--progress'],
    ...(depth === undefined ? [] : [`--depth=${depth}`]),
    ...(branch === undefined ? [] : ['--branch', checkRefName(branch)]),
    ...(filter === undefined ? [] : [`--filter=${filter}`]),
    // a local path would ignore depth and filter, with a warning only
    ...(depth === undefined && filter === undefined ? [] : ['--no-local']),
    ...(options.mirror === true ? ['--mirror'] : options.bare === true ? ['--bare'] : []),
    ...['--', checkRemote(options.url), directory],
  ];
  const git = new Runner({ ...options, cwd: dirname(directory) });
  try {
    await transfer(git, args, {
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
  return openedAt(directory, options.env);
}

/** Checks that fail before anything is written, and the parent folder. */
export function prepareTarget(options: CloneOptions): string {
  checkRemote(options.url);
  if (options.depth !== undefined && !(Number.isSafeInteger(options.depth) && options.depth > 0)) {
    throw new BitError('usage', `depth ${options.depth} is not a positive whole number`);
  }
  const directory = resolve(options.directory);
  if (existsSync(directory)) throw new BitError('conflict', `${printable(directory)} exists already`);
  makeDirectory(dirname(directory));
  return directory;
}

export interface InitOptions {
  readonly env: Environment;
  readonly branch?: string;
  readonly bare?: boolean;
  readonly onInvocation?: (invocation: GitInvocation) => void;
}

/** Makes an empty repository with the `git` program; harmless on one that exists. */
export async function initWithProgram(directory: string, options: InitOptions): Promise<RepositoryPaths> {
  const target = resolve(directory);
  makeDirectory(target);
  await new Runner({ ...options, cwd: target }).call([
    ...['init', '--quiet'],
    ...(options.branch === undefined ? [] : [`--initial-branch=${checkShortName('branch', options.branch)}`]),
    ...(options.bare === true ? ['--bare'] : []),
  ]);
  return openedAt(target, options.env);
}

export function openedAt(directory: string, env: Environment): RepositoryPaths {
  const paths = discoverRepository(directory, {
    GIT_DISCOVERY_ACROSS_FILESYSTEM: env['GIT_DISCOVERY_ACROSS_FILESYSTEM'],
  });
  if (paths === undefined)
    throw new BitError('failed', `${printable(directory)} is no repository after git made it`);
  return paths;
}

export interface GitVersion {
  readonly text: string;
  readonly major: number;
  readonly minor: number;
}

/** The version of the `git` on PATH, or undefined where there is none. */
export async function gitVersion(env: Environment, cwd: string): Promise<GitVersion | undefined> {
  let git: Runner;
  try {
    git = new Runner({ env, cwd });
  } catch {
    return undefined;
  }
  const text = (await git.text(['--version'])).trim().replace(/^git version /, '');
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(text) ?? [];
  return { text, major: Number(major), minor: Number(minor) };
}
