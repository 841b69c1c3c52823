import { createHash } from 'node:crypto';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject } from '../kernel/json.ts';
import { rememberSecret } from '../kernel/secrets.ts';
import { printable } from '../kernel/text.ts';
import type { Credentials } from './credentials.ts';

/** A registry spoken to by the OCI distribution specification, for what no engine pushes: small things beside an image. */
export interface Registry {
  /** The bytes of a manifest; undefined where there is none. */
  manifest(name: string, reference: string, type: string): Promise<Buffer | undefined>;
  /** Puts bytes there where they are not yet. */
  putBlob(name: string, bytes: Uint8Array): Promise<void>;
  putManifest(name: string, reference: string, type: string, bytes: Uint8Array): Promise<void>;
}

export interface RegistryOptions {
  /** `ghcr.io`, `localhost:5000`. */
  readonly host: string;
  /** It speaks plain HTTP: loopback only. */
  readonly insecure: boolean;
  readonly credentials: Credentials | undefined;
  readonly signal: AbortSignal;
}

/** A manifest is at most 4 MiB (OCI distribution); a token's answer is smaller still. */
const MOST_BYTES = 4 << 20;
const TIME_MS = 60_000;

interface Ask {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly url: URL;
  readonly what: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** @throws BitError (of its methods) `auth`, `remote`, `cancelled` */
export function openRegistry({ host, insecure, credentials, signal }: RegistryOptions): Registry {
  const base = new URL(`${insecure ? 'http' : 'https'}://${host}`);
  const at = (path: string): URL => new URL(`/v2/${path}`, base);
  let authorization: string | undefined;

  async function send({ method, url, headers, body }: Ask): Promise<Response> {
    const own = url.origin === base.origin && authorization !== undefined ? { authorization } : {};
    try {
      return await fetch(url, {
        method,
        headers: { ...headers, ...own },
        ...(body === undefined ? {} : { body: Buffer.from(body) }),
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIME_MS)]),
      });
    } catch (cause) {
      if (signal.aborted) throw new BitError('cancelled', 'interrupted');
      throw new BitError('remote', `the registry ${url.host} does not answer`, { cause });
    }
  }

  async function ask(request: Ask, name: string): Promise<Response> {
    const first = await send(request);
    if (first.status !== 401 || request.url.origin !== base.origin) return first;
    authorization = await authorize(first.headers.get('www-authenticate') ?? '', name);
    const second = await send(request);
    if (second.status === 401 || second.status === 403) throw refused(`${host} refuses ${request.what}`);
    return second;
  }

  /** RFC 7617, or a token of the service the challenge names (distribution's token authentication). */
  async function authorize(challenge: string, name: string): Promise<string> {
    const basic =
      credentials === undefined
        ? undefined
        : `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
    if (basic !== undefined) rememberSecret(basic.slice('Basic '.length));
    if (/^basic\b/i.test(challenge)) {
      if (basic === undefined) throw refused(`${host} asks for a user name and a password`);
      return basic;
    }
    const realm = /^bearer\b.*\brealm="([^"]+)"/i.exec(challenge)?.[1];
    const url = realm === undefined || !URL.canParse(realm) ? undefined : new URL(realm);
    // the password goes there: never in the clear, but to a registry of this machine
    if (url === undefined || (url.protocol !== 'https:' && !(insecure && url.hostname === base.hostname)))
      throw new BitError('auth', `${host} asks to be authorized in a way that can't be used`);
    const service = /\bservice="([^"]*)"/i.exec(challenge)?.[1];
    if (service !== undefined) url.searchParams.set('service', service);
    url.searchParams.set('scope', `repository:${name}:pull,push`);
    const headers = basic === undefined ? {} : { authorization: basic };
    const answer = await send({ method: 'GET', url, what: 'a token', headers });
    if (!answer.ok) throw refused(`${url.host} gives no token for ${host} (status ${answer.status})`);
    const given = parsed(await read(answer));
    const token = isJsonObject(given) ? (given['token'] ?? given['access_token']) : undefined;
    if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))
      throw new BitError('remote', `${url.host} answered with no token`);
    rememberSecret(token);
    return `Bearer ${token}`;
  }

  return {
    async manifest(name, reference, type) {
      const what = `${name}:${reference}`;
      const url = at(`${name}/manifests/${reference}`);
      const answer = await ask({ method: 'GET', url, what, headers: { accept: type } }, name);
      if (answer.status === 404) return undefined;
      if (!answer.ok) throw await fault(host, `to read ${what}`, answer);
      return read(answer);
    },
    async putBlob(name, bytes) {
      const digest = digestOf(bytes);
      const there = at(`${name}/blobs/${digest}`);
      const known = await ask({ method: 'HEAD', url: there, what: digest }, name);
      // a redirect leads to the bytes
      if (known.ok || (known.status >= 300 && known.status < 400)) return;
      const begin = {
        method: 'POST',
        url: at(`${name}/blobs/uploads/`),
        what: `pushing to ${name}`,
      } as const;
      const begun = await ask(begin, name);
      const location = begun.headers.get('location');
      if (begun.status !== 202 || location === null) throw await fault(host, 'an upload', begun);
      const url = new URL(location, base);
      if (url.protocol !== base.protocol) throw new BitError('remote', `${host} sends an upload elsewhere`);
      url.searchParams.set('digest', digest);
      const headers = { 'content-type': 'application/octet-stream' };
      const put = await ask({ method: 'PUT', url, what: digest, headers, body: bytes }, name);
      if (put.status !== 201) throw await fault(host, `the upload of ${digest}`, put);
      await put.body?.cancel();
    },
    async putManifest(name, reference, type, bytes) {
      const what = `${name}:${reference}`;
      const url = at(`${name}/manifests/${reference}`);
      const headers = { 'content-type': type };
      const put = await ask({ method: 'PUT', url, what, headers, body: bytes }, name);
      if (put.status !== 201) throw await fault(host, what, put);
      await put.body?.cancel();
    },
  };
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function refused(message: string): BitError {
  return new BitError('auth', message, {
    hint: 'give --username NAME and --credentials env:NAME or secret:NAME',
  });
}

async function fault(host: string, what: string, answer: Response): Promise<BitError> {
  const said = printable((await read(answer)).toString('utf8').slice(0, 300));
  return new BitError('remote', `${host} does not take ${what}: status ${answer.status} ${said}`.trim());
}

async function read(answer: Response): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body ?? []) {
    size += part.length;
    if (size > MOST_BYTES) throw new BitError('remote', 'the registry answers with more than 4 MiB');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
