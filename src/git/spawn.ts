import { type ChildProcess, spawn } from 'node:child_process';
import { BitError } from '../kernel/errors.ts';

/** More output than this is a fault of the question; use the streaming variant. */
const MAX_OUTPUT = 256 << 20;
const MAX_STDERR = 1 << 20;
/** One line or record of the streaming variant. */
const MAX_RECORD = 64 << 20;
/** Between the polite signal and the other one. Git removes its lock files on the polite one. */
const GRACE_MS = 2000;
/** How long pipes may stay open after git's end: a daemon it left behind (ssh master, gc) holds them. */
const LINGER_MS = 250;

export interface ProcessRequest {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** `input`: only standard input. */
  readonly inherit?: boolean | 'input';
  readonly onStderr?: (chunk: Buffer) => void;
}

export interface ProcessResult {
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly exitCode: number;
}

export function cancelled(signal: AbortSignal): BitError {
  return new BitError('cancelled', 'interrupted', { cause: signal.reason });
}

function start(request: ProcessRequest): ChildProcess {
  if (request.signal?.aborted) throw cancelled(request.signal);
  const bad = request.args.find((arg) => arg.includes('\0'));
  if (bad !== undefined) throw new BitError('usage', 'an argument for git contains a NUL byte');
  return spawn(request.program, request.args, {
    cwd: request.cwd,
    env: request.env,
    stdio: request.inherit === true ? 'inherit' : [inputOf(request), 'pipe', 'pipe'],
    windowsHide: true,
  });
}

function inputOf({ input, inherit }: ProcessRequest): 'inherit' | 'ignore' | 'pipe' {
  if (inherit === 'input') return 'inherit';
  return input === undefined ? 'ignore' : 'pipe';
}

function spawnFailure(request: ProcessRequest, error: Error): BitError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'E2BIG')
    return new BitError('usage', 'too many arguments for one git command', { cause: error });
  return new BitError('io', `git could not be started in ${request.cwd} (${code ?? 'unknown reason'})`, {
    cause: error,
    details: { errno: code, program: request.program },
  });
}

/** Ends a child when `signal` fires; the returned function takes the listener off again. */
function endOn(signal: AbortSignal | undefined, child: ChildProcess): () => void {
  if (signal === undefined) return () => undefined;
  const end = () => stop(child);
  signal.addEventListener('abort', end, { once: true });
  return () => signal.removeEventListener('abort', end);
}

function stop(child: ChildProcess): void {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  timer.unref();
  child.once('exit', () => clearTimeout(timer));
}

function feed(child: ChildProcess, input: string | Uint8Array | undefined): void {
  if (input === undefined || child.stdin === null) return;
  // a child that ends without reading all of its input is judged by its exit code
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
}

function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? (signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 137);
}

/** Runs to the end and collects the output, bounded. An exit code other than 0 is an answer here, not a failure. */
export function runProcess(request: ProcessRequest): Promise<ProcessResult> {
  return new Promise((resolve, reject) => {
    const child = start(request);
    const release = endOn(request.signal, child);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let size = 0;
    let stderrSize = 0;
    let failure: BitError | undefined;
    let linger: NodeJS.Timeout | undefined;
    child.stdout?.on('data', (chunk: Buffer) => {
      size += chunk.length;
      linger?.refresh();
      if (size <= MAX_OUTPUT) return void stdout.push(chunk);
      failure ??= new BitError(
        'failed',
        `git ${request.args.join(' ').slice(0, 200)}: more than 256 MiB of output`,
      );
      stop(child);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      request.onStderr?.(chunk);
      linger?.refresh();
      stderrSize += chunk.length;
      if (stderrSize <= MAX_STDERR) stderr.push(chunk);
    });
    child.on('error', (error) => {
      release();
      reject(spawnFailure(request, error));
    });
    child.on('exit', () => {
      linger = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, LINGER_MS);
    });
    child.on('close', (code, signal) => {
      clearTimeout(linger);
      release();
      if (request.signal?.aborted) reject(cancelled(request.signal));
      else if (failure !== undefined) reject(failure);
      else {
        resolve({
          stdout: stdout.length === 1 && stdout[0] !== undefined ? stdout[0] : Buffer.concat(stdout),
          stderr: Buffer.concat(stderr).toString('utf8'),
          exitCode: exitCodeOf(code, signal),
        });
      }
    });
    feed(child, request.input);
  });
}

/**
 * Yields the output record by record in constant memory; returns stderr and exit code. Leaving the loop early ends
 * the child.
 */
export async function* streamProcess(
  request: ProcessRequest,
  separator: '\n' | '\0',
): AsyncGenerator<string, Omit<ProcessResult, 'stdout'>> {
  const child = start(request);
  const release = endOn(request.signal, child);
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    if (stderr.length < MAX_STDERR) stderr += chunk.toString('utf8');
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', (error) => reject(spawnFailure(request, error)));
    child.on('close', (code, signal) => resolve(exitCodeOf(code, signal)));
  });
  ended.catch(() => undefined);
  feed(child, request.input);
  const separatorByte = separator.charCodeAt(0);
  let rest: Buffer[] = [];
  let restSize = 0;
  try {
    for await (const chunk of (child.stdout ?? []) as AsyncIterable<Buffer>) {
      let from = 0;
      for (let at = chunk.indexOf(separatorByte); at >= 0; at = chunk.indexOf(separatorByte, from)) {
        rest.push(chunk.subarray(from, at));
        yield Buffer.concat(rest).toString('utf8');
        rest = [];
        restSize = 0;
        from = at + 1;
      }
      rest.push(chunk.subarray(from));
      restSize += chunk.length - from;
      if (restSize > MAX_RECORD)
        throw new BitError('failed', 'git: one record of output is larger than 64 MiB');
    }
    if (restSize > 0) yield Buffer.concat(rest).toString('utf8');
    const exitCode = await ended;
    if (request.signal?.aborted) throw cancelled(request.signal);
    return { stderr, exitCode };
  } finally {
    release();
    if (child.exitCode === null && child.signalCode === null) stop(child);
  }
}
