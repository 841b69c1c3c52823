import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { BitError } from '../../kernel/errors.ts';

export interface BitChild {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input: string | undefined;
  /** Bytes of each stream that are kept. */
  readonly most: number;
  readonly signal: AbortSignal;
}

export interface BitEnd {
  /** Undefined where a signal ended it. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Milliseconds after SIGTERM, in which `bit` puts things back. */
const GRACE = 10_000;

/** Runs `bit` in a process group of its own; all of it is ended when the signal aborts. */
export function runBitChild({ argv, cwd, env, input, most, signal }: BitChild): Promise<BitEnd> {
  const [program = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    const stdout = gather(child.stdout, most);
    const stderr = gather(child.stderr, most);
    let killer: NodeJS.Timeout | undefined;
    const tell = (name: NodeJS.Signals): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, name);
      } catch {
        // all of it has ended
      }
    };
    const stop = (): void => {
      tell('SIGTERM');
      killer ??= setTimeout(() => tell('SIGKILL'), GRACE);
    };
    const over = (): void => {
      clearTimeout(killer);
      signal.removeEventListener('abort', stop);
    };
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    child.on('error', (error) => {
      over();
      reject(new BitError('io', `can't start bit: ${error.message}`, { cause: error }));
    });
    child.on('close', (code) => {
      over();
      resolve({ status: code ?? undefined, stdout: stdout(), stderr: stderr() });
    });
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}

function gather(stream: Readable, most: number): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    if (size < most) chunks.push(chunk.subarray(0, most - size));
    size += chunk.length;
  });
  return () => Buffer.concat(chunks).toString('utf8');
}
