/**
 * A process for code that is not trusted: Node's permission model (it may read its own files and `bit`'s, write
 * nothing, start nothing), no environment but what a terminal needs, no standard input, on Linux no network and no
 * sight of other processes, and one channel to us over which it asks for everything else.
 */
import { spawn } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { type Environment, findProgram } from '../git/index.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import { randomBytesNow } from '../kernel/random.ts';
import { type Channel, type ChannelLimits, openChannel } from './channel.ts';

/** How the program of a child is started. */
export interface SandboxProgram {
  /** Node, and the script with its own options. */
  readonly node: string;
  readonly script: readonly string[];
  /** What it reads of `bit` itself. */
  readonly reads: readonly string[];
}

export interface SandboxLimits extends ChannelLimits {
  /** Milliseconds from its start to its first word. */
  readonly start: number;
  /** Milliseconds in which it neither asks nor ends while we owe it nothing. */
  readonly silence: number;
  /** Bytes on stdout and stderr together. */
  readonly output: number;
  /** Megabytes of JavaScript heap. */
  readonly heap: number;
}

export const SANDBOX_LIMITS: SandboxLimits = {
  message: 8 * 1024 * 1024,
  messages: 20_000,
  waiting: 64,
  start: 30_000,
  silence: 120_000,
  output: 32 * 1024 * 1024,
  heap: 512,
};

export interface SandboxOptions {
  /** For messages: `the plugin greet`. */
  readonly name: string;
  readonly program: SandboxProgram;
  /** The plugin's own directory. */
  readonly directory: string;
  readonly env: Environment;
  readonly signal: AbortSignal;
  readonly limits?: Partial<SandboxLimits>;
  /** Words put before Node itself: `prlimit` with what it holds. */
  readonly around?: readonly string[];
  /** The process is on its way. */
  readonly onStarted?: () => void;
  /** It has said that it is there, and has its task next. */
  readonly onArrived?: (child: Channel) => void;
  /** What the child is to do; it says first that it is there. */
  readonly task: (token: string) => object | Promise<object>;
  /** Answers its calls, each of which carries the token of this process. */
  readonly answer: (method: string, args: readonly unknown[], child: Channel) => Promise<unknown>;
}

export interface SandboxResult {
  /** What the child's task returned. */
  readonly result: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** The variables a child sees: how a terminal speaks, and nothing else. */
const TERMINAL = [
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'LC_MESSAGES',
  'TZ',
  'TERM',
  'NO_COLOR',
  'FORCE_COLOR',
  'SystemRoot',
];

/** @throws BitError `failed` naming what rule it broke, `cancelled`, or what its task threw */
export async function runSandboxed(options: SandboxOptions): Promise<SandboxResult> {
  const outcome = await attempt(options, isolation(options.env));
  if (outcome !== 'not-isolated') return outcome;
  // the kernel or a container forbids namespaces: the permission model alone
  const plain = await attempt(options, []);
  if (plain === 'not-isolated') throw new Error('a sandbox without isolation said that it has none');
  return plain;
}

/** The words that take network and other processes away, where the machine has them. */
export function isolation(env: Environment): readonly string[] {
  if (process.platform !== 'linux') return [];
  const unshare = findProgram('unshare', env);
  if (unshare === undefined) return [];
  return [unshare, '--user', '--map-current-user', '--net', '--ipc', '--pid', '--fork', '--kill-child', '--'];
}

function command(
  { program, directory, around = [] }: SandboxOptions,
  limits: SandboxLimits,
  before: readonly string[],
) {
  const readable = [...program.reads, directory];
  return [
    ...before,
    ...around,
    program.node,
    '--permission',
    // a `*` at the end of a path means everything that begins so; a path that holds one can't be granted
    ...readable.map((path) => `--allow-fs-read=${refuseStar(path)}`),
    // node:sqlite opens files past the permission model
    '--no-experimental-sqlite',
    '--no-addons',
    '--disable-warning=ExperimentalWarning',
    `--max-old-space-size=${limits.heap}`,
    ...program.script,
  ];
}

function refuseStar(path: string): string {
  if (path.includes('*'))
    throw new BitError('unsupported', `${path}: a path with a * can't be granted to a plugin`);
  return path;
}

function attempt(
  options: SandboxOptions,
  before: readonly string[],
): Promise<SandboxResult | 'not-isolated'> {
  const limits = { ...SANDBOX_LIMITS, ...options.limits };
  const token = randomBytesNow(32).toString('base64url');
  const [file = '', ...args] = command(options, limits, before);
  const kept = TERMINAL.flatMap((name) =>
    options.env[name] === undefined ? [] : [[name, options.env[name]]],
  );
  const child = spawn(file, args, {
    cwd: options.directory,
    env: { ...(Object.fromEntries(kept) as Record<string, string>), BIT_PLUGIN_TOKEN: token },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    windowsHide: true,
    // a session of its own: no terminal to type into, no process group to signal
    detached: process.platform !== 'win32',
  });
  return new Promise((resolve, reject) => {
    let settled = false;
    let arrived = false;
    let owed = 0;
    let finishing = false;
    let timer: NodeJS.Timeout | undefined;
    let ended: NodeJS.Timeout | undefined;
    const stdout = gather(child.stdout);
    const stderr = gather(child.stderr);
    const broke = (why: string): BitError =>
      new BitError('failed', `${options.name} was stopped: ${why}`, {
        hint: `it runs in a process of its own because it is not trusted; what that allows: docs/plugins.md`,
      });
    const settle = (end: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      clearTimeout(ended);
      options.signal.removeEventListener('abort', interrupted);
      child.kill('SIGKILL');
      // why it ended is what the promise of it all says
      channel.close(new BitError('failed', 'ended', { details: { ended: true } }));
      // nobody waits for a killed process to be gone
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.unref();
      end();
    };
    const fail = (error: unknown): void => settle(() => reject(error));
    const interrupted = (): void => fail(new BitError('cancelled', 'interrupted'));
    const watch = (): void => {
      clearTimeout(timer);
      if (settled || owed > 0) return;
      const limit = arrived ? limits.silence : limits.start;
      timer = setTimeout(() => fail(broke(`it did nothing for ${limit / 1000} seconds`)), limit);
    };
    const channel = openChannel({
      stream: child.stdio[3] as Duplex,
      limits,
      onBroken: (error) => fail(broke(error.message)),
      async answer(method, given) {
        const [shown, ...rest] = given;
        if (shown !== token) throw new BitError('denied', 'the call carries no token of this process');
        if (method === 'ready') {
          if (arrived) throw new BitError('denied', 'it is there already');
          arrived = true;
          options.onArrived?.(channel);
          void start();
          return undefined;
        }
        owed += 1;
        watch();
        try {
          return await options.answer(method, rest, channel);
        } finally {
          owed -= 1;
          watch();
        }
      },
    });
    const start = async (): Promise<void> => {
      try {
        owed += 1;
        const task = await options.task(token);
        owed -= 1;
        watch();
        const result = await channel.call('task', task);
        finishing = true;
        await readToTheEnd();
        settle(() => resolve({ result, stdout: stdout(), stderr: stderr() }));
      } catch (error) {
        if (settled) return;
        // how a child ended is known a moment after its channel closed
        if (isBitError(error) && error.details['ended'] === true)
          ended ??= setTimeout(() => fail(error), 300);
        else fail(error);
      }
    };
    /** A child's writes to a pipe are done when it has said that it is; Windows' are done when it has ended. */
    const readToTheEnd = async (): Promise<void> => {
      if (process.platform === 'win32') {
        child.kill('SIGKILL');
        await Promise.race([new Promise((done) => child.once('close', done)), pause(1000)]);
        return;
      }
      // a turn of the event loop takes in what there is; to wait until its namespaces are gone costs 10 ms
      for (let quiet = 0; quiet < 2; ) {
        const before = written;
        await new Promise((turn) => setImmediate(turn));
        quiet = written === before ? quiet + 1 : 0;
      }
    };
    let written = 0;
    const measure = (chunk: Buffer): void => {
      written += chunk.length;
      if (written > limits.output) fail(broke(`it printed more than ${limits.output} bytes`));
    };
    child.stdout?.on('data', measure);
    child.stderr?.on('data', measure);
    child.on('error', (error) =>
      fail(new BitError('io', `can't start ${options.name}: ${error.message}`, { cause: error })),
    );
    child.on('exit', (code, signal) => {
      if (settled) return;
      if (!arrived && before.length > 0) return settle(() => resolve('not-isolated'));
      const how =
        code === 0 ? 'it ended before its work was done' : `it ended with ${signal ?? `status ${code}`}`;
      // its last words may still be on the way
      ended = setTimeout(() => fail(broke(`${how}${lastLine(stderr())}`)), finishing ? 1000 : 20);
    });
    options.signal.addEventListener('abort', interrupted);
    if (options.signal.aborted) interrupted();
    else watch();
    options.onStarted?.();
  });
}

function gather(stream: Readable | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

function lastLine(text: string): string {
  const line = text
    .trim()
    .split('\n')
    .find((part) => /Error|error/.test(part));
  return line === undefined ? '' : `: ${line.trim().slice(0, 200)}`;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
