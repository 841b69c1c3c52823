import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { BitError } from '../kernel/errors.ts';
import type { Io } from './io.ts';

export interface RunBitOptions {
  readonly io: Io;
  readonly cwd: string;
  readonly words: readonly string[];
  /** Variables that say which operation the child runs inside of. */
  readonly inside: Readonly<Record<string, string>>;
  /** Its output goes to standard error. */
  readonly aside: boolean;
  readonly signal: AbortSignal;
  /** Takes what it prints instead of the streams, whole lines. */
  readonly onOutput?: (text: string) => void;
}

/** Runs `bit` in a process of its own with this one's streams; Ctrl-C reaches it through the terminal's group. */
export function runBit(options: RunBitOptions): Promise<number> {
  const { io, cwd, words, inside, signal, onOutput } = options;
  const [program = process.execPath, ...self] = io.self;
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...self, ...words], {
      cwd,
      env: { ...io.env, ...inside },
      // where this command answers in JSON, only its answer goes to standard output
      stdio:
        onOutput === undefined
          ? ['ignore', options.aside ? 2 : 'inherit', 'inherit']
          : ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) readLines(stream, onOutput);
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

function readLines(stream: Readable | null, onOutput: RunBitOptions['onOutput']): void {
  if (stream === null || onOutput === undefined) return;
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const whole = rest + text;
    const end = whole.lastIndexOf('\n');
    rest = whole.slice(end + 1);
    if (end >= 0) onOutput(whole.slice(0, end));
  });
  stream.on('end', () => {
    if (rest !== '') onOutput(rest);
  });
}
