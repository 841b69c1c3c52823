import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface GitHttpOptions {
  /** Ask for these by basic authentication. */
  readonly user?: string;
  readonly password?: string;
  /** Milliseconds before each answer begins, for tests that interrupt. */
  readonly delay?: number;
}

export interface GitHttp {
  /** `http://127.0.0.1:PORT`, without a slash at the end; a bare repository `r.git` under the root is `${url}/r.git`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the repositories under `root` by git's own smart http backend, on loopback; pushes are accepted. */
export async function startGitHttp(root: string, options: GitHttpOptions = {}): Promise<GitHttp> {
  const expected =
    options.user === undefined
      ? undefined
      : `Basic ${Buffer.from(`${options.user}:${options.password ?? ''}`).toString('base64')}`;
  const server = createServer(async (request, response) => {
    if (expected !== undefined && request.headers.authorization !== expected) {
      request.resume();
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
    // before the backend starts: what a child says while nobody listens is lost when it ends
    if (options.delay !== undefined) await sleep(options.delay);
    const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
    const backend = spawn('git', ['-c', 'http.receivepack=true', 'http-backend'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {
        PATH: process.env['PATH'],
        HOME: root,
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        REQUEST_METHOD: request.method,
        PATH_INFO: decodeURIComponent(path),
        QUERY_STRING: query,
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        ...(request.headers['content-length'] === undefined
          ? {}
          : { CONTENT_LENGTH: request.headers['content-length'] }),
        HTTP_CONTENT_ENCODING: String(request.headers['content-encoding'] ?? ''),
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        REMOTE_USER: options.user ?? '',
        REMOTE_ADDR: '127.0.0.1',
      },
    });
    backend.stdin.on('error', () => undefined);
    request.pipe(backend.stdin);
    response.on('close', () => backend.kill());
    let head: Buffer | undefined = Buffer.alloc(0);
    const answer = (chunk: Buffer) => {
      if (head === undefined) return void response.write(chunk);
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      let status = 200;
      for (const line of head.toString('latin1', 0, end).split('\r\n')) {
        const colon = line.indexOf(':');
        const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
        if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
        else response.setHeader(name, value);
      }
      response.writeHead(status);
      response.write(head.subarray(end + 4));
      head = undefined;
    };
    backend.stdout.on('data', answer);
    backend.stdout.on('end', () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
