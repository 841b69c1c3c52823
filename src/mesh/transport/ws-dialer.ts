import type { X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { sha256 } from '../../kernel/digest.ts';
import { BitError, isBitError } from '../../kernel/errors.ts';
import type { Pins } from './pins.ts';
import type { Connection, Dialer } from './port.ts';
import { WsConnection } from './ws-connection.ts';
import { FRAGMENTS, PATH, SUBPROTOCOL } from './ws-options.ts';

const PATIENCE = 10_000;

export interface DialOptions {
  /** `tls.required`: addresses without TLS are refused. */
  readonly required: boolean;
  /** `tls.mode`: what the machine's authorities signed, or any certificate that is the same as at first use. */
  readonly mode: 'self-signed-ok' | 'strict-ca';
  readonly pins: Pins;
  /** PEM; certificates that count as authorities beside the machine's. */
  readonly ca?: string;
  /** Bytes of a message beyond which the connection ends. */
  readonly most: number;
  /** Milliseconds until the connection has to stand. Default 10,000. */
  readonly patience_ms?: number;
  /** Milliseconds between pings. Default 15,000. */
  readonly ping_ms?: number;
}

export function dialWs(options: DialOptions): Dialer {
  return { dial: async (address, signal) => dial(options, parseAddress(address, options), signal) };
}

/** @throws BitError `usage` */
function parseAddress(address: string, { required }: DialOptions): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || (url.protocol !== 'ws:' && url.protocol !== 'wss:') || url.username !== '')
    throw new BitError('usage', `${address} is no address of a mesh`, { hint: 'write wss://host:7443' });
  if (required && url.protocol === 'ws:')
    throw new BitError('usage', `${address} is without TLS, and tls.required is true`, {
      hint: `write wss://${url.host}, or tls.required: false in .bit/mesh/config.yml`,
    });
  if (url.pathname === '/') url.pathname = PATH;
  return url;
}

async function dial(options: DialOptions, url: URL, signal: AbortSignal | undefined): Promise<Connection> {
  const { WebSocket } = await import('ws');
  const { patience_ms = PATIENCE, ping_ms = 15_000 } = options;
  if (signal?.aborted === true) throw new BitError('cancelled', `dialling ${url.host} was cancelled`);
  const secure = url.protocol === 'wss:';
  let seen: Seen = {};
  const ws = new WebSocket(url, [SUBPROTOCOL], {
    perMessageDeflate: false,
    handshakeTimeout: patience_ms,
    maxPayload: options.most,
    skipUTF8Validation: true,
    followRedirects: false,
    ...FRAGMENTS,
    ...{ closeTimeout: 5000 },
    ...(secure
      ? {
          createConnection: () =>
            secureSocket(options, url, (told) => {
              seen = told;
            }),
        }
      : {}),
  });
  return new Promise((resolve, reject) => {
    let socket: Duplex | undefined;
    const abort = (): void => {
      reject(new BitError('cancelled', `dialling ${url.host} was cancelled`));
      ws.terminate();
    };
    signal?.addEventListener('abort', abort, { once: true });
    const failed = (error: Error): void => {
      signal?.removeEventListener('abort', abort);
      reject(seen.distrust ?? unreachable(url, error));
    };
    ws.on('error', failed);
    ws.on('upgrade', (response) => {
      socket = response.socket;
    });
    ws.on('open', () => {
      ws.off('error', failed);
      signal?.removeEventListener('abort', abort);
      if (socket === undefined) return failed(new Error('no socket'));
      const connection = new WsConnection(ws, socket, {
        address: url.host,
        secure,
        endPoint: seen.endPoint,
      });
      const pings = setInterval(() => connection.probe(), ping_ms);
      void connection.closed.then(() => clearInterval(pings));
      resolve(connection);
    });
  });
}

function unreachable(url: URL, cause: Error): BitError {
  return new BitError('remote', `no mesh answers at ${url.host}`, { cause, details: { address: url.href } });
}

interface Seen {
  readonly endPoint?: string;
  readonly distrust?: BitError;
}

/** A TLS socket that carries nothing before its certificate was found to be right. */
function secureSocket(options: DialOptions, url: URL, tell: (seen: Seen) => void): Socket {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = Number(url.port === '' ? 443 : url.port);
  const name = isIP(host) === 0 ? { servername: host } : {};
  const ca = options.ca === undefined ? {} : { ca: [options.ca] };
  const socket = connectTls({
    ...{ host, port, ...name, ...ca, minVersion: 'TLSv1.2', rejectUnauthorized: false },
    ALPNProtocols: ['http/1.1'],
    timeout: options.patience_ms ?? PATIENCE,
  });
  socket.once('secureConnect', () => {
    // asked once, for Node gives it away once
    const certificate = socket.getPeerX509Certificate();
    const distrust =
      certificate === undefined
        ? new BitError('auth', `${url.host} shows no certificate`)
        : distrusted(options, url.host, host, { socket, certificate });
    if (distrust !== undefined) {
      tell({ distrust });
      socket.destroy(distrust);
    } else if (certificate !== undefined) tell({ endPoint: sha256(certificate.raw).toString('hex') });
  });
  return socket;
}

interface Shown {
  readonly socket: TLSSocket;
  readonly certificate: X509Certificate;
}

function distrusted(
  { mode, pins }: DialOptions,
  address: string,
  host: string,
  { socket, certificate }: Shown,
): BitError | undefined {
  const named = (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined;
  if (socket.authorized && named) return undefined;
  if (mode === 'strict-ca') {
    const why = socket.authorized ? `it is not for ${host}` : String(socket.authorizationError);
    return new BitError('auth', `the certificate of ${address} is not trusted: ${why}`, {
      hint: 'tls.mode: self-signed-ok pins the certificate at first use',
    });
  }
  const shown = sha256(certificate.publicKey.export({ type: 'spki', format: 'der' })).toString('hex');
  let pinned: string | undefined;
  try {
    pinned = pins.get(address);
    if (pinned === undefined) pins.set(address, shown);
  } catch (error) {
    return isBitError(error) ? error : new BitError('io', `${pins.place} can't be used`, { cause: error });
  }
  if (pinned === undefined || pinned === shown) return undefined;
  return new BitError('integrity', `the key of ${address} is not the one it had before`, {
    details: { address, pinned, shown },
    hint: `somebody may stand between; if its certificate was made anew, remove ${address} from ${pins.place}`,
  });
}
