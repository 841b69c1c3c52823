import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { httpClient } from '../../src/git/http-client.ts';
import { suite } from '../suite.ts';
import { failure } from './contract.ts';

suite('http without the git program', (test) => {
  const open: Server[] = [];
  const serve = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener);
    open.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  test.after.each(() => {
    for (const server of open.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });
  const read = async (url: string, options: Parameters<typeof httpClient>[0] = {}): Promise<string> => {
    const { body = [] } = await httpClient(options).request({
      url,
      headers: { authorization: 'Basic c2VjcmV0' },
    });
    let text = '';
    for await (const chunk of body) text += Buffer.from(chunk).toString();
    return text;
  };

  test('a slow answer is waited for; one that never comes, or stops, is given up as remote', async () => {
    const slow = await serve((_, response) => void setTimeout(() => response.end('late'), 150));
    assert.is(await read(slow, { patience: 2000 }), 'late');
    const silent = await serve(() => undefined);
    const error = await failure(read(silent, { patience: 100 }));
    assert.is(error.code, 'remote');
    assert.match(error.message, 'said nothing for 1 seconds');
    const stalled = await serve((_, response) => void response.write('some'));
    assert.is((await failure(read(stalled, { patience: 100 }))).code, 'remote');
  });

  test('a connection that breaks, before or in the middle, and a server that is not there are remote', async () => {
    const broken = await serve((request) => void request.socket.destroy());
    assert.match((await failure(read(broken))).message, 'broke the connection off');
    const cut = await serve((request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('some', () => request.socket.destroy());
    });
    assert.is((await failure(read(cut))).code, 'remote');
    assert.is((await failure(read('http://127.0.0.1:1'))).code, 'remote');
  });

  test('an abort ends it at once, in the middle of the body too', async () => {
    const endless = await serve((_, response) => void response.write('some'));
    const abort = new AbortController();
    const work = failure(read(endless, { signal: abort.signal }));
    await sleep(50);
    abort.abort();
    assert.is((await work).code, 'cancelled');
    assert.is((await failure(read(endless, { signal: abort.signal }))).code, 'cancelled');
  });

  test('redirects are followed so far, without credentials to another host, and never to another protocol', async () => {
    const other = await serve((request, response) => void response.end(`${request.headers.authorization}`));
    const to = (location: string) =>
      serve((request, response) => void response.writeHead(302, { location }).end(request.url));
    assert.is(await read(await to(other)), 'undefined');
    const around = await serve((_, response) => void response.writeHead(302, { location: '/' }).end());
    assert.match((await failure(read(around))).message, 'redirects without end');
    for (const location of ['file:///etc/passwd', 'ftp://x/', '//'])
      assert.is((await failure(read(await to(location)))).code, 'remote', location);
  });
});
