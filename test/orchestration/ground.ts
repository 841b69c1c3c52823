import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Occasion } from '../../src/orchestration/index.ts';
import { type World, world } from '../world.ts';

export const WHOLE = readFileSync(new URL('../specification/fixtures/whole.yml', import.meta.url), 'utf8');

export const PUSH: Occasion = {
  event: 'push',
  branch: 'main',
  tag: null,
  ref: 'refs/heads/main',
  sha: 'a'.repeat(40),
  actor: 'Ada',
  labels: [],
  changed: ['src/a.ts'],
  isFork: false,
};

/** A repository with a `.bithub.yml` and workflows of one step each, by their names. */
export function withFlows(
  specification: string,
  workflows: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): World {
  const place = world({ env });
  place.start();
  place.write('.bithub.yml', specification);
  for (const [name, command] of Object.entries(workflows)) {
    const run = JSON.stringify(command);
    place.write(
      `.bithub/workflows/${name}.yml`,
      `name: ${name}\njobs:\n  only:\n    steps:\n      - run: ${run}\n`,
    );
  }
  place.git('add', '.');
  place.git('commit', '-q', '-m', 'flows');
  return place;
}

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Listening {
  readonly url: string;
  readonly received: readonly Received[];
  close(): Promise<void>;
}

/** An HTTP server on loopback; `answer` says what it answers to the nth request, from 0. */
export async function listening(
  answer: (
    request: Received,
    nth: number,
  ) => { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> },
): Promise<Listening> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      received.push(one);
      const { status, body = '', headers = {} } = answer(one, received.length - 1);
      response.writeHead(status, headers).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
