/** A server that keeps what is PUT at /kept/<name>, tells its digest at /facts/<name> and its names at /list/<prefix>. */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Shelf {
  readonly server: Server;
  readonly kept: Map<string, Buffer>;
  readonly port: number;
}

export async function shelf(): Promise<Shelf> {
  const kept = new Map<string, Buffer>();
  const server = createServer(async (request, response) => {
    const [, kind, rest = ''] = (request.url ?? '').split('/');
    const name = decodeURIComponent(rest);
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    if (request.method === 'PUT') kept.set(name, Buffer.concat(pieces));
    const found = kept.get(name);
    if (kind === 'list') response.end(JSON.stringify([...kept.keys()].filter((one) => one.startsWith(name))));
    else if (found === undefined) response.writeHead(404).end();
    else if (kind === 'facts') {
      const sha256 = createHash('sha256').update(found).digest('hex');
      response.end(JSON.stringify({ size: found.length, sha256 }));
    } else response.end(found);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { server, kept, port: (server.address() as AddressInfo).port };
}
