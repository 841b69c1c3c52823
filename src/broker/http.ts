import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { BitError, isBitError } from '../kernel/errors.ts';

export interface ProxyRequest {
  readonly method: string;
  /** As it stands in the request line. */
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface ProxyReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Proxy {
  /** `http://127.0.0.1:<port>`. */
  readonly address: string;
  /** Takes no more calls and ends when those under way have. */
  close(): Promise<void>;
}

export const MOST_BODY_BYTES = 16 * 1024 * 1024;
const MOST_HEADER_BYTES = 16 * 1024;
const MOST_CONNECTIONS = 64;
/** Milliseconds for the head, and for all of a request. */
const HEAD_PATIENCE = 10_000;
const BODY_PATIENCE = 30_000;
/** Longest wait for calls under way when it is closed. */
const CLOSE_PATIENCE = 65_000;
/** Headers that say where a request goes, how long it is and who sends it: one of each. */
const SINGLE = ['host', 'authorization', 'content-length', 'transfer-encoding', 'content-type'];

/**
 * An HTTP server on loopback that hands whole requests to `answer`. What could be understood in two ways is refused
 * before: Node's strict parser refuses length and chunks together, here goes what it lets through (absolute-form
 * targets, another host's name, a header twice, a body where none belongs, upgrades).
 */
export async function openProxy(
  port: number,
  answer: (request: ProxyRequest) => Promise<ProxyReply>,
): Promise<Proxy> {
  let names: ReadonlySet<string> = new Set();
  const server = createServer(
    {
      maxHeaderSize: MOST_HEADER_BYTES,
      headersTimeout: HEAD_PATIENCE,
      requestTimeout: BODY_PATIENCE,
      keepAliveTimeout: 5_000,
      insecureHTTPParser: false,
      requireHostHeader: true,
    },
    (request, response) => void handle(request, response, names, answer),
  );
  server.maxConnections = MOST_CONNECTIONS;
  for (const event of ['connect', 'upgrade'] as const)
    server.on(event, (_request: IncomingMessage, socket: Socket) => {
      socket.end('HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    });
  const bound = await listen(server, port);
  names = new Set([`127.0.0.1:${bound}`, `localhost:${bound}`]);
  return { address: `http://127.0.0.1:${bound}`, close: () => close(server) };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'it is in use' : (error.code ?? error.message);
      reject(new BitError('io', `can't listen on 127.0.0.1:${port}: ${why}`, { cause: error }));
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () =>
      resolve((server.address() as AddressInfo).port),
    );
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => server.closeAllConnections(), CLOSE_PATIENCE);
    server.close(() => {
      clearTimeout(late);
      resolve();
    });
    server.closeIdleConnections();
  });
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  names: ReadonlySet<string>,
  answer: (request: ProxyRequest) => Promise<ProxyReply>,
): Promise<void> {
  try {
    checkHead(request, names);
    const body = await readBody(request);
    const { method = '', url = '', headers } = request;
    send(response, await answer({ method, target: url, headers, body }));
  } catch (error) {
    response.setHeader('connection', 'close');
    send(response, failureReply(error));
    request.resume();
  }
}

function checkHead(request: IncomingMessage, names: ReadonlySet<string>): void {
  const { rawHeaders, headers, httpVersion, url = '', method } = request;
  if (httpVersion !== '1.1') throw refused('HTTP/1.1 is spoken here');
  const seen = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  for (const name of SINGLE)
    if (seen.filter((other) => other === name).length > 1) throw refused(`it has the header ${name} twice`);
  if (!names.has((headers.host ?? '').toLowerCase())) throw refused('its Host is not this one');
  if (!url.startsWith('/')) throw refused('its target is no path');
  const bodied = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (bodied && (method === 'GET' || method === 'HEAD')) throw refused(`${method} has no body`);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  if (Number(request.headers['content-length'] ?? 0) > MOST_BODY_BYTES) throw tooLarge();
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MOST_BODY_BYTES) throw tooLarge();
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function tooLarge(): BitError {
  return new BitError('usage', `its body is larger than ${MOST_BODY_BYTES / 1024 / 1024} MiB`, {
    details: { status: 413 },
  });
}

function refused(why: string): BitError {
  return new BitError('usage', `the call is refused: ${why}`);
}

const STATUS: Readonly<Record<string, number>> = { usage: 400, auth: 401, denied: 403, remote: 502 };

/** In the form of GitHub's own errors, so that its clients show it. */
export function failureReply(error: unknown): ProxyReply {
  const told = isBitError(error);
  const given = told ? error.details['status'] : undefined;
  const status = typeof given === 'number' ? given : ((told ? STATUS[error.code] : undefined) ?? 500);
  const message = told ? error.message : 'the broker failed';
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      ...(told && typeof error.details['wait'] === 'number'
        ? { 'retry-after': String(error.details['wait']) }
        : {}),
    },
    body: Buffer.from(
      JSON.stringify({
        message,
        ...(told && error.hint !== undefined ? { hint: error.hint } : {}),
        status: String(status),
      }),
    ),
  };
}

function send(response: ServerResponse, { status, headers, body }: ProxyReply): void {
  if (response.headersSent || response.destroyed) return;
  const empty = status === 204 || status === 304;
  response.writeHead(status, { ...headers, ...(empty ? {} : { 'content-length': body.length }) });
  response.end(empty ? undefined : body);
}
