/**
 * The one error type users see. Thrown where the fact is known, naming the offending thing
 * (`file:line`, ref, URI, field path). A plain `Error` that reaches the top is a bug of ours and says so.
 *
 * Codes are part of the public interface (`--json` prints them); messages are not.
 */
export type ErrorCode =
  | 'usage' // the command line itself is wrong
  | 'denied' // a policy said no
  | 'not-found' // a scope or name that does not exist
  | 'auth' // authentication missing or refused
  | 'remote' // a remote or the network failed
  | 'integrity' // a digest, signature or chain does not hold
  | 'cancelled' // declined at a prompt, or interrupted
  | 'conflict' // a merge conflict, or the work tree is in the way
  | 'waiting' // it stops until somebody else does something, and goes on from there
  | 'failed' // the work itself failed honestly (tests red, check not passed)
  | 'changed' // undo refused: something changed since
  | 'busy' // another process holds what is needed
  | 'io' // the disk refused: full, read-only, permission
  | 'missing-tool' // something the machine lacks; the hint says what to install
  | 'unsupported' // can't be done with this repository or platform
  | 'internal'; // a bug of ours

/** Exit status by code; the only such table. 130 is what a shell gives an interrupted program. */
export const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  usage: 2,
  denied: 3,
  'not-found': 4,
  auth: 5,
  remote: 6,
  integrity: 7,
  cancelled: 130,
  waiting: 75, // EX_TEMPFAIL of sysexits(3)
  conflict: 1,
  failed: 1,
  changed: 1,
  busy: 1,
  io: 1,
  'missing-tool': 1,
  unsupported: 1,
  internal: 70,
};

export interface BitErrorOptions {
  /** What to do next, a sentence or a command to type. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Machine-readable facts for `--json`: file, line, ref, seq, field … Never secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export class BitError extends Error {
  override readonly name = 'BitError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: BitErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }

  get exitCode(): number {
    return EXIT_CODES[this.code];
  }
}

export function isBitError(value: unknown, code?: ErrorCode): value is BitError {
  return value instanceof BitError && (code === undefined || value.code === code);
}

/** Errors of the operating system that are the machine's state, not our bug. */
const IO_REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EMFILE: 'too many open files',
  EIO: 'the disk reported an input/output error',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'too many symbolic links',
  ENOTDIR: 'a parent of the path is not a directory',
  EISDIR: 'the path is a directory',
};

/** Turns an `ErrnoException` the user can act on into a {@link BitError}; anything else comes back unchanged. */
export function fromErrno(error: unknown, doing: string): unknown {
  if (error instanceof BitError) return error;
  const errno = error as NodeJS.ErrnoException | null;
  const reason = errno?.code === undefined ? undefined : IO_REASONS[errno.code];
  if (reason === undefined) return error;
  const named = doing.slice(doing.lastIndexOf(' ') + 1);
  const told = typeof errno?.path !== 'string' || errno.path.startsWith(named);
  const path = told ? '' : `: ${errno.path}`;
  return new BitError('io', `${doing}: ${reason}${path}`, {
    cause: error,
    details: { errno: errno?.code, ...(errno?.path === undefined ? {} : { path: errno.path }) },
  });
}
