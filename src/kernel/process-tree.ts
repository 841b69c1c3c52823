import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { ulid } from './ids.ts';

/** Between the polite signal and the other one. */
const GRACE_MS = 2000;
/** How long pipes may stay open after the program's end: something it left behind holds them. */
const LINGER_MS = 250;
/** Stands in the environment of everything the program starts, so that what left its group is found. */
const MARK = 'BIT_PROCESS_TREE';

export interface TreeRequest {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** Ends the whole tree. */
  readonly signal?: AbortSignal;
  /** Milliseconds, after which the whole tree is ended. */
  readonly timeout?: number | undefined;
  /** Returning true ends the whole tree: it says too much. */
  readonly onOutput: (chunk: Buffer, from: 'stdout' | 'stderr') => boolean | undefined;
}

export interface TreeResult {
  /** As a shell tells it: 128 and the signal's number where a signal ended it; 127 where it could not be started. */
  readonly exitCode: number;
  readonly ended: 'exit' | 'signal' | 'aborted' | 'timeout' | 'flood' | 'unstartable';
  /** Why it could not be started. */
  readonly cause?: Error;
}

const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};

/**
 * Runs a program in a process group of its own and ends with it everything it started and left running. What made itself
 * a session of its own is ended too where the system lets its environment be read, when the tree is ended early.
 */
export function runTree(request: TreeRequest): Promise<TreeResult> {
  const mark = ulid(Date.now());
  return new Promise((resolve) => {
    if (request.signal?.aborted === true) return resolve({ exitCode: 130, ended: 'aborted' });
    const child = spawn(request.program, [...request.args], {
      cwd: request.cwd,
      env: { ...request.env, [MARK]: mark },
      stdio: [request.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    let ended: TreeResult['ended'] | undefined;
    let hard: NodeJS.Timeout | undefined;
    let linger: NodeJS.Timeout | undefined;
    const end = (why: TreeResult['ended']): void => {
      if (ended !== undefined) return;
      ended = why;
      signalTree(child, 'SIGTERM', mark);
      hard = setTimeout(() => signalTree(child, 'SIGKILL', mark), GRACE_MS);
    };
    const abort = (): void => end('aborted');
    request.signal?.addEventListener('abort', abort, { once: true });
    const clock =
      request.timeout === undefined
        ? undefined
        : setTimeout(() => end('timeout'), Math.min(request.timeout, 0x7fffffff));
    const take = (from: 'stdout' | 'stderr') => (chunk: Buffer) => {
      if (request.onOutput(chunk, from) === true) end('flood');
    };
    child.stdout?.on('data', take('stdout'));
    child.stderr?.on('data', take('stderr'));
    if (request.input !== undefined) {
      // a child that ends without reading all of its input is judged by its exit code
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(request.input);
    }
    const release = (): void => {
      request.signal?.removeEventListener('abort', abort);
      clearTimeout(clock);
      clearTimeout(hard);
      clearTimeout(linger);
    };
    child.on('error', (cause) => {
      if (child.pid !== undefined) return;
      release();
      resolve({ exitCode: 127, ended: 'unstartable', cause });
    });
    child.on('exit', () => {
      linger = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, LINGER_MS);
    });
    child.on('close', (code, signal) => {
      release();
      // nothing of it stays behind; after an early end nothing that fled its group either
      signalTree(child, 'SIGKILL', ended === undefined ? undefined : mark);
      const exitCode = code ?? 128 + (SIGNALS[signal ?? ''] ?? 9);
      resolve({ exitCode, ended: ended ?? (signal === null ? 'exit' : 'signal') });
    });
  });
}

function signalTree(child: ChildProcess, signal: NodeJS.Signals, mark: string | undefined): void {
  const { pid } = child;
  if (pid === undefined) return;
  if (process.platform === 'win32') {
    spawnSync('taskkill', ['/pid', String(pid), '/T', '/F'], { windowsHide: true });
    return;
  }
  const marked = mark === undefined ? [] : processesMarked(mark);
  for (const target of [-pid, ...marked]) {
    try {
      process.kill(target, signal);
    } catch {
      // it ended by itself
    }
  }
}

/** Ids of the processes whose environment holds the mark; none where there is no /proc. */
function processesMarked(mark: string): number[] {
  const wanted = `${MARK}=${mark}`;
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .filter((name) => {
        try {
          return readFileSync(`/proc/${name}/environ`, 'latin1').split('\0').includes(wanted);
        } catch {
          return false;
        }
      })
      .map(Number);
  } catch {
    return [];
  }
}
