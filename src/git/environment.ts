import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve, sep } from 'node:path';
import { resolveDotGit } from './discover.ts';
import type { RepositoryPaths } from './index.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that point git at another repository, change what a pathspec means, or write into our streams. */
const REDIRECTING = new Set([
  ...['GIT_DIR', 'GIT_WORK_TREE', 'GIT_COMMON_DIR', 'GIT_NAMESPACE', 'GIT_PREFIX', 'GIT_IMPLICIT_WORK_TREE'],
  ...[
    'GIT_INTERNAL_SUPER_PREFIX',
    'GIT_CONFIG',
    'GIT_GRAFT_FILE',
    'GIT_SHALLOW_FILE',
    'GIT_REPLACE_REF_BASE',
  ],
  ...['GIT_LITERAL_PATHSPECS', 'GIT_GLOB_PATHSPECS', 'GIT_NOGLOB_PATHSPECS', 'GIT_ICASE_PATHSPECS'],
  ...['GIT_REDIRECT_STDIN', 'GIT_REDIRECT_STDOUT', 'GIT_REDIRECT_STDERR', 'GIT_OPTIONAL_LOCKS'],
]);
/** Set by git itself for its hooks. Kept only where they point into this repository. */
const OF_A_HOOK = new Set([
  ...['GIT_INDEX_FILE', 'GIT_OBJECT_DIRECTORY', 'GIT_ALTERNATE_OBJECT_DIRECTORIES', 'GIT_QUARANTINE_PATH'],
]);
/** What a person set for git's use of the terminal; in the way when its output is read by us. */
const FOR_PEOPLE = new Set([
  'GIT_EXTERNAL_DIFF',
  'GIT_DIFF_OPTS',
  'GIT_CURL_VERBOSE',
  'GIT_PAGER',
  'PAGER',
  'LANGUAGE',
]);

export interface EnvironmentOptions {
  readonly env: Environment;
  readonly paths?: RepositoryPaths;
  /** Git may ask for credentials on the terminal. */
  readonly prompt?: boolean;
  /** The child has the terminal: locale, pager and editor stay the person's. */
  readonly inherit?: boolean;
}

/** The environment a git child gets: the caller's, without what would redirect it. */
export function gitEnvironment(options: EnvironmentOptions): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [key, value] of Object.entries(options.env)) {
    if (value === undefined || REDIRECTING.has(key) || key.startsWith('GIT_TEST_')) continue;
    if (OF_A_HOOK.has(key) && !pointsInto(options.paths, key, value)) continue;
    if (options.inherit !== true) {
      if (FOR_PEOPLE.has(key)) continue;
      // traces to stderr would be taken for git's message; traces to files do no harm
      if (key.startsWith('GIT_TRACE') && !isAbsolute(value)) continue;
    }
    result[key] = key === 'GIT_ALLOW_PROTOCOL' ? withoutHelpers(value) : value;
  }
  if (options.inherit !== true) {
    result['LC_ALL'] = 'C';
    // piped, an editor could not be seen; a caller that wants one inherits the terminal
    result['GIT_EDITOR'] = ':';
    if (options.prompt !== true) result['GIT_TERMINAL_PROMPT'] = '0';
  }
  if (options.paths !== undefined && !isFoundFromRoot(options.paths)) {
    result['GIT_DIR'] = options.paths.gitDir;
    result['GIT_COMMON_DIR'] = options.paths.commonDir;
    if (options.paths.root !== undefined) result['GIT_WORK_TREE'] = options.paths.root;
  }
  return result;
}

/**
 * Whether git, started in the root, finds this very repository by itself. It then does, and so its check of the
 * owner (`safe.directory`) stays in force, which an explicit GIT_DIR would switch off.
 */
function isFoundFromRoot(paths: RepositoryPaths): boolean {
  if (paths.root === undefined) return paths.gitDir === paths.commonDir;
  try {
    return resolveDotGit(join(paths.root, '.git')) === paths.gitDir;
  } catch {
    return false;
  }
}

function pointsInto(paths: RepositoryPaths | undefined, key: string, value: string): boolean {
  if (paths === undefined) return false;
  const values = key === 'GIT_ALTERNATE_OBJECT_DIRECTORIES' ? value.split(delimiter) : [value];
  return values.every((item) => {
    const path = resolve(paths.root ?? paths.gitDir, item);
    return [paths.gitDir, paths.commonDir].some(
      (base) => path.startsWith(base + sep) || realOrSame(path).startsWith(base + sep),
    );
  });
}

function realOrSame(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function withoutHelpers(allowed: string): string {
  return allowed
    .split(':')
    .filter((name) => name !== 'ext' && name !== 'fd')
    .join(':');
}

/**
 * Absolute path of a program, by PATH, without starting anything. Empty and relative entries of PATH are skipped: a
 * repository must not be able to bring its own `git`.
 */
export function findProgram(name: string, env: Environment): string | undefined {
  const path = env['PATH'] ?? env['Path'] ?? '';
  const names = process.platform === 'win32' ? [`${name}.exe`] : [name];
  for (const directory of path.split(delimiter)) {
    if (!isAbsolute(directory)) continue;
    for (const file of names) {
      const candidate = join(directory, file);
      try {
        // most folders of PATH have no such file, and an error thrown for each is half a millisecond together
        if (statSync(candidate, { throwIfNoEntry: false })?.isFile() !== true) continue;
        accessSync(candidate, constants.X_OK);
        return candidate;
      } catch {
        // not in this one
      }
    }
  }
  return undefined;
}
