import { X509Certificate } from 'node:crypto';
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { sha256 } from '../../kernel/digest.ts';
import { BitError, fromErrno } from '../../kernel/errors.ts';
import { CLOSE, type Connection, type HttpHandler, type Listener } from './port.ts';
import { WsConnection } from './ws-connection.ts';
import { FRAGMENTS, PATH, SUBPROTOCOL } from './ws-options.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** PEM; undefined listens without TLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Bytes of a message beyond which the connection ends; below, the protocol says what is too large. */
  readonly most: number;
  readonly connection: (connection: Connection) => void;
  readonly http?: HttpHandler;
  /** Milliseconds between pings; who answers none of them within the next is cut off. Default 15,000. */
  readonly ping_ms?: number;
  /** Milliseconds that anything before the first message may take. Default 10,000. */
  readonly patience_ms?: number;
  /** Sockets at most, in all and those of one address that are no connection yet. Defaults 16,384 and 256. */
  readonly mostSockets?: number;
  readonly mostStrangers?: number;
}

/** @throws BitError `io` or `conflict` where the address can't be had */
export async function listenWs(options: ListenOptions): Promise<Listener> {
  const { WebSocketServer } = await import('ws');
  const { ping_ms = 15_000, patience_ms = 10_000 } = options;
  const wss = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: options.most,
    // decode looks, and says where
    skipUTF8Validation: true,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    ...FRAGMENTS,
    ...{ closeTimeout: 5000 },
  });
  const server = createServer(options, patience_ms);
  const strangers = new Strangers(options.mostStrangers ?? 256);
  server.on('connection', (socket: Socket) => strangers.meet(socket));
  const endPoint = options.tls === undefined ? undefined : endPointOf(options.tls.cert);
  const connections = new Set<WsConnection>();
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const refused = refuse(request);
    if (refused !== undefined) {
      socket.end(`HTTP/1.1 ${refused}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    wss.handleUpgrade(request, socket, head, (ws) => {
      const { remoteAddress = '', remotePort = 0 } = request.socket;
      strangers.know(remoteAddress, remotePort);
      const address = `${remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`;
      const remote = { address, secure: options.tls !== undefined, endPoint };
      const connection = new WsConnection(ws, socket, remote);
      connections.add(connection);
      void connection.closed.then(() => connections.delete(connection));
      options.connection(connection);
    });
  });
  await listening(server, options);
  const { port } = server.address() as AddressInfo;
  const pings = setInterval(() => {
    for (const connection of connections) connection.probe();
  }, ping_ms);
  pings.unref();
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    address: `${options.tls === undefined ? 'ws' : 'wss'}://${host}:${port}`,
    port,
    endPoint,
    get connections() {
      return connections.size;
    },
    async close() {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      clearInterval(pings);
      const open = [...connections];
      for (const connection of open) connection.close(CLOSE.goingAway, 'the controller ends');
      const patience = setTimeout(() => {
        for (const connection of connections) connection.terminate();
        server.closeAllConnections();
      }, 2000);
      await Promise.all(open.map(({ closed }) => closed));
      // requests under way have the rest of the grace
      server.closeIdleConnections();
      strangers.end();
      await ended;
      clearTimeout(patience);
    },
  };
}

/** Hex SHA-256 of the certificate (DER). */
export function endPointOf(certificate: string | Buffer): string {
  return sha256(new X509Certificate(certificate).raw).toString('hex');
}

function createServer({ tls, http, mostSockets = 16_384 }: ListenOptions, patience_ms: number): Server {
  const bounds = {
    headersTimeout: patience_ms,
    // an artifact on a slow line
    requestTimeout: 3_600_000,
    connectionsCheckingInterval: Math.min(patience_ms, 1000),
    maxHeaderSize: 16 * 1024,
  };
  const handle: HttpHandler =
    http ??
    ((_, response) => {
      response.writeHead(404, { 'content-length': 0 }).end();
    });
  const server =
    tls === undefined
      ? createHttpServer(bounds, handle)
      : createHttpsServer(
          { ...bounds, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: patience_ms },
          handle,
        );
  server.maxConnections = mostSockets;
  server.maxRequestsPerSocket = 10_000;
  return server;
}

async function listening(server: Server, { host, port }: ListenOptions): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new BitError('conflict', `${host}:${port} is taken`, {
        cause: error,
        hint: 'name another port, or end what listens there',
      });
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new BitError('not-found', `${host} is no address of this machine`, { cause: error });
    throw fromErrno(error, `listening on ${host}:${port}`);
  }
  // what fails later is one connection's
  server.on('error', () => undefined);
}

/** Why a request is no connection of the mesh. A page in a browser has no business here, whoever's key it found. */
function refuse({ url = '', headers }: IncomingMessage): string | undefined {
  const [path] = url.split('?');
  if (path !== PATH && path !== '/') return '404 Not Found';
  return headers.origin === undefined ? undefined : '403 Forbidden';
}

/** Sockets that have not become connections: few of each address, so that one machine can't take all there are. */
class Strangers {
  readonly #most: number;
  readonly #sockets = new Map<string, Socket>();
  readonly #counts = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  meet(socket: Socket): void {
    const { remoteAddress = '', remotePort = 0 } = socket;
    const count = this.#counts.get(remoteAddress) ?? 0;
    if (count >= this.#most) {
      socket.destroy();
      return;
    }
    this.#counts.set(remoteAddress, count + 1);
    // by its port, for a TLS socket is another object than the one that was met
    this.#sockets.set(`${remoteAddress} ${remotePort}`, socket);
    socket.once('close', () => this.know(remoteAddress, remotePort));
  }

  know(address = '', port = 0): void {
    if (!this.#sockets.delete(`${address} ${port}`)) return;
    const count = (this.#counts.get(address) ?? 1) - 1;
    if (count === 0) this.#counts.delete(address);
    else this.#counts.set(address, count);
  }

  end(): void {
    for (const socket of this.#sockets.values()) socket.destroy();
  }
}
