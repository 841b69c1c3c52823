import { type ChildProcess, spawn } from 'node:child_process';
import { BitError } from '../kernel/errors.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import type { ProgramOptions } from './engine.ts';

/** Between the polite signal and the other one. */
const GRACE_MS = 5000;
/** Characters of one line; what is longer is cut. */
const LONGEST_LINE = 4096;
const LAST_LINES = 20;
const MOST_OUTPUT = 16 << 20;

export interface ProgramRequest extends ProgramOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** For the message of a failure. */
  readonly what: string;
}

/**
 * Runs an engine's program to its end in a process group of its own, line by line, and gives what it wrote to stdout.
 *
 * @throws BitError `failed` with its last lines, `cancelled`, `missing-tool` where it can't be started
 */
export function runProgram(request: ProgramRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    if (request.signal.aborted) return reject(new BitError('cancelled', 'interrupted'));
    const child = spawn(request.program, [...request.args], {
      env: request.env,
      stdio: [request.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      windowsHide: true,
      detached: process.platform !== 'win32',
    });
    const last: string[] = [];
    const tell = (line: string): void => {
      const safe = maskSecrets(line.slice(0, LONGEST_LINE));
      last.push(safe);
      if (last.length > LAST_LINES) last.shift();
      request.onLine(safe);
    };
    let stdout = '';
    const out = lines(tell);
    const err = lines(tell);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < MOST_OUTPUT) stdout += text;
      out.take(text);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => err.take(text));
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(request.input);
    const interrupted = (): void => end(child);
    request.signal.addEventListener('abort', interrupted, { once: true });
    child.once('error', (error) => {
      request.signal.removeEventListener('abort', interrupted);
      reject(
        new BitError('missing-tool', `${request.program} can't be started: ${error.message}`, {
          cause: error,
        }),
      );
    });
    child.once('close', (code, signal) => {
      request.signal.removeEventListener('abort', interrupted);
      out.flush();
      err.flush();
      if (request.signal.aborted) return reject(new BitError('cancelled', 'interrupted'));
      if (code === 0) return resolve(stdout);
      const how = code === null ? `was ended by ${signal}` : `ended with status ${code}`;
      reject(
        new BitError('failed', `${request.what}: ${request.program} ${how}${tail(last)}`, {
          details: { status: code, lines: last },
        }),
      );
    });
  });
}

function tail(lines: readonly string[]): string {
  const said = lines.filter((line) => line.trim() !== '').slice(-3);
  return said.length === 0 ? '' : `: ${said.join(' | ')}`;
}

function lines(tell: (line: string) => void): { take(text: string): void; flush(): void } {
  let partial = '';
  return {
    take(text) {
      const parts = (partial + text).split(/\r\n|\n|\r/);
      partial = parts.pop() ?? '';
      if (partial.length > LONGEST_LINE) {
        parts.push(partial);
        partial = '';
      }
      for (const part of parts) tell(part);
    },
    flush() {
      if (partial !== '') tell(partial);
      partial = '';
    },
  };
}

/** Its whole group: an engine's own children build on without it. */
function end(child: ChildProcess): void {
  const signalGroup = (signal: NodeJS.Signals): void => {
    try {
      if (process.platform === 'win32' || child.pid === undefined) child.kill(signal);
      else process.kill(-child.pid, signal);
    } catch {
      // it is gone
    }
  };
  signalGroup('SIGTERM');
  const timer = setTimeout(() => signalGroup('SIGKILL'), GRACE_MS);
  timer.unref();
  child.once('close', () => clearTimeout(timer));
}
