import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { isBitError } from '../../src/kernel/errors.ts';
import { fetchGranted } from '../../src/plugins/network.ts';
import { suite } from '../suite.ts';

suite('the network of a plugin', (test) => {
  test('is the hosts it was granted, by https or on loopback; a redirect is not followed', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${String(request.headers['x-own'])}`);
      if (request.url === '/away') response.writeHead(302, { location: 'https://example.org/' }).end();
      else response.end('there');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const at = (...granted: string[]) => ({
      who: 'the plugin p',
      may: (capability: string) => granted.includes(capability),
      signal: new AbortController().signal,
    });
    const code = async (url: string, options: unknown, ...granted: string[]): Promise<string> => {
      try {
        await fetchGranted([url, options], at(...granted));
        return 'allowed';
      } catch (error) {
        return isBitError(error) ? error.code : String(error);
      }
    };
    const own = `http://127.0.0.1:${port}`;
    const may = `network:127.0.0.1:${port}`;
    try {
      const answer = await fetchGranted([`${own}/x`, { method: 'PUT', headers: { 'x-own': 'a' } }], at(may));
      assert.is(answer.status, 200);
      assert.is(Buffer.from(answer.body).toString(), 'there');
      assert.is((await fetchGranted([`${own}/away`], at(may))).status, 302);
      assert.equal(asked, ['PUT /x a', 'GET /away undefined']);
      assert.is(await code(own, {}), 'denied');
      assert.is(await code(own, {}, 'network:127.0.0.1'), 'denied', 'of another port');
      assert.is(await code('https://example.org/', {}, may), 'denied');
      assert.is(await code('http://example.org/', {}, 'network:example.org:80'), 'usage');
      assert.is(await code(`http://me:secret@127.0.0.1:${port}`, {}, may), 'usage');
      assert.is(await code(own, { headers: { host: 'elsewhere' } }, may), 'usage');
      assert.is(await code(own, { headers: { a: 'b\r\nc: d' } }, may), 'usage');
      assert.is(await code(own, { method: 'CONNECT' }, may), 'usage');
      assert.is(asked.length, 2);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
