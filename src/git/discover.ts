import { lstatSync, readFileSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import { isTrue, lastValue, readConfigFile } from './config-file.ts';
import type { RepositoryPaths } from './index.ts';

/** A gitfile or commondir file holds one path; git itself stops reading at 1 MiB. */
const MAX_POINTER_BYTES = 16_384;

/**
 * The repository `cwd` is in, found as git finds it (GIT_DIR, GIT_WORK_TREE, GIT_COMMON_DIR,
 * GIT_CEILING_DIRECTORIES and GIT_DISCOVERY_ACROSS_FILESYSTEM of `env` are obeyed), without starting a process.
 * All paths of the answer are real paths.
 *
 * @throws BitError 'not-found' where GIT_DIR or a `.git` file points to something that is no repository
 */
export function discoverRepository(
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): RepositoryPaths | undefined {
  const workTree = env['GIT_WORK_TREE'] || undefined;
  if (env['GIT_DIR']) {
    const gitDir = resolveDotGit(resolve(cwd, env['GIT_DIR']), commonFrom(cwd, env));
    if (gitDir === undefined) throw noRepository('GIT_DIR', env['GIT_DIR']);
    return describe(gitDir, commonFrom(cwd, env), (settings) => {
      if (workTree !== undefined) return resolve(cwd, workTree);
      return settings.worktree ?? (settings.bare ? undefined : cwd);
    });
  }
  const found = walkUp(cwd, env);
  if (found === undefined) return undefined;
  return describe(found.gitDir, commonFrom(cwd, env), (settings) => {
    if (workTree !== undefined) return resolve(cwd, workTree);
    if (found.parent === undefined || settings.bare) return settings.worktree;
    return settings.worktree ?? found.parent;
  });
}

function commonFrom(cwd: string, env: Readonly<Record<string, string | undefined>>): string | undefined {
  return env['GIT_COMMON_DIR'] ? resolve(cwd, env['GIT_COMMON_DIR']) : undefined;
}

/** `parent` is where the `.git` stands; undefined where the directory itself is the repository. */
function walkUp(
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): { gitDir: string; parent: string | undefined } | undefined {
  let directory = realPath(resolve(cwd));
  if (directory === undefined) return undefined;
  const ceiling = ceilingOf(directory, env['GIT_CEILING_DIRECTORIES']);
  const common = commonFrom(cwd, env);
  const device = isTrue(env['GIT_DISCOVERY_ACROSS_FILESYSTEM']) ? undefined : statSync(directory).dev;
  for (;;) {
    const gitDir = resolveDotGit(join(directory, '.git'), common);
    if (gitDir !== undefined) return { gitDir, parent: directory };
    if (isGitDirectory(directory, common)) return { gitDir: directory, parent: undefined };
    const parent = dirname(directory);
    if (parent === directory || parent === ceiling) return undefined;
    if (device !== undefined && statSync(parent).dev !== device) return undefined;
    directory = parent;
  }
}

/** The nearest proper ancestor of `directory` among the ceilings. An empty entry ends the resolving of links. */
function ceilingOf(directory: string, list: string | undefined): string | undefined {
  let resolveLinks = true;
  let nearest: string | undefined;
  for (const item of (list ?? '').split(delimiter)) {
    if (item === '') resolveLinks = false;
    if (!isAbsolute(item)) continue;
    const plain = resolve(item);
    const ceiling = resolveLinks ? (realPath(plain) ?? plain) : plain;
    const prefix = ceiling.endsWith(sep) ? ceiling : ceiling + sep;
    if (directory.startsWith(prefix) && ceiling.length > (nearest?.length ?? -1)) nearest = ceiling;
  }
  return nearest;
}

interface Settings {
  readonly bare: boolean;
  readonly worktree: string | undefined;
}

function describe(
  gitDir: string,
  explicitCommon: string | undefined,
  rootFor: (settings: Settings) => string | undefined,
): RepositoryPaths {
  const common = explicitCommon ?? commonDirectory(gitDir);
  const root = rootFor(settingsOf(gitDir, common));
  return {
    root: root === undefined ? undefined : (realPath(root) ?? resolve(root)),
    gitDir,
    commonDir: realPath(common) ?? common,
  };
}

/** In a linked work tree the shared core.bare and core.worktree speak of the main one only. */
function settingsOf(gitDir: string, commonDir: string): Settings {
  const shared = readConfigFile(join(commonDir, 'config'));
  const own = isTrue(lastValue(shared, 'extensions.worktreeconfig'))
    ? readConfigFile(join(gitDir, 'config.worktree'))
    : [];
  const entries = gitDir === commonDir ? [...shared, ...own] : own;
  const worktree = lastValue(entries, 'core.worktree');
  return {
    bare: isTrue(lastValue(entries, 'core.bare')),
    worktree: worktree === undefined ? undefined : resolve(gitDir, worktree),
  };
}

/** What a `.git` is: the directory itself, or where its `gitdir:` line points; undefined where there is none. */
export function resolveDotGit(path: string, common?: string): string | undefined {
  let stat: Stats | undefined;
  try {
    stat = statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
  if (stat === undefined) return undefined;
  if (stat.isDirectory()) return isGitDirectory(path, common) ? realPath(path) : undefined;
  if (!stat.isFile()) return undefined;
  const target = /^gitdir: (.+?)[\r\n]*$/s.exec(readPointer(path, stat.size))?.[1];
  if (target === undefined || target.includes('\0')) throw noRepository(path, 'no gitdir line');
  const gitDir = resolve(dirname(path), target);
  if (!isGitDirectory(gitDir, common)) throw noRepository(path, target);
  return realPath(gitDir);
}

function noRepository(where: string, target: string): BitError {
  return new BitError(
    'not-found',
    `${printable(where)} does not lead to a repository: ${printable(shorten(target, 200))}`,
    {
      hint: 'If a work tree was moved, `git worktree repair` in the main one mends the link.',
      details: { path: where },
    },
  );
}

function readPointer(path: string, size: number): string {
  if (size > MAX_POINTER_BYTES) throw noRepository(path, `a pointer of ${size} bytes`);
  return readFileSync(path, 'utf8');
}

export function commonDirectory(gitDir: string): string {
  const pointer = join(gitDir, 'commondir');
  try {
    const size = statSync(pointer, { throwIfNoEntry: false })?.size;
    if (size === undefined) return gitDir;
    return resolve(gitDir, readPointer(pointer, size).replace(/[\r\n]+$/, ''));
  } catch (error) {
    if (error instanceof BitError) throw error;
    return gitDir;
  }
}

/** Git's own test: a plausible HEAD, and `objects` and `refs` in the common directory. */
export function isGitDirectory(path: string, common?: string): boolean {
  const head = join(path, 'HEAD');
  try {
    if (lstatSync(head).isSymbolicLink()) {
      if (!readlinkSync(head).startsWith('refs/')) return false;
    } else {
      const size = statSync(head).size;
      if (size > MAX_POINTER_BYTES || !/^(ref:\s*refs\/|[0-9a-f]{40})/.test(readFileSync(head, 'utf8')))
        return false;
    }
    const shared = common ?? commonDirectory(path);
    return statSync(join(shared, 'objects')).isDirectory() && statSync(join(shared, 'refs')).isDirectory();
  } catch {
    return false;
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}
