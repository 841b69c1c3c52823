import { spawn } from 'node:child_process';
import { BitError } from '../kernel/errors.ts';
import type { Io } from './io.ts';

export interface RunBitOptions {
  readonly io: Io;
  readonly cwd: string;
  readonly words: readonly string[];
  /** Operation the child runs inside of; it holds the lock. */
  readonly operation: string;
  /** Its output goes to standard error. */
  readonly aside: boolean;
  readonly signal: AbortSignal;
}

/** Runs `bit` in a process of its own with this one's streams; Ctrl-C reaches it through the terminal's group. */
export function runBit(options: RunBitOptions): Promise<number> {
  const { io, cwd, words, operation, signal } = options;
  const [program = process.execPath, ...self] = io.self;
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...self, ...words], {
      cwd,
      env: { ...io.env, BIT_OPERATION: operation },
      // where this command answers in JSON, only its answer goes to standard output
      stdio: ['ignore', options.aside ? 2 : 'inherit', 'inherit'],
    });
    const stop = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', stop);
    child.on('error', (error) =>
      reject(new BitError('io', `can't start bit: ${error.message}`, { cause: error })),
    );
    child.on('close', (code, killed) => {
      signal.removeEventListener('abort', stop);
      resolve(code ?? (killed === 'SIGINT' || killed === 'SIGTERM' ? 130 : 1));
    });
  });
}
