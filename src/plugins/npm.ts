import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Environment, findProgram } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject } from '../kernel/json.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable, shorten } from '../kernel/text.ts';

export interface NpmOptions {
  readonly env: Environment;
  /** A folder of ours: npm reads the settings of the project it is started in. */
  readonly cwd: string;
  readonly signal: AbortSignal;
}

const TIME_LIMIT = 10 * 60_000;
const MOST_OUTPUT = 4 * 1024 * 1024;

/** A plugin's scripts never run, and nothing is looked up that isn't needed. */
const QUIET = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];

/**
 * Runs the machine's npm, whose registry and credentials are the person's own.
 *
 * @throws BitError `missing-tool`; `remote` or `not-found` by npm's own error code; `cancelled`
 */
export async function npm(args: readonly string[], options: NpmOptions): Promise<string> {
  const found = npmProgram(options.env);
  if (found === undefined) {
    throw new BitError('missing-tool', 'npm is needed to install plugins and is not on PATH', {
      hint: 'it comes with Node.js: https://nodejs.org',
    });
  }
  const [verb = '', ...rest] = args;
  const { code, stdout, stderr } = await run(found, [verb, '--json', ...QUIET, ...rest], options);
  if (code === 0) return stdout;
  throw failure(verb, stdout, stderr);
}

/** On Windows npm is a script for a shell, which would read our arguments anew: its JavaScript is started instead. */
function npmProgram(env: Environment): readonly string[] | undefined {
  if (process.platform === 'win32') {
    const script = join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js');
    return existsSync(script) ? [process.execPath, script] : undefined;
  }
  const program = findProgram('npm', env);
  return program === undefined ? undefined : [program];
}

function run(
  [program = '', ...before]: readonly string[],
  args: readonly string[],
  { env, cwd, signal }: NpmOptions,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...before, ...args], {
      cwd,
      env: { ...env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIME_LIMIT,
      signal,
    });
    const gather = (stream: NodeJS.ReadableStream): (() => string) => {
      const chunks: Buffer[] = [];
      let size = 0;
      stream.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= MOST_OUTPUT) chunks.push(chunk);
      });
      return () => Buffer.concat(chunks).toString('utf8');
    };
    const stdout = gather(child.stdout);
    const stderr = gather(child.stderr);
    child.on('error', (error) =>
      reject(
        signal.aborted
          ? new BitError('cancelled', 'interrupted', { cause: error })
          : new BitError('io', `can't start npm: ${error.message}`, { cause: error }),
      ),
    );
    child.on('close', (code) => resolve({ code: code ?? 1, stdout: stdout(), stderr: stderr() }));
  });
}

/** npm's error codes by what they mean here; any other is a failure of npm. */
const CODES: Readonly<Record<string, 'not-found' | 'remote' | 'auth' | 'integrity' | 'io'>> = {
  E404: 'not-found',
  ETARGET: 'not-found',
  ENOVERSIONS: 'not-found',
  ENOENT: 'not-found',
  E401: 'auth',
  E403: 'auth',
  ENEEDAUTH: 'auth',
  EINTEGRITY: 'integrity',
  ENOTFOUND: 'remote',
  ECONNREFUSED: 'remote',
  ECONNRESET: 'remote',
  ETIMEDOUT: 'remote',
  E500: 'remote',
  E502: 'remote',
  E503: 'remote',
  ENOSPC: 'io',
  EACCES: 'io',
};

function failure(verb: string, stdout: string, stderr: string): BitError {
  const told = errorOf(stdout) ?? errorOf(stderr);
  const code = told?.code ?? '';
  const text = told?.summary ?? stderr.trim().split('\n').at(-1) ?? '';
  const shown = printable(shorten(maskSecrets(text.replaceAll('\n', ' ')), 300));
  return new BitError(
    CODES[code] ?? 'failed',
    `npm ${verb} failed${code === '' ? '' : ` (${printable(shorten(code))})`}: ${shown}`,
    {
      details: { npm: shorten(code) },
    },
  );
}

function errorOf(text: string): { code: string; summary: string } | undefined {
  const start = text.indexOf('{');
  if (start < 0) return undefined;
  try {
    const value: unknown = JSON.parse(text.slice(start));
    const error = isJsonObject(value) ? value['error'] : undefined;
    if (!isJsonObject(error)) return undefined;
    return { code: String(error['code'] ?? ''), summary: String(error['summary'] ?? '') };
  } catch {
    return undefined;
  }
}
