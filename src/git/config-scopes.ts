import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { isTrue, lastValue, readConfigFile } from './config-file.ts';
import type { Environment } from './environment.ts';
import type { RepositoryPaths } from './index.ts';

type Entries = readonly [string, string][];

const MAX_INCLUDES = 32;

/**
 * Git's configuration from its files. What depends on more than the files (a condition of an include, settings
 * handed over in the environment) is never guessed: `undefined` then means that git has to be asked.
 */
export class ConfigScopes {
  /** The user's own files, and the repository's. Later ones win. */
  readonly #own: Entries;
  readonly #repository: Entries;
  /** Entries of every included file, whether its condition holds or not. */
  readonly #included: Entries;
  readonly #system: Entries | undefined;
  readonly #usable: boolean;

  /** `program` is the git whose configuration this is. */
  constructor(paths: RepositoryPaths, env: Environment, program: string) {
    const includes = new Includes(env['HOME'] ?? homedir());
    const read = (path: string): Entries => {
      const entries = readConfigFile(path);
      includes.follow(entries, path);
      return entries;
    };
    this.#own = ownFiles(env).flatMap(read);
    const shared = read(join(paths.commonDir, 'config'));
    const ofWorktrees = isTrue(lastValue(shared, 'extensions.worktreeconfig'));
    this.#repository = [...shared, ...(ofWorktrees ? read(join(paths.gitDir, 'config.worktree')) : [])];
    const system = systemFile(env, program);
    this.#system = system === undefined ? undefined : read(system);
    this.#included = includes.entries;
    const handedOver = Object.keys(env).some((name) => /^GIT_CONFIG_(COUNT|PARAMETERS)$/.test(name));
    this.#usable = includes.complete && !handedOver;
  }

  /** The last value of `section.sub.key`, section and key in lower case. */
  value(key: string): string | undefined {
    if (!this.#usable || has(this.#included, key)) return undefined;
    const found = [...this.#own, ...this.#repository].findLast(([name]) => name === key)?.[1];
    // a key without a value reads `true` here and '' there
    return found === 'true' ? undefined : found;
  }

  /** True where no file sets the key; false where one does or where one can't be known. */
  isUnset(key: string): boolean {
    if (!this.#usable || this.#system === undefined) return false;
    return ![this.#own, this.#repository, this.#included, this.#system].some((entries) => has(entries, key));
  }

  /**
   * The repository's own entries whose key matches; undefined where another file has such entries too. The system's
   * file is not asked: settings of a single branch or remote don't stand there.
   */
  repositoryOnly(key: RegExp): Entries | undefined {
    if (!this.#usable) return undefined;
    const matching = (entries: Entries): Entries => entries.filter(([name]) => key.test(name));
    if (matching(this.#own).length > 0 || matching(this.#included).length > 0) return undefined;
    return matching(this.#repository);
  }
}

function has(entries: Entries, key: string): boolean {
  return entries.some(([name]) => name === key);
}

function ownFiles(env: Environment): string[] {
  const { GIT_CONFIG_GLOBAL: given, XDG_CONFIG_HOME: xdg } = env;
  if (given !== undefined) return given === '' ? [] : [given];
  const home = env['HOME'] ?? homedir();
  return [
    join(xdg !== undefined && xdg !== '' ? xdg : join(home, '.config'), 'git', 'config'),
    join(home, '.gitconfig'),
  ];
}

/** Where git was built to look is known only of a distribution's own. */
function systemFile(env: Environment, program: string): string | undefined {
  const { GIT_CONFIG_NOSYSTEM: none, GIT_CONFIG_SYSTEM: given } = env;
  if (isTrue(none)) return '/dev/null';
  if (given !== undefined) return given;
  return process.platform === 'linux' && /^\/(usr\/)?bin\/git$/.test(program) ? '/etc/gitconfig' : undefined;
}

/** What included files say, whether the condition of an include holds or not. */
class Includes {
  readonly entries: [string, string][] = [];
  /** False where one couldn't be followed. */
  complete = true;
  readonly #home: string;
  readonly #seen = new Set<string>();

  constructor(home: string) {
    this.#home = home;
  }

  follow(entries: Entries, path: string): void {
    for (const [name, value] of entries) {
      if (name !== 'include.path' && !/^includeif\..*\.path$/s.test(name)) continue;
      if (/^(~[^/]|%\()/.test(value) || this.#seen.size >= MAX_INCLUDES) this.complete = false;
      const target = value.startsWith('~/')
        ? join(this.#home, value.slice(2))
        : resolve(dirname(path), value);
      if (!this.complete || this.#seen.has(target)) continue;
      this.#seen.add(target);
      const inner = readConfigFile(target);
      this.entries.push(...inner);
      this.follow(inner, target);
    }
  }
}
