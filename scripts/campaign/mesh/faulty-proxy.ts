import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import type { Random } from '../random.ts';

export interface FaultRates {
  /** Of messages: handed on twice, late, and with the connection cut before or after it. */
  readonly duplicate: number;
  readonly delay: number;
  readonly cut: number;
  /** Milliseconds, at most. */
  readonly late: number;
}

export interface FaultyProxy {
  readonly address: string;
  readonly counts: { messages: number; duplicated: number; delayed: number; cut: number; requests: number };
  /** Cuts everything. */
  cutAll(): void;
  /** From now on everything passes as it comes. */
  calm(): void;
  close(): Promise<void>;
}

/**
 * Stands before a controller on loopback and mistreats what passes, a message at a time: hands it on twice, late, or
 * cuts the connection around it. Order is kept, as TCP would. Other requests of HTTP are sometimes cut in the middle.
 */
export async function faultyProxy(
  target: { readonly port: number },
  dice: Random,
  rates: FaultRates,
): Promise<FaultyProxy> {
  const counts = { messages: 0, duplicated: 0, delayed: 0, cut: 0, requests: 0 };
  const pairs = new Set<() => void>();
  let calm = false;
  const hits = (rate: number): boolean => !calm && dice.next() < rate;
  const server: Server = createServer((request, response) => {
    counts.requests++;
    const { method, url, headers } = request;
    const onward = httpRequest(
      { host: '127.0.0.1', port: target.port, method, path: url, headers: { ...headers }, agent: false },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
        answer.on('error', () => response.destroy());
      },
    );
    onward.on('error', () => response.destroy());
    request.on('error', () => onward.destroy());
    response.on('error', () => onward.destroy());
    if (hits(rates.cut * 4)) {
      counts.cut++;
      setTimeout(() => request.socket.destroy(), dice.next() * 20);
    }
    request.pipe(onward);
  });
  const sockets = new WebSocketServer({ server, perMessageDeflate: false, maxPayload: 64 * 1024 * 1024 });
  sockets.on('connection', (near: WebSocket, request: IncomingMessage) => {
    const protocol = request.headers['sec-websocket-protocol'];
    const far = new WebSocket(
      `ws://127.0.0.1:${target.port}${request.url ?? '/'}`,
      protocol === undefined ? [] : protocol.split(',').map((one) => one.trim()),
      { perMessageDeflate: false, maxPayload: 64 * 1024 * 1024 },
    );
    const cut = (): void => {
      pairs.delete(cut);
      near.terminate();
      far.terminate();
    };
    pairs.add(cut);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      let last = 0;
      from.on('message', (data, binary) => {
        counts.messages++;
        const late = hits(rates.delay) ? dice.next() * rates.late : 0;
        if (late > 0) counts.delayed++;
        last = Math.max(last, performance.now() + late);
        const before = hits(rates.cut / 2);
        const after = hits(rates.cut / 2);
        const twice = hits(rates.duplicate);
        const pass = (): void => {
          if (before || after) counts.cut++;
          if (before) {
            cut();
            return;
          }
          hand(to, data, binary);
          if (twice) {
            counts.duplicated++;
            hand(to, data, binary);
          }
          if (after) setTimeout(cut, 1);
        };
        const wait = last - performance.now();
        if (wait > 0.5) setTimeout(pass, wait);
        else pass();
      });
      from.on('close', cut);
      from.on('error', cut);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cutAll = (): void => {
    for (const cut of [...pairs]) cut();
  };
  return {
    address: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    cutAll,
    calm: () => {
      calm = true;
    },
    close: async () => {
      cutAll();
      sockets.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What comes before the far end is open waits for it. */
function hand(to: WebSocket, data: RawData, binary: boolean): void {
  if (to.readyState === WebSocket.OPEN) to.send(data, { binary });
  else if (to.readyState === WebSocket.CONNECTING) to.once('open', () => hand(to, data, binary));
}
