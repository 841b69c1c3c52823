/** Where a campaign happens: a clone that four processes work in, what it syncs with, and another's clone of that. */
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const BIT = join(import.meta.dirname, '..', '..', 'bin', 'run.js');
/** Nothing here takes this long: a process that does hangs. Milliseconds. */
const HANGS = 90_000;

export interface GitAnswer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a `bit` process ended. */
export interface BitEnd {
  readonly words: readonly string[];
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
  readonly hung: boolean;
}

export interface KillOrder {
  /** Milliseconds after the start. */
  readonly after: number;
  /** The git it started dies with it; else that git is left to end by itself. */
  readonly group: boolean;
}

export interface Ground {
  readonly root: string;
  /** The clone the campaign is about. */
  readonly repo: string;
  readonly origin: string;
  readonly peer: string;
  git(dir: string, args: readonly string[], options?: GitOptions): Promise<GitAnswer>;
  /** Throws where git fails. */
  mustGit(dir: string, args: readonly string[], options?: GitOptions): Promise<string>;
  bit(words: readonly string[], kill?: KillOrder): Promise<BitEnd>;
  write(path: string, text: string): void;
  remove(): void;
}

interface GitOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** A fresh ground: `repo` and `peer` are clones of `origin`, and `bit` has worked in `repo` once. */
export async function prepareGround(): Promise<Ground> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'bit-campaign-')));
  const ground = open(root);
  const { repo, origin, peer, mustGit, write } = ground;
  mkdirSync(repo);
  await mustGit(repo, ['init', '-q', '-b', 'main']);
  for (const name of ['shared.txt', 'plain.txt', 'src/one.txt', 'src/two.txt']) write(name, `${name}\n`);
  await mustGit(repo, ['add', '.']);
  await mustGit(repo, ['commit', '-q', '-m', 'ground']);
  await mustGit(root, ['clone', '-q', '--bare', 'repo', 'origin.git']);
  await mustGit(repo, ['remote', 'add', 'origin', origin]);
  await mustGit(repo, ['fetch', '-q', 'origin']);
  await mustGit(repo, ['branch', '-q', '--set-upstream-to=origin/main']);
  await mustGit(root, ['clone', '-q', origin, peer]);
  write('first.txt', 'first\n');
  const first = await ground.bit(['commit', '--stage', 'first.txt', '-m', 'first of bit', '--json']);
  if (first.status !== 0) throw new Error(`bit does not work here at all:\n${first.stdout}${first.stderr}`);
  return ground;
}

function open(root: string): Ground {
  const repo = join(root, 'repo');
  const home = join(root, 'home');
  const config = join(home, '.gitconfig');
  mkdirSync(home);
  writeFileSync(
    config,
    '[user]\n\tname = Ada\n\temail = ada@example.org\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[advice]\n\tdetachedHead = false\n',
  );
  const env: Readonly<Record<string, string>> = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    TMPDIR: root,
    XDG_CONFIG_HOME: join(root, 'config'),
    XDG_DATA_HOME: join(root, 'data'),
    XDG_CACHE_HOME: join(root, 'cache'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: config,
    GIT_TERMINAL_PROMPT: '0',
    GIT_CEILING_DIRECTORIES: root,
    NO_COLOR: '1',
    LC_ALL: 'C',
  };
  const git: Ground['git'] = (dir, args, options = {}) =>
    new Promise((resolve) => {
      const child = execFile(
        'git',
        [...args],
        { cwd: dir, env: { ...env, ...options.env }, maxBuffer: 64 << 20, timeout: HANGS },
        (error, stdout, stderr) => {
          const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 255;
          resolve({ status, stdout: stdout.trimEnd(), stderr });
        },
      );
      // a git that reads nothing may have ended by now
      child.stdin?.on('error', () => undefined).end(options.input ?? '');
    });
  return {
    root,
    repo,
    origin: join(root, 'origin.git'),
    peer: join(root, 'peer'),
    git,
    mustGit: async (dir, args, options) => {
      const answer = await git(dir, args, options);
      if (answer.status !== 0)
        throw new Error(`git ${args.join(' ')} failed (${answer.status}):\n${answer.stderr}`);
      return answer.stdout;
    },
    bit: (words, kill) => runBit(repo, env, words, kill),
    write: (path, text) => {
      mkdirSync(dirname(join(repo, path)), { recursive: true });
      writeFileSync(join(repo, path), text);
    },
    remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** A process group of its own, so that one order can end it with every git it started. */
function runBit(
  cwd: string,
  env: Readonly<Record<string, string>>,
  words: readonly string[],
  kill: KillOrder | undefined,
): Promise<BitEnd> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, [BIT, ...words], {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { pid } = child;
    let hung = false;
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    const end = (group: boolean): void => {
      if (pid === undefined) return;
      try {
        process.kill(group ? -pid : pid, 'SIGKILL');
      } catch {
        // it had ended
      }
    };
    const killer = kill === undefined ? undefined : setTimeout(() => end(kill.group), kill.after);
    const watchdog = setTimeout(() => {
      hung = true;
      end(true);
    }, HANGS);
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(killer);
      clearTimeout(watchdog);
      resolve({ words, status, signal, stdout, stderr, milliseconds: performance.now() - started, hung });
    });
  });
}
