import type { Readable, Writable } from 'node:stream';
import { isTerminal, writeNow } from './descriptors.ts';

/** The outside world of one run of `bit`. The only place that reads `process`; tests make their own. */
export interface Io {
  readonly argv: readonly string[];
  /** The words that start this program again. */
  readonly self: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** The streams are this process's own, so that a child may inherit them. */
  readonly ofProcess?: boolean;
  /** Writes at once, without opening the stream, where that can't overtake it; returns what is left to write. */
  readonly writeNow?: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => Uint8Array;
  readonly stdinIsTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** Columns of the terminal, 80 where there is none. */
  readonly width: number;
  readonly height: number;
  readonly now: () => Date;
  setExitCode(code: number): void;
  /** Calls back on Ctrl-C and termination; returns how to stop listening. */
  onInterrupt(callback: (signal: string) => void): () => void;
  /** Calls back on an error that nobody caught, and ends the process once that has returned; absent where it is not ours to end. */
  onUncaught?(callback: (error: unknown) => void): void;
}

/** Streams are opened by whoever uses them: opening stdin alone takes a quarter of a bare start. */
export function processIo(): Io {
  const opened = { stdout: false, stderr: false };
  return {
    argv: process.argv.slice(2),
    self: [process.execPath, ...process.execArgv, process.argv[1] ?? ''],
    cwd: process.cwd(),
    env: process.env,
    ofProcess: true,
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      if (!opened.stdout) process.stdout.on('error', ignoreBrokenPipe);
      opened.stdout = true;
      return process.stdout;
    },
    get stderr() {
      // nobody who reads is no reason to die in the middle of an operation
      if (!opened.stderr) process.stderr.on('error', ignoreBrokenPipe);
      opened.stderr = true;
      return process.stderr;
    },
    writeNow: (stream, bytes) => (opened[stream] ? bytes : writeNow(stream === 'stdout' ? 1 : 2, bytes)),
    get stdinIsTerminal() {
      return isTerminal(0);
    },
    get stdoutIsTerminal() {
      return isTerminal(1);
    },
    get stderrIsTerminal() {
      return isTerminal(2);
    },
    get width() {
      // some terminals say 0
      return (isTerminal(1) ? process.stdout.columns : undefined) || 80;
    },
    get height() {
      return (isTerminal(1) ? process.stdout.rows : undefined) || 24;
    },
    now: () => new Date(),
    setExitCode(code) {
      process.exitCode = code;
    },
    onInterrupt(callback) {
      const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
      for (const signal of signals) process.on(signal, callback);
      return () => {
        for (const signal of signals) process.off(signal, callback);
      };
    },
    onUncaught(callback) {
      process.on('uncaughtException', (error) => {
        try {
          callback(error);
        } finally {
          process.exit();
        }
      });
    },
  };
}

/** A reader that went away (`| head`) is no failure. */
function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/** Colour only on a terminal that did not refuse it (no-color.org), or where it is forced. */
export function wantsColour(io: Io, stream: 'stdout' | 'stderr'): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = io.env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return (stream === 'stdout' ? io.stdoutIsTerminal : io.stderrIsTerminal) && TERM !== 'dumb';
}
