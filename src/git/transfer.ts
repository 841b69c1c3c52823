import type { Readable } from 'node:stream';
import { BitError } from '../kernel/errors.ts';
import { classifyFailure } from './failure.ts';
import type { RunOptions } from './index.ts';
import { progressParser } from './progress.ts';
import { HARDENING, type Runner } from './runner.ts';
import { cancelled } from './spawn.ts';

/** A server that talks without end through its `remote:` lines is cut off here. */
const MAX_TALK = 32 << 20;

/**
 * Clone, fetch and push, through simple-git: it owns the child, its ending and its abort. Loaded here and only here:
 * loading costs more than most commands take.
 *
 * Its guards are for arguments and variables a program takes from outside unseen. Ours are checked by name before
 * (`names.ts`, `environment.ts`), and what remains in the environment is the person's own setting.
 */
export async function transfer(
  git: Runner,
  args: readonly string[],
  options: RunOptions,
  cwd = git.cwd,
): Promise<string> {
  const { simpleGit } = await import('simple-git');
  const outer = options.signal;
  if (outer?.aborted) throw cancelled(outer);
  const env = git.environment(options);
  const abort = new AbortController();
  const onAbort = () => abort.abort();
  outer?.addEventListener('abort', onAbort, { once: true });
  let end = { exitCode: 0, stdout: '', stderr: '' };
  let talk = 0;
  const client = simpleGit({
    baseDir: cwd,
    binary: git.program,
    abort: abort.signal,
    config: HARDENING.filter((argument) => argument !== '-c'),
    allowEnvironment: Object.keys(env),
    unsafe: PERMITTED,
    errors: (error, result) => {
      if (result.exitCode === 0) return error;
      const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString('utf8');
      end = { exitCode: result.exitCode, stdout: text(result.stdOut), stderr: text(result.stdErr) };
      return error ?? new Error('git failed');
    },
  });
  const pipes: Readable[] = [];
  const feedProgress = options.onProgress === undefined ? undefined : progressParser(options.onProgress);
  client.env(env).outputHandler((_command, stdout, stderr) => {
    pipes.push(stdout as Readable, stderr as Readable);
    stderr.on('data', (chunk: Buffer) => {
      feedProgress?.(chunk);
      talk += chunk.length;
      if (talk > MAX_TALK) abort.abort();
    });
  });
  const started = performance.now();
  try {
    const stdout = await client.raw([...args]);
    git.report(args, started, 0);
    return stdout;
  } catch (error) {
    git.report(args, started, outer?.aborted ? 130 : end.exitCode || -1);
    if (outer?.aborted) throw cancelled(outer);
    if (talk > MAX_TALK) throw new BitError('remote', 'the remote sent more than 32 MiB of messages');
    if (end.exitCode > 0) throw classifyFailure({ args, ...end });
    throw error;
  } finally {
    outer?.removeEventListener('abort', onAbort);
    // what git left behind (ssh, waiting for its other end) holds them, and with them this process
    for (const pipe of pipes) pipe.destroy();
  }
}

const PERMITTED = {
  allowUnsafeAlias: true,
  allowUnsafeAskPass: true,
  allowUnsafeConfigEnvCount: true,
  allowUnsafeConfigPaths: true,
  allowUnsafeCredentialHelper: true,
  allowUnsafeCustomBinary: true,
  allowUnsafeEditor: true,
  allowUnsafeExec: true,
  allowUnsafeGitProxy: true,
  allowUnsafePager: true,
  allowUnsafeProtocolOverride: true,
  allowUnsafeSshCommand: true,
  allowUnsafeTemplateDir: true,
};
