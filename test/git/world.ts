import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { discoverRepository, type RepositoryPaths } from '../../src/git/index.ts';

/** A folder with a HOME of its own where nothing of this machine's configuration is seen. */
export interface GitWorld {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  /** Real git, run in `cwd` (relative to the world); its output without the last line feed. */
  git(cwd: string, ...args: string[]): string;
  write(path: string, text: string): void;
  /** `git init -b main` with one commit holding `a.txt`. */
  repository(name: string): RepositoryPaths;
  paths(name: string): RepositoryPaths;
  close(): void;
}

export function gitWorld(): GitWorld {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'bit-git-')));
  const home = join(directory, 'home');
  mkdirSync(home);
  const config = join(home, '.gitconfig');
  writeFileSync(config, '[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n');
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: config,
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.org',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@example.org',
    GIT_TERMINAL_PROMPT: '0',
  };
  const world: GitWorld = {
    directory,
    env,
    git(cwd, ...args) {
      return execFileSync('git', args, {
        cwd: join(directory, cwd),
        env,
        encoding: 'utf8',
        stdio: 'pipe',
      }).trimEnd();
    },
    write(path, text) {
      const file = join(directory, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    },
    repository(name) {
      mkdirSync(join(directory, name), { recursive: true });
      world.git(name, 'init', '-q', '-b', 'main');
      world.write(`${name}/a.txt`, 'one\n');
      world.git(name, 'add', '.');
      world.git(name, 'commit', '-q', '-m', 'first');
      return world.paths(name);
    },
    paths(name) {
      const paths = discoverRepository(join(directory, name), {});
      if (paths === undefined) throw new Error(`${name} is no repository`);
      return paths;
    },
    close() {
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return world;
}
