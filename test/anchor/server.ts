/** HTTP servers on loopback, honest and hostile. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Handler = (
  request: { readonly method: string; readonly path: string; readonly body: Buffer },
  response: ServerResponse,
) => void | Promise<void>;

export interface Server {
  readonly url: string;
  /** What was asked so far. */
  readonly asked: { readonly method: string; readonly path: string; readonly body: Buffer }[];
  /** Answers otherwise from now on; undefined as at first. */
  instead(handler: Handler | undefined): void;
  close(): Promise<void>;
}

export async function serve(first: Handler): Promise<Server> {
  const asked: Server['asked'] = [];
  let handler = first;
  const server = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const question = { method: request.method ?? '', path: request.url ?? '', body: Buffer.concat(chunks) };
      asked.push(question);
      void Promise.resolve(handler(question, response)).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    instead(other) {
      handler = other ?? first;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** What any service may do to whoever asks it; each must end as a failure of the remote, soon. */
export const HOSTILE: Readonly<Record<string, Handler>> = {
  'says nothing': () => undefined,
  'drips without end': (_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write('.'), 20);
    response.on('close', () => clearInterval(timer));
  },
  'sends more than anybody reads': (_, response) => {
    response.writeHead(200);
    const more = (): void => {
      while (response.write(Buffer.alloc(1 << 16, 0x41)));
      response.once('drain', more);
    };
    response.on('error', () => undefined);
    more();
  },
  'redirects in a circle': (_, response) => void response.writeHead(307, { location: '/' }).end(),
  'redirects elsewhere': (_, response) =>
    void response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end(),
  'ends in the middle': (_, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('abc', () => response.destroy());
  },
  'hangs up': (_, response) => void response.destroy(),
  'answers noise': (_, response) =>
    void response.writeHead(200).end(Buffer.from(Array.from({ length: 999 }, (_, i) => i * 7))),
  'answers nothing': (_, response) => void response.writeHead(200).end(),
  fails: (_, response) => void response.writeHead(503).end('\u001b[31mtry later'),
  'wants no more questions': (_, response) => void response.writeHead(429).end(),
};
