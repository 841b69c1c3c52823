import { BitError, type ErrorCode } from '../kernel/errors.ts';

/** What of Octokit's error tells how a call ended. */
interface Refused {
  readonly status?: unknown;
  readonly response?: { readonly headers?: Readonly<Record<string, unknown>> };
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'auth',
  403: 'denied',
  404: 'not-found',
  410: 'not-found',
};

/** A call's answer; what GitHub refuses is told by its status. @throws BitError `not-found`, `auth`, `denied`, `remote` */
export async function answered<Out>(what: string, call: () => Promise<{ readonly data: Out }>): Promise<Out> {
  try {
    return (await call()).data;
  } catch (error) {
    const { status, response } = error as Refused;
    if (typeof status !== 'number' || response === undefined)
      throw new BitError('remote', `${what}: GitHub can not be reached`, { cause: error });
    const pause = pauseOf(response.headers ?? {});
    if (status === 429 || (status === 403 && pause !== undefined))
      throw new BitError('remote', `${what}: GitHub answers ${status}, that it is asked too often`, {
        cause: error,
        ...(pause === undefined ? {} : { hint: `ask again in ${pause} s` }),
      });
    throw new BitError(CODES[status] ?? 'remote', `${what}: GitHub answers ${status}`, { cause: error });
  }
}

/** Seconds until GitHub takes calls again, where a refusal is one for their number. */
function pauseOf(headers: Readonly<Record<string, unknown>>): number | undefined {
  const after = Number(headers['retry-after'] ?? Number.NaN);
  if (Number.isFinite(after)) return Math.max(1, Math.round(after));
  return headers['x-ratelimit-remaining'] === '0' ? 60 : undefined;
}
