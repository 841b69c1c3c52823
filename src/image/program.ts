import { tmpdir } from 'node:os';
import { StringDecoder } from 'node:string_decoder';
import { BitError } from '../kernel/errors.ts';
import { runTree } from '../kernel/process-tree.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import type { ProgramOptions } from './engine.ts';

/** Characters of one line; what is longer is cut. */
const LONGEST_LINE = 4096;
const LAST_LINES = 20;
const MOST_OUTPUT = 16 << 20;

export interface ProgramRequest extends ProgramOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For the message of a failure. */
  readonly what: string;
}

/**
 * Runs an engine's program to its end, line by line, and gives what it wrote to stdout.
 *
 * @throws BitError `failed` with its last lines, `cancelled`, `missing-tool` where it can't be started
 */
export async function runProgram(request: ProgramRequest): Promise<string> {
  const { program, args, signal, what } = request;
  const last: string[] = [];
  let stdout = '';
  const tell = (line: string): void => {
    const safe = maskSecrets(line.slice(0, LONGEST_LINE));
    last.push(safe);
    if (last.length > LAST_LINES) last.shift();
    request.onLine(safe);
  };
  const streams = { stdout: lines(tell), stderr: lines(tell) };
  const env = Object.entries(request.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  const { exitCode, ended, cause } = await runTree({
    program,
    args,
    // what it is about is said in absolute paths
    cwd: tmpdir(),
    env: Object.fromEntries(env) as Record<string, string>,
    signal,
    onOutput(chunk, from) {
      const text = streams[from].take(chunk);
      if (from === 'stdout' && stdout.length < MOST_OUTPUT) stdout += text;
      return undefined;
    },
  });
  streams.stdout.flush();
  streams.stderr.flush();
  if (ended === 'aborted') throw new BitError('cancelled', 'interrupted');
  if (ended === 'unstartable')
    throw new BitError('missing-tool', `${program} can't be started: ${cause?.message}`, { cause });
  if (exitCode === 0) return stdout;
  throw new BitError('failed', `${what}: ${program} ended with status ${exitCode}${tail(last)}`, {
    details: { status: exitCode, lines: last },
  });
}

function tail(said: readonly string[]): string {
  const lines = said.filter((line) => line.trim() !== '').slice(-3);
  return lines.length === 0 ? '' : `: ${lines.join(' | ')}`;
}

function lines(tell: (line: string) => void): { take(chunk: Buffer): string; flush(): void } {
  const decoder = new StringDecoder('utf8');
  let partial = '';
  return {
    take(chunk) {
      const text = decoder.write(chunk);
      const parts = (partial + text).split(/\r\n|\n|\r/);
      partial = parts.pop() ?? '';
      if (partial.length > LONGEST_LINE) {
        parts.push(partial);
        partial = '';
      }
      for (const part of parts) tell(part);
      return text;
    },
    flush() {
      if (partial !== '') tell(partial);
      partial = '';
    },
  };
}
