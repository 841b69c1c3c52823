import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Delivery } from './delivery.ts';

/** A host a bot's commands may speak to, of `network:<host>[:port]`. */
export interface Allowed {
  /** `*`, `*.example.org` or a name. */
  readonly host: string;
  readonly port: number | undefined;
}

const PREFIX = 'network:';

export function networkOf(granted: readonly string[]): readonly Allowed[] {
  return granted.flatMap((one) => {
    if (!one.startsWith(PREFIX)) return [];
    const [, host = '', port] = /^(.*?)(?::(\d{1,5}|\*))?$/.exec(one.slice(PREFIX.length)) ?? [];
    return [
      { host: host.toLowerCase(), port: port === undefined || port === '*' ? undefined : Number(port) },
    ];
  });
}

export function isAllowed(allowed: readonly Allowed[], host: string, port: number): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  return allowed.some((one) => {
    if (one.port !== undefined && one.port !== port) return false;
    if (one.host === '*') return true;
    return one.host.startsWith('*.') ? name.endsWith(one.host.slice(1)) : name === one.host;
  });
}

export interface Proxy {
  /** For a command that no name space keeps from the network: it is asked to use the proxy, and not made to. */
  readonly env: Readonly<Record<string, string>>;
  /** Where its socket is. */
  readonly folder: string;
  /** Words before the command, in a name space whose only way out is the proxy. */
  through(confined: boolean): readonly string[];
  close(): Promise<void>;
}

const PATIENCE = 30_000;

/** The one way out of a bot's name space: HTTP and CONNECT to the hosts it was granted, each refusal in its log. */
export async function openProxy(
  allowed: readonly Allowed[],
  delivery: Pick<Delivery, 'seam' | 'refused' | 'queue' | 'bot'>,
): Promise<Proxy> {
  const { seam, queue, bot } = delivery;
  const may = (host: string, port: number): boolean => {
    if (isAllowed(allowed, host, port)) {
      queue.used(bot.manifest.name, `${PREFIX}${host.toLowerCase()}:${port}`);
      return true;
    }
    void delivery.refused('network', [`${host}:${port}`], new Error(`${host}:${port} was not granted`));
    return false;
  };
  const sockets = new Set<Duplex>();
  const server = createServer((incoming, response) => plain(incoming, response, may));
  server.on('connect', (incoming: IncomingMessage, near: Duplex, head: Buffer) => {
    sockets.add(near);
    tunnel(incoming, { near, head, may });
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  // a short path: a socket's may hold some hundred bytes
  const folder = mkdtempSync(join(tmpdir(), 'bit-'));
  const socket = join(folder, 'net');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const loopback = createServer((incoming, response) => plain(incoming, response, may));
  loopback.on('connect', (incoming: IncomingMessage, near: Duplex, head: Buffer) => {
    sockets.add(near);
    tunnel(incoming, { near, head, may });
  });
  await new Promise<void>((resolve) => loopback.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(loopback.address() as AddressInfo).port}`;
  return {
    folder,
    env: {
      ...{ HTTP_PROXY: address, HTTPS_PROXY: address, http_proxy: address, https_proxy: address },
      NODE_USE_ENV_PROXY: '1',
    },
    through: (confined) => (confined ? [process.execPath, seam.shim, 'forward', socket] : []),
    async close() {
      for (const one of sockets) one.destroy();
      await Promise.all([server, loopback].map((one) => new Promise((resolve) => one.close(resolve))));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function tunnel(
  { url = '' }: IncomingMessage,
  given: {
    readonly near: Duplex;
    readonly head: Buffer;
    readonly may: (host: string, port: number) => boolean;
  },
): void {
  const { near, head, may } = given;
  near.on('error', () => near.destroy());
  const [, host = '', port = ''] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(url) ?? [];
  if (host === '' || !may(host, Number(port))) {
    near.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    return;
  }
  const far = connect({ host, port: Number(port), timeout: PATIENCE });
  far.once('connect', () => {
    far.setTimeout(0);
    near.write('HTTP/1.1 200 Connection established\r\n\r\n');
    far.write(head);
    near.pipe(far).pipe(near);
  });
  far.on('timeout', () => far.destroy());
  far.on('error', () => near.destroy());
  far.on('close', () => near.destroy());
  near.on('close', () => far.destroy());
}

function plain(
  incoming: IncomingMessage,
  response: ServerResponse,
  may: (host: string, port: number) => boolean,
): void {
  const refuse = (status: number): void => {
    response.writeHead(status).end();
  };
  let url: URL;
  try {
    url = new URL(incoming.url ?? '');
  } catch {
    refuse(400);
    return;
  }
  const port = Number(url.port === '' ? 80 : url.port);
  if (url.protocol !== 'http:' || !may(url.hostname, port)) {
    refuse(403);
    return;
  }
  const { 'proxy-connection': _, ...headers } = incoming.headers;
  const sent = request(
    {
      host: url.hostname,
      port,
      method: incoming.method ?? 'GET',
      path: `${url.pathname}${url.search}`,
      headers,
      timeout: PATIENCE,
    },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  sent.on('error', () => (response.headersSent ? response.destroy() : refuse(502)));
  incoming.pipe(sent);
}
