import { BitError } from '../kernel/errors.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { type Environment, findProgram, gitEnvironment } from './environment.ts';
import { classifyFailure } from './failure.ts';
import type { GitInvocation, RepositoryPaths, RunOptions } from './index.ts';
import { type ProcessRequest, type ProcessResult, runProcess, streamProcess } from './spawn.ts';

/** Put before every command: keeps URLs from running programs. */
const SAFE: readonly string[] = [...['-c', 'protocol.ext.allow=never'], ...['-c', 'protocol.fd.allow=never']];

/** `git diff` writes a refreshed index back whatever GIT_OPTIONAL_LOCKS says, unless it is told not to refresh. */
const READING: readonly string[] = ['-c', 'diff.autoRefreshIndex=false'];

/** And what makes output parseable; where a person reads it, it is as they set it. */
export const HARDENING: readonly string[] = ['-c', 'core.quotePath=false', ...SAFE];

export interface RunnerOptions {
  readonly env: Environment;
  readonly paths?: RepositoryPaths;
  readonly cwd: string;
  /** Git may ask for credentials on the terminal; default no. */
  readonly prompt?: boolean;
  readonly onInvocation?: (invocation: GitInvocation) => void;
}

export interface CallOptions extends RunOptions {
  /** No locks, not even for refreshing the index. */
  readonly reading?: boolean;
}

export function requireGit(env: Environment): string {
  const program = findProgram('git', env);
  if (program !== undefined) return program;
  throw new BitError('missing-tool', 'there is no git program on PATH', {
    hint: 'Install git (https://git-scm.com/downloads); most commands work without it, this one does not.',
  });
}

/** Starts `git` in one place with one environment, reports every start, and turns failures into errors. */
export class Runner {
  readonly program: string;
  readonly cwd: string;
  private readonly options: RunnerOptions;
  private piped: Record<string, string> | undefined;

  constructor(options: RunnerOptions) {
    this.program = requireGit(options.env);
    this.options = options;
    this.cwd = options.cwd;
  }

  environment(call: CallOptions = {}): Record<string, string> {
    const { env, paths, prompt = false } = this.options;
    const build = (inherit: boolean) =>
      gitEnvironment({ env, prompt, inherit, ...(paths === undefined ? {} : { paths }) });
    if (call.inherit !== true) this.piped ??= build(false);
    const base = call.inherit === true ? build(true) : (this.piped ?? {});
    const merged = { ...base, ...(call.reading === true ? { GIT_OPTIONAL_LOCKS: '0' } : {}), ...call.env };
    return Object.fromEntries(
      Object.entries(merged).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    );
  }

  /** @throws BitError unless the exit code is one of `accept` (default only 0) */
  async call(args: readonly string[], options: CallOptions = {}): Promise<ProcessResult> {
    const started = performance.now();
    const result = await runProcess(this.request(args, options)).catch((error: unknown) => {
      this.report(args, started, isCancelled(error) ? 130 : -1);
      throw error;
    });
    this.report(args, started, result.exitCode);
    if ((options.accept ?? [0]).includes(result.exitCode)) return result;
    throw classifyFailure({
      args,
      exitCode: result.exitCode,
      stderr: result.stderr,
      stdout: result.stdout.toString('utf8'),
    });
  }

  async text(args: readonly string[], options: CallOptions = {}): Promise<string> {
    return (await this.call(args, { ...options, reading: true })).stdout.toString('utf8');
  }

  async *stream(
    args: readonly string[],
    separator: '\n' | '\0',
    options: CallOptions = {},
  ): AsyncGenerator<string> {
    const started = performance.now();
    let exitCode = -1;
    try {
      const end = yield* streamProcess(this.request(args, { ...options, reading: true }), separator);
      exitCode = end.exitCode;
      if (!(options.accept ?? [0]).includes(exitCode)) throw classifyFailure({ args, ...end, stdout: '' });
    } finally {
      this.report(args, started, exitCode);
    }
  }

  report(args: readonly string[], started: number, exitCode: number): void {
    this.options.onInvocation?.({
      argv: ['git', ...args.map(maskSecrets)],
      milliseconds: performance.now() - started,
      exitCode,
    });
  }

  private request(args: readonly string[], options: CallOptions): ProcessRequest {
    return {
      program: this.program,
      args: [
        ...(options.inherit === true || options.asTyped === true ? SAFE : HARDENING),
        ...(options.reading === true ? READING : []),
        ...args,
      ],
      cwd: options.cwd ?? this.cwd,
      env: this.environment(options),
      ...(options.input === undefined ? {} : { input: options.input }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.inherit === undefined ? {} : { inherit: options.inherit }),
    };
  }
}

function isCancelled(error: unknown): boolean {
  return error instanceof BitError && error.code === 'cancelled';
}
