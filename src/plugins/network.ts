/** HTTP for code that has no network of its own: only the hosts it was granted, nothing of the host's is sent along. */
import { BitError } from '../kernel/errors.ts';
import { isJsonObject } from '../kernel/json.ts';
import { printable, shorten } from '../kernel/text.ts';
import { refusal } from './capabilities.ts';
import { text } from './shapes.ts';

/** What a plugin's `fetch` takes. */
export interface FetchOptions {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** What it answers; a redirect is an answer too, and never followed. */
export interface FetchResult {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const MOST_BYTES = 6 * 1024 * 1024;
const SECONDS = 60;
/** The proxy's and the connection's own. */
const WITHHELD = /^(?:host|connection|content-length|transfer-encoding|upgrade|te|trailer|proxy-.*|sec-.*)$/i;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** @throws BitError `denied` for a host that was not granted, `remote` where it can't be reached */
export async function fetchGranted(
  given: readonly unknown[],
  at: { readonly who: string; readonly may: (capability: string) => boolean; readonly signal: AbortSignal },
): Promise<FetchResult> {
  const url = addressOf(text(given[0], 'url', 8192));
  const host = url.hostname.toLowerCase();
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  const usual = url.protocol === 'https:' && port === '443';
  if (!at.may(`network:${host}:${port}`) && !(usual && at.may(`network:${host}`)))
    throw refusal(at.who, `network:${host}${usual ? '' : `:${port}`}`);
  const init = initOf(given[1]);
  const signal = AbortSignal.any([at.signal, AbortSignal.timeout(SECONDS * 1000)]);
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal });
    const body = await bounded(response, url);
    return { status: response.status, headers: Object.fromEntries(response.headers), body };
  } catch (error) {
    if (error instanceof BitError) throw error;
    if (at.signal.aborted) throw new BitError('cancelled', 'interrupted', { cause: error });
    throw new BitError('remote', `${url.host} can't be reached`, { cause: error });
  }
}

function addressOf(given: string): URL {
  const wrong = (why: string): BitError => new BitError('usage', `${printable(shorten(given))}: ${why}`);
  if (!URL.canParse(given)) throw wrong('is no address');
  const url = new URL(given);
  const plain = url.protocol === 'http:' && LOOPBACK.test(url.hostname);
  if (url.protocol !== 'https:' && !plain) throw wrong('only https: is spoken');
  if (url.username !== '' || url.password !== '') throw wrong('an address holds no credentials');
  return url;
}

function initOf(value: unknown): {
  method: string;
  headers: Record<string, string>;
  body: string | Buffer<ArrayBuffer> | null;
} {
  const init = isJsonObject(value) ? value : {};
  const method = init['method'] === undefined ? 'GET' : text(init['method'], 'method', 10);
  if (!METHODS.includes(method)) throw new BitError('usage', `method: one of ${METHODS.join(', ')}`);
  const headers: Record<string, string> = {};
  for (const [name, given] of Object.entries(isJsonObject(init['headers']) ? init['headers'] : {})) {
    if (!/^[A-Za-z0-9-]{1,100}$/.test(name) || WITHHELD.test(name))
      throw new BitError('usage', `the header ${printable(shorten(name))} is not a plugin's to set`);
    const line = text(given, `headers.${name}`, 8192);
    if (/[\r\n\0]/.test(line)) throw new BitError('usage', `headers.${name}: one line`);
    headers[name] = line;
  }
  const body: unknown = init['body'];
  if (body === undefined || body === null) return { method, headers, body: null };
  if (body instanceof Uint8Array) return { method, headers, body: Buffer.from(body) };
  return { method, headers, body: text(body, 'body', MOST_BYTES) };
}

async function bounded(response: Response, url: URL): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += (chunk as Uint8Array).length;
    if (size > MOST_BYTES) throw new BitError('remote', `${url.host} answered with more than 6 MB`);
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks);
}
