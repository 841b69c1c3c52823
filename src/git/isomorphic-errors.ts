import { BitError, type ErrorCode, fromErrno } from '../kernel/errors.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable, shorten } from '../kernel/text.ts';

export function unsupported(operation: string, hint = 'Install git for this.'): BitError {
  return new BitError('unsupported', `${operation} needs the git program, which is not on PATH`, { hint });
}

/** isomorphic-git's error codes and Node's network codes. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  NotFoundError: 'not-found',
  ShortOidNotFound: 'not-found',
  AmbiguousError: 'not-found',
  NoRefspecError: 'not-found',
  ObjectTypeError: 'not-found',
  MissingNameError: 'usage',
  MissingParameterError: 'usage',
  InvalidRefNameError: 'usage',
  InvalidFilepathError: 'usage',
  UnsafeFilepathError: 'integrity',
  AlreadyExistsError: 'conflict',
  CheckoutConflictError: 'conflict',
  CommitNotFetchedError: 'not-found',
  UnmergedPathsError: 'conflict',
  MergeConflictError: 'conflict',
  FastForwardError: 'conflict',
  PushRejectedError: 'conflict',
  GitPushError: 'failed',
  NoCommitError: 'failed',
  UserCanceledError: 'auth',
  HttpError: 'remote',
  SmartHttpError: 'remote',
  EmptyServerResponseError: 'remote',
  RemoteCapabilityError: 'remote',
  ParseError: 'remote',
  UnknownTransportError: 'unsupported',
  UrlParseError: 'usage',
  ENOTFOUND: 'remote',
  EAI_AGAIN: 'remote',
  ECONNREFUSED: 'remote',
  ECONNRESET: 'remote',
  EPIPE: 'remote',
  ETIMEDOUT: 'remote',
  EHOSTUNREACH: 'remote',
  ENETUNREACH: 'remote',
};

interface Coded {
  readonly code?: string;
  readonly message?: string;
  readonly data?: { readonly statusCode?: number };
}

/** What isomorphic-git threw, as the error users see; what is not known by code comes back unchanged. */
export function fromIsomorphic(error: unknown): unknown {
  if (error instanceof BitError) return error;
  const { code = '', message = '', data } = error as Coded;
  const status = data?.statusCode;
  const known =
    status === 401 || status === 403 ? 'auth' : Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  if (known === undefined) return fromErrno(error, 'git');
  const line = shorten(printable(maskSecrets(message.split('\n', 1)[0] ?? code)), 500);
  return new BitError(known, line, {
    cause: error,
    ...(code === 'PushRejectedError'
      ? { hint: 'The other side has commits this one lacks: `bit sync` takes them in, then push again.' }
      : {}),
    details: { reason: code },
  });
}

/** Runs `work` and translates what it throws. */
export async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fromIsomorphic(error);
  }
}

/**
 * As {@link translated}, for work that reads what a server sent: what isomorphic-git trips over without a code of its
 * own is then an answer it could not make sense of.
 */
export async function translatedTransfer<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const known = fromIsomorphic(error);
    // the server named a commit and did not send it
    const withheld = (error as Coded).code === 'CommitNotFetchedError';
    if (known instanceof BitError && !withheld) throw known;
    const message = error instanceof Error ? error.message : String(error);
    const line = shorten(printable(maskSecrets(message.split('\n', 1)[0] ?? '')), 300);
    throw new BitError('remote', `the server's answer makes no sense: ${line}`, { cause: error });
  }
}
