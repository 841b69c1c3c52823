import { BitError } from '../kernel/errors.ts';
import type { ApiCall } from './call.ts';
import type { GithubCredential } from './credential.ts';
import type { GithubHost } from './host.ts';

export interface Upstream {
  readonly host: GithubHost;
  readonly credential: GithubCredential;
  /** Address of the broker, which stands for that of the API in what is given back. */
  readonly own: string;
}

export interface ApiReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Seconds after which GitHub wants to be asked again, where it said so. */
  readonly retryAfter: number | undefined;
}

export const MOST_REPLY_BYTES = 32 * 1024 * 1024;
const PATIENCE = 60_000;

/** What of a request goes on; all else stays here, the token first of all. */
const SENT: readonly string[] = [
  'accept',
  'content-type',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'x-github-api-version',
];
/** What of an answer comes back; nothing of it tells about the credential. */
const GIVEN_BACK: readonly string[] = [
  'cache-control',
  'content-type',
  'deprecation',
  'etag',
  'last-modified',
  'retry-after',
  'sunset',
  'x-github-api-version-selected',
  'x-github-media-type',
  'x-github-request-id',
  'x-poll-interval',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'x-ratelimit-resource',
  'x-ratelimit-used',
];

/**
 * Sends a call on with the real credential. Redirects aren't followed: one that stays with the API comes back as one
 * that stays with the broker, so that what it leads to is judged as well; one that leaves it is refused.
 *
 * @throws BitError `remote` where there is no answer, or none that can be given back
 */
export async function forward(
  { host, credential, own }: Upstream,
  call: ApiCall,
  given: { readonly headers: Readonly<Record<string, unknown>>; readonly body: Buffer },
): Promise<ApiReply> {
  const base = host.api.href.replace(/\/$/, '');
  const url = new URL(`${base}${call.path}${call.query}`);
  const path = `${new URL(base).pathname.replace(/\/$/, '')}${call.path}`;
  if (url.origin !== host.api.origin || url.pathname !== path)
    throw new BitError('usage', 'the call is refused: its path can be read in two ways');
  const headers: Record<string, string> = {
    authorization: `Bearer ${credential.value}`,
    'user-agent': 'bit-github-broker',
  };
  for (const name of SENT) {
    const value = given.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  const answer = await ask(url, {
    method: call.method,
    headers,
    redirect: 'manual',
    signal: AbortSignal.timeout(PATIENCE),
    ...(given.body.length > 0 ? { body: new Uint8Array(given.body) } : {}),
  });
  const { body, status } = answer;
  if (tells(body, credential.value)) throw broken('its answer holds the credential');
  const location = answer.headers.get('location');
  return {
    status,
    body,
    retryAfter: retryAfter(answer.headers, status),
    headers: {
      ...chosen(answer.headers),
      ...(location === null ? {} : { location: staying(location, url, base, own) }),
      ...linked(answer.headers.get('link'), base, own),
    },
  };
}

async function ask(
  url: URL,
  init: RequestInit,
): Promise<{ readonly status: number; readonly headers: Headers; readonly body: Buffer }> {
  try {
    const response = await fetch(url, init);
    const body = await bounded(response);
    return { status: response.status, headers: response.headers, body };
  } catch (error) {
    if (error instanceof BitError) throw error;
    const late = error instanceof Error && error.name === 'TimeoutError';
    throw new BitError(
      'remote',
      `${url.host} ${late ? `did not answer in ${PATIENCE / 1000} s` : 'can not be reached'}`,
      {
        details: { host: url.host, late },
      },
    );
  }
}

async function bounded(response: Response): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > MOST_REPLY_BYTES) {
      throw broken(`its answer is larger than ${MOST_REPLY_BYTES / 1024 / 1024} MiB`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Whatever the other side does with what it is sent: as it is, and as Basic authentication would carry it. */
function tells(body: Buffer, value: string): boolean {
  if (body.includes(value)) return true;
  return [0, 1, 2].some((shift) => {
    const padded = Buffer.from(`${'\0'.repeat(shift)}${value}`).toString('base64');
    // the groups that stand for the value alone
    return body.includes(padded.slice(shift === 0 ? 0 : 4, Math.floor((shift + value.length) / 3) * 4));
  });
}

function chosen(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    GIVEN_BACK.flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}

function staying(location: string, from: URL, base: string, own: string): string {
  const to = URL.parse(location, from.href)?.href ?? '';
  if (to.startsWith(`${base}/`)) return `${own}${to.slice(base.length)}`;
  throw broken('it redirects to another host, where nothing is sent');
}

/** Page links (RFC 8288): those of the API lead back to the broker, others aren't given back. */
function linked(link: string | null, base: string, own: string): Record<string, string> {
  const links = (link ?? '')
    .split(/,\s*(?=<)/)
    .filter((part) => part.startsWith(`<${base}/`))
    .map((part) => `<${own}${part.slice(base.length + 1)}`);
  return links.length === 0 ? {} : { link: links.join(', ') };
}

function retryAfter(headers: Headers, status: number): number | undefined {
  if (status !== 429 && status !== 403) return undefined;
  const seconds = Number(headers.get('retry-after') ?? 'none');
  return Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}

function broken(why: string): BitError {
  return new BitError('remote', `GitHub's answer is held back: ${why}`);
}
