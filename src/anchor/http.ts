import { BitError } from '../kernel/errors.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Options } from './options.ts';

export interface Request {
  readonly url: URL;
  /** POST where there is one. */
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** What messages call the service: the address may be a secret. */
  readonly place: string;
  /** Bytes of the answer. */
  readonly limit: number;
  /** For the whole of it, the last byte of the answer included. */
  readonly seconds: number;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** Media type without parameters. */
  readonly type: string;
  readonly body: Buffer;
}

/**
 * One question to a service: bounded in time and size, and redirections are not followed, for what was configured is
 * what is asked.
 *
 * @throws BitError `remote`, `cancelled`
 */
export async function exchange(request: Request): Promise<Answer> {
  const { url, body, headers = {}, place, limit, seconds, signal } = request;
  const time = AbortSignal.timeout(seconds * 1000);
  try {
    const response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : Uint8Array.from(body) }),
      headers,
      redirect: 'manual',
      signal: AbortSignal.any([signal, time]),
    });
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      throw new BitError('remote', `${place} redirects to another address`, {
        hint: 'configure the address that answers itself',
        details: { place, status: response.status },
      });
    }
    const type = (response.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
    return { status: response.status, type, body: await bounded(response, place, limit) };
  } catch (error) {
    if (error instanceof BitError) throw error;
    if (signal.aborted) throw new BitError('cancelled', 'interrupted', { cause: error });
    if (time.aborted)
      throw new BitError('remote', `${place} did not answer within ${seconds} s`, { cause: error });
    throw new BitError('remote', `${place}: ${reason(error)}`, { cause: error });
  }
}

async function bounded(response: Response, place: string, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > limit) throw new BitError('remote', `${place} answers with more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function reason(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  const text = cause instanceof Error && cause.message !== '' ? cause.message : String(error);
  return maskSecrets(printable(shorten(text, 200)));
}

/** What a service said beside its status, for a message. */
export function saidBy({ status, body }: Answer): string {
  const text = printable(shorten(body.toString('utf8').trim().split('\n', 1)[0] ?? '', 160));
  return `status ${status}${text === '' ? '' : ` (${maskSecrets(text)})`}`;
}

/** An address of HTTP without user information. @throws BitError `usage` */
export function serviceUrl(options: Options, key: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return options.fail(key, 'an address of http or https');
  if (url.username !== '' || url.password !== '')
    return options.fail(key, 'an address without user and password');
  return url;
}

/** A path below an address that may or may not end in a slash. */
export function below(prefix: URL, path: string): URL {
  const url = new URL(prefix);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${path}`;
  return url;
}
