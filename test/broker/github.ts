/** GitHub's API as the broker's tests need it: what it answers on the paths used, on loopback, and what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Github {
  readonly url: string;
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

type Handler = (asked: Asked, response: ServerResponse, url: string) => void;

const json = (
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
) =>
  void response
    .writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'x-oauth-scopes': 'repo',
      ...headers,
    })
    .end(JSON.stringify(value));

const issues = Array.from({ length: 3 }, (_, n) => ({ number: n + 1, title: `issue ${n + 1}` }));

const ROUTES: Readonly<Record<string, Handler>> = {
  'GET /repos/octo/hello': (asked, response) =>
    asked.headers['if-none-match'] === '"1"'
      ? void response.writeHead(304, { etag: '"1"' }).end()
      : json(response, 200, { full_name: 'octo/hello' }, { etag: '"1"' }),
  'GET /repos/octo/hello/issues': (asked, response, url) => {
    const page = Number(new URL(asked.target, url).searchParams.get('page') ?? '1');
    const next = `<${url}/repos/octo/hello/issues?page=${page + 1}>; rel="next", <https://elsewhere.example/x>; rel="last"`;
    json(response, 200, issues.slice(page - 1, page), page < 3 ? { link: next } : {});
  },
  'POST /repos/octo/hello/issues': (asked, response) => {
    const { title } = JSON.parse(asked.body || '{}') as { title?: unknown };
    if (typeof title !== 'string')
      return json(response, 422, {
        message: 'Validation Failed',
        errors: [{ resource: 'Issue', code: 'missing_field', field: 'title' }],
      });
    return json(response, 201, { number: 4, title }, { 'x-github-request-id': 'ABCD:1' });
  },
  'DELETE /repos/octo/hello/issues/4/lock': (_, response) => void response.writeHead(204).end(),
  'GET /repos/octo/old': (_, response, url) =>
    void response.writeHead(301, { location: `${url}/repositories/1` }).end(),
  'GET /repos/octo/hello/zipball/main': (_, response) =>
    void response.writeHead(302, { location: 'https://codeload.example/octo/hello?token=signed' }).end(),
  'GET /repos/octo/hello/readme': (asked, response) =>
    json(response, 200, { echo: asked.headers.authorization }),
  'GET /repos/octo/hello/license': (asked, response) =>
    json(response, 200, {
      echo: Buffer.from(`x:${String(asked.headers.authorization).slice(7)}`).toString('base64'),
    }),
  'GET /repos/octo/hello/tags': (_, response) =>
    json(response, 429, { message: 'You have exceeded a secondary rate limit' }, { 'retry-after': '30' }),
  'GET /repos/octo/hello/contents/a/b': (_, response) => json(response, 200, { path: 'a/b' }),
  'GET /repos/octo/hello/contents/a%2Fb': (_, response) => json(response, 200, { path: 'a/b' }),
};

export async function startGithub(credential: string): Promise<Github> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { method = '', url: target = '', headers } = request;
    const one = { method, target, headers, body: Buffer.concat(parts).toString('utf8') };
    asked.push(one);
    if (headers.authorization !== `Bearer ${credential}`)
      return json(response, 401, { message: 'Bad credentials' });
    const handler = ROUTES[`${method} ${target.split('?')[0]}`];
    return handler === undefined
      ? json(response, 404, { message: 'Not Found' })
      : handler(one, response, url);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
