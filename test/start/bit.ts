/** The built program, started as people start it, in a world of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const root = dirname(dirname(import.meta.dirname));
export const runJs = join(root, 'bin', 'run.js');

if (!existsSync(join(root, 'dist', 'hot', 'hot.json')))
  throw new Error('these tests run what is built: npm run build');

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Start {
  readonly program?: string;
  /** In place of `bin/run.js`. */
  readonly script?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

export interface StartWorld {
  readonly home: string;
  /** A repository with one commit. */
  readonly repository: string;
  readonly env: Readonly<Record<string, string>>;
  bit(words: readonly string[], start?: Start): Promise<Outcome>;
  /** Starts and doesn't wait. */
  spawn(words: readonly string[], start?: Start): ChildProcess;
  remove(): void;
}

export function startWorld(): StartWorld {
  const home = mkdtempSync(join(tmpdir(), 'bit-start-'));
  const repository = join(home, 'repository');
  const { PATH = '', SystemRoot = '' } = process.env;
  const env = {
    PATH,
    ...(SystemRoot === '' ? {} : { SystemRoot }),
    HOME: home,
    USERPROFILE: home,
    LOCALAPPDATA: join(home, 'local'),
    APPDATA: join(home, 'roaming'),
    XDG_CACHE_HOME: join(home, 'cache'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.org',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@example.org',
  };
  mkdirSync(repository);
  const git = (...args: string[]) => execFileSync('git', args, { cwd: repository, env });
  git('init', '-q', '-b', 'main');
  git('commit', '-q', '--allow-empty', '-m', 'first');
  return {
    home,
    repository,
    env,
    bit: (words, start = {}) => {
      const { program = process.execPath, script = runJs, cwd = repository } = start;
      return run(program, [script, ...words], { cwd, env: { ...env, ...start.env } }, start.input);
    },
    spawn: (words, start = {}) => {
      const { program = process.execPath, script = runJs, cwd = repository } = start;
      return spawn(program, [script, ...words], { cwd, env: { ...env, ...start.env }, stdio: 'pipe' });
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

function run(program: string, args: readonly string[], options: object, input = ''): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.on('error', () => undefined);
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({ stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString(), code, signal }),
    );
    child.stdin.end(input);
  });
}
