import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BitError, isBitError } from '../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import type { Deliveries } from './deliveries.ts';

/** A trigger that takes webhooks, with the secret that signs them. */
export interface Receiver {
  readonly trigger: string;
  readonly secret: string;
}

/** A delivery whose signature holds and that came for the first time. */
export interface Delivery {
  readonly triggers: readonly string[];
  /** `X-GitHub-Event`. */
  readonly kind: string;
  readonly id: string;
  readonly payload: JsonObject;
}

/** GitHub sends at most 25 MB. */
export const MOST_BODY = 25 * 1024 * 1024;
const MOST_HEADERS = 16 * 1024;
const MOST_CONNECTIONS = 32;
const HEAD_PATIENCE = 10_000;
const BODY_PATIENCE = 30_000;
const DELIVERY = /^[A-Za-z0-9_.:-]{8,128}$/;
const KIND = /^[a-z_]{1,64}$/;
const SIGNATURE = /^sha256=([0-9a-f]{64})$/;

export interface Listener {
  readonly address: string;
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly receivers: readonly Receiver[];
  readonly deliveries: Pick<Deliveries, 'has' | 'add'>;
  /** Takes a delivery; on disk when it returns. */
  readonly accept: (delivery: Delivery) => void | Promise<void>;
}

/**
 * Listens for webhooks as GitHub sends them: `POST /` or `POST /<trigger>`, the body signed by `X-Hub-Signature-256`,
 * named by `X-GitHub-Event` and `X-GitHub-Delivery`. Nothing of a body is read as anything before its signature holds.
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const server = createServer(
    {
      maxHeaderSize: MOST_HEADERS,
      headersTimeout: HEAD_PATIENCE,
      requestTimeout: BODY_PATIENCE,
      keepAliveTimeout: 5_000,
      requireHostHeader: true,
    },
    (request, response) => void handle(request, response, options),
  );
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'it is in use' : (error.code ?? error.message);
      reject(new BitError('io', `can't listen on ${options.host}:${options.port}: ${why}`, { cause: error }));
    });
    server.listen({ host: options.host, port: options.port, exclusive: true }, resolve);
  });
  const { address, port, family } = server.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  return { address: `http://${host}:${port}`, close: () => close(server) };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: ListenOptions,
): Promise<void> {
  try {
    const { kind, ping } = await receive(request, options);
    answer(response, 202, ping ? 'pong' : `taken: ${kind}`);
  } catch (error) {
    const status = isBitError(error) ? Number(error.details['status'] ?? 400) : 500;
    answer(response, status, isBitError(error) ? error.message : 'the listener failed');
    request.resume();
  }
}

function answer(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent || response.destroyed) return;
  const body = `${JSON.stringify({ message })}\n`;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...(status >= 400 ? { connection: 'close' } : {}),
  });
  response.end(body);
}

async function receive(
  request: IncomingMessage,
  { receivers, deliveries, accept }: ListenOptions,
): Promise<{ readonly kind: string; readonly ping: boolean }> {
  if (request.method !== 'POST') throw refused(405, 'webhooks are POSTed');
  const meant = receiversOf(request.url ?? '/', receivers);
  const id = headerOf(request, 'x-github-delivery');
  const kind = headerOf(request, 'x-github-event');
  if (id === undefined || !DELIVERY.test(id)) throw refused(400, 'X-GitHub-Delivery is missing or no id');
  if (kind === undefined || !KIND.test(kind)) throw refused(400, 'X-GitHub-Event is missing or no event');
  const signature = SIGNATURE.exec(headerOf(request, 'x-hub-signature-256') ?? '')?.[1];
  if (signature === undefined) throw refused(401, 'X-Hub-Signature-256 is missing or none');
  const body = await readBody(request);
  const signed = meant.filter(({ secret }) => holds(secret, body, signature));
  if (signed.length === 0) throw refused(401, 'the signature does not hold');
  // the id is not signed: one that is sent again under another is known by its bytes
  const digest = createHash('sha256').update(body).digest('hex');
  if (deliveries.has(id) || deliveries.has(`${kind} ${digest}`)) throw refused(409, 'it came before');
  const payload = payloadOf(request, body);
  if (kind !== 'ping') await accept({ triggers: signed.map(({ trigger }) => trigger), kind, id, payload });
  deliveries.add([id, `${kind} ${digest}`]);
  return { kind, ping: kind === 'ping' };
}

function receiversOf(url: string, receivers: readonly Receiver[]): readonly Receiver[] {
  const path = url.split('?')[0] ?? '/';
  if (path === '/') return receivers;
  const named = receivers.filter(({ trigger }) => path === `/${trigger}`);
  if (named.length === 0) throw refused(404, 'no trigger of that name takes webhooks');
  return named;
}

/** Undefined also where it is there more than once. */
function headerOf(request: IncomingMessage, name: string): string | undefined {
  const values = request.headersDistinct[name];
  return values?.length === 1 ? values[0] : undefined;
}

/** In constant time. */
function holds(secret: string, body: Buffer, signature: string): boolean {
  const wanted = createHmac('sha256', secret).update(body).digest();
  return timingSafeEqual(wanted, Buffer.from(signature, 'hex'));
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > MOST_BODY) throw refused(413, 'it is too large');
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MOST_BODY) throw refused(413, 'it is too large');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function payloadOf(request: IncomingMessage, body: Buffer): JsonObject {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim();
  const text = body.toString('utf8');
  const json = type === 'application/x-www-form-urlencoded' ? new URLSearchParams(text).get('payload') : text;
  try {
    const value: unknown = JSON.parse(json ?? '');
    if (isJsonObject(value)) return value;
  } catch {
    // told below
  }
  throw refused(400, 'its body is no JSON object');
}

function refused(status: number, message: string): BitError {
  return new BitError(status === 401 ? 'auth' : 'usage', message, { details: { status } });
}
