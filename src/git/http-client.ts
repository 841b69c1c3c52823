import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { GitHttpRequest, GitHttpResponse } from 'isomorphic-git';
import { BitError } from '../kernel/errors.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable, shorten } from '../kernel/text.ts';
import { cancelled } from './spawn.ts';

export interface HttpClientOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without a byte from the server after which it is given up. */
  readonly patience?: number | undefined;
}

/** As long as git's own defaults would let a person stare at nothing; longer helps nobody. */
const PATIENCE_MS = 60_000;
const MOST_REDIRECTS = 5;

/**
 * HTTP for the adapter without the `git` program. Every way a server or the network can fail is BitError 'remote'
 * naming the host, an abort is 'cancelled'. Credentials go to the host they were given for and no other.
 */
export function httpClient(options: HttpClientOptions) {
  return {
    async request(call: GitHttpRequest): Promise<GitHttpResponse> {
      const body = call.body === undefined ? undefined : await collect(call.body);
      const method = call.method ?? 'GET';
      let url = new URL(call.url);
      let headers = { ...call.headers };
      for (let redirects = 0; ; redirects++) {
        const response = await exchange({ url, method, headers, body }, options);
        const to = redirection(response, method, url);
        if (to === undefined) {
          return {
            url: url.href,
            method,
            statusCode: response.statusCode ?? 0,
            statusMessage: response.statusMessage ?? '',
            headers: headersOf(response),
            body: bytesOf(response, url, options.signal),
          };
        }
        response.destroy();
        if (redirects === MOST_REDIRECTS) throw failed(url, 'redirects without end');
        if (to.host !== url.host) headers = withoutCredentials(headers);
        url = to;
      }
    },
  };
}

interface Exchange {
  readonly url: URL;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer | undefined;
}

function exchange(
  { url, method, headers, body }: Exchange,
  { signal, patience = PATIENCE_MS }: HttpClientOptions,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(cancelled(signal));
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const length = body === undefined ? {} : { 'content-length': String(body.length) };
    const request = send(url, {
      method,
      headers: { ...headers, ...length },
      ...(signal === undefined ? {} : { signal }),
    });
    request.setTimeout(patience, () => {
      request.destroy(failed(url, `said nothing for ${Math.ceil(patience / 1000)} seconds`));
    });
    request.on('error', (error) => reject(failureOf(error, url, signal)));
    request.on('response', resolve);
    request.end(body);
  });
}

async function* bytesOf(
  response: IncomingMessage,
  url: URL,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* response as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw failureOf(error, url, signal);
  }
}

function failureOf(error: unknown, url: URL, signal: AbortSignal | undefined): BitError {
  if (signal?.aborted) return cancelled(signal);
  if (error instanceof BitError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const said = code === 'ECONNRESET' ? 'broke the connection off' : `can't be reached: ${code ?? message}`;
  return failed(url, said, error);
}

function failed(url: URL, what: string, cause?: unknown): BitError {
  return new BitError('remote', `${printable(shorten(url.host))} ${printable(shorten(what, 200))}`, {
    ...(cause === undefined ? {} : { cause }),
    details: { url: maskSecrets(url.href) },
  });
}

/** Where a GET is sent on to; a POST never is, and nothing goes from https to plain http. */
function redirection(response: IncomingMessage, method: string, from: URL): URL | undefined {
  const { statusCode = 0, headers } = response;
  if (method !== 'GET' || ![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined)
    return undefined;
  const to = URL.canParse(headers.location, from.href) ? new URL(headers.location, from) : undefined;
  const safe = to?.protocol === 'https:' || (to?.protocol === 'http:' && from.protocol === 'http:');
  if (to === undefined || !safe) throw failed(from, `redirects to ${maskSecrets(headers.location)}`);
  return to;
}

function withoutCredentials(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !/^(authorization|cookie)$/i.test(name)),
  );
}

function headersOf(response: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(response.headers).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value]] : [],
    ),
  );
}

async function collect(chunks: AsyncIterableIterator<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}
