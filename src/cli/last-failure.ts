import { join } from 'node:path';
import { FAILURE_FILE, type FailureRecord } from '../advice/failure-record.ts';
import type { BitError } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { shorten } from '../kernel/text.ts';
import { userDirectories } from './directories.ts';
import type { Io } from './io.ts';

const SECRET_FLAG = /^--?[a-z0-9-]*(?:token|secret|password|passphrase|key)$/i;

/**
 * Keeps the last failure for `bit help auto`, in the user's cache and never in a repository or its state. Failing to
 * is no failure.
 */
export function rememberFailure(io: Io, error: BitError): void {
  if (io.argv[0] === 'help' || error.code === 'cancelled') return;
  const argv = maskArguments(io.argv);
  const hide = (text: string): string =>
    io.argv.reduce((shown, word, at) => {
      const masked = argv[at];
      return masked === undefined || masked === word || !masked.includes('***')
        ? shown
        : shown.replaceAll(word, masked);
    }, maskSecrets(text));
  const record: FailureRecord = {
    v: 1,
    ts: io.now().toISOString(),
    argv,
    cwd: io.cwd,
    code: error.code,
    message: shorten(hide(error.message), 2000),
    hint: error.hint === undefined ? null : shorten(hide(error.hint), 1000),
    exit: error.exitCode,
  };
  try {
    writeFileAtomic(join(userDirectories(io.env).cache, FAILURE_FILE), `${JSON.stringify(record)}\n`, {
      mode: 0o600,
    });
  } catch {
    // a read-only or full disk has been told of, or is not what this command was about
  }
}

/** Secrets by their shape, and what stands behind a flag that says it is one. */
function maskArguments(argv: readonly string[]): string[] {
  return argv.slice(0, 100).map((word, at) => {
    const before = argv[at - 1];
    if (before !== undefined && SECRET_FLAG.test(before)) return '***';
    const equals = word.indexOf('=');
    if (equals > 0 && SECRET_FLAG.test(word.slice(0, equals))) return `${word.slice(0, equals)}=***`;
    return shorten(maskSecrets(word), 500);
  });
}
