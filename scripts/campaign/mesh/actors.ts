import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

const BIT = join(import.meta.dirname, '..', '..', '..', 'bin', 'run.js');

/** A folder of a user of its own with a clone of the origin. */
export interface Home {
  readonly name: string;
  readonly home: string;
  readonly clone: string;
  readonly env: Readonly<Record<string, string>>;
  readonly log: string;
}

export function makeOrigin(root: string): string {
  const origin = join(root, 'origin');
  mkdirSync(origin, { recursive: true });
  const git = gitIn(origin);
  git('init', '-q', '-b', 'main');
  writeFileSync(join(origin, 'work.sh'), 'sleep "$1"; echo "$BIT_JOB_ID $2"; exit "${3:-0}"\n');
  git('add', '.');
  git('-c', 'user.name=A', '-c', 'user.email=a@example.com', 'commit', '-qm', 'work');
  return origin;
}

export function makeHome(root: string, name: string, origin: string): Home {
  const home = join(root, name, 'home');
  const clone = join(root, name, 'clone');
  mkdirSync(home, { recursive: true });
  execFileSync('git', ['clone', '-q', origin, clone], { stdio: 'ignore' });
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_DATA_HOME: join(home, '.local', 'share'),
    XDG_STATE_HOME: join(home, '.local', 'state'),
    XDG_CACHE_HOME: join(home, '.cache'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: `${name}@example.com`,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: `${name}@example.com`,
    NO_COLOR: '1',
    LANG: 'C.UTF-8',
  };
  return { name, home, clone, env, log: join(root, name, 'log') };
}

/** Runs to its end; what it printed. */
export function bit(at: Home, ...words: readonly string[]): string {
  return execFileSync(process.execPath, [BIT, ...words], {
    cwd: at.clone,
    env: at.env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 256 * 1024 * 1024,
  });
}

/** A process that is started again after it was killed. */
export class Actor {
  readonly at: Home;
  readonly #words: readonly string[];
  readonly #around: readonly string[];
  #child: ChildProcess | undefined;
  starts = 0;
  /** Ends that nobody asked for. */
  readonly fell: string[] = [];

  /** @param around what runs the program somewhere else */
  constructor(at: Home, words: readonly string[], around: readonly string[] = []) {
    this.at = at;
    this.#words = words;
    this.#around = around;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  start(): void {
    if (this.#child !== undefined) return;
    this.starts++;
    const [program = '', ...words] = [...this.#around, process.execPath, BIT, ...this.#words];
    const child = spawn(program, words, {
      cwd: this.at.clone,
      env: this.at.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (bytes: Buffer) => appendFileSync(this.at.log, bytes));
    }
    child.on('exit', (code, signal) => {
      if (this.#child === child) this.#child = undefined;
      if (signal !== 'SIGKILL' && signal !== 'SIGTERM' && code !== 0)
        this.fell.push(`${this.at.name} ended with ${code ?? signal}`);
    });
  }

  /** At once, without a word: the process alone, as the kernel would for want of memory. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }
}

export function writeManifest(at: Home, id: string, jobs: number): void {
  mkdirSync(join(at.clone, '.bit', 'mesh'), { recursive: true });
  writeFileSync(
    join(at.clone, '.bit', 'runner.manifest.yml'),
    `runner:
  id: "${id}"
  persona: hybrid
  capabilities:
    build: [sh]
  isolation: process
  repositories: ["file:///**"]
  qos:
    max_concurrent_jobs: ${jobs}
`,
  );
  appendFileSync(join(at.clone, '.git', 'info', 'exclude'), '.bit\n');
}

export function gitIn(directory: string): (...args: readonly string[]) => string {
  return (...args) => execFileSync('git', args, { cwd: directory, encoding: 'utf8' });
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
