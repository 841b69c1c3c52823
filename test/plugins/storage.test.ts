import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import { BitError } from '../../src/kernel/errors.ts';
import { type StorageDriver, streamed } from '../../src/storage/index.ts';
import { contract } from '../storage/contract.ts';
import { suite } from '../suite.ts';
import { within } from '../world.ts';
import { shelf } from './shelf.ts';
import { install, refused, withStorage } from './storage-ground.ts';

/** Keeps by name at a server that holds a map; `not-found` as the protocol's drivers say it. */
const driver = (port: number): string => `
import { BitError } from '@bithub/cli';
export const storage = [{
  name: 'shelf', description: 'A shelf behind HTTP.', scheme: 'shelf',
  open(host) {
    const ask = async (path, options) => {
      const answer = await host.fetch('http://127.0.0.1:${port}/' + path, options);
      if (answer.status === 404) throw new BitError('not-found', 'there is no ' + path);
      return answer.body;
    };
    const name = (uri) => encodeURIComponent(uri);
    return {
      scheme: () => 'shelf',
      read: (uri) => ask('kept/' + name(uri)),
      write: async (uri, bytes) => { await ask('kept/' + name(uri), { method: 'PUT', body: bytes }); },
      stat: async (uri) => JSON.parse(Buffer.from(await ask('facts/' + name(uri))).toString()),
      list: async (prefix) => JSON.parse(Buffer.from(await ask('list/' + name(prefix))).toString()),
    };
  },
}];`;

/** The five methods over a map, as a sound driver has them. */
function mapped(): StorageDriver {
  const kept = new Map<string, Uint8Array>();
  const at = (uri: string): Uint8Array => {
    const found = kept.get(uri);
    if (found === undefined) throw new BitError('not-found', `there is no ${uri}`);
    return found;
  };
  return {
    scheme: () => 'map',
    read: async (uri) => at(uri),
    write: async (uri, bytes) => void kept.set(uri, bytes),
    stat: async (uri) => ({ size: at(uri).length }),
    list: async (prefix) => [...kept.keys()].filter((uri) => uri.startsWith(prefix)),
  };
}

suite('storage of plugins', (test) => {
  test('what one puts others fetch, through bit alone: a package and a shared cache', () =>
    within({}, async (place) => {
      const { server, kept, port } = await shelf();
      try {
        for (const trust of [[], ['--trust']]) {
          kept.clear();
          const capabilities = [`network:127.0.0.1:${port}`];
          const installed = await install(place, { module: driver(port), capabilities }, ...trust);
          assert.is(installed.code, 0, installed.stderr);
          await withStorage(place, async (storage) => {
            assert.equal(storage.schemes(), ['shelf://']);
            const at = await storage.driverFor('shelf://a/b');
            const bytes = Buffer.alloc(5_000_000, 'forty-two ');
            const stored = await at.put('shelf://a/b', Readable.from([bytes]));
            assert.is(stored.sha256, createHash('sha256').update(bytes).digest('hex'));
            assert.ok(kept.get('shelf://a/b')?.equals(bytes), 'it crossed whole');
            assert.ok(Buffer.from(await at.read('shelf://a/b')).equals(bytes));
            assert.equal(await at.list('shelf://a/'), ['shelf://a/b']);
            assert.is((await refused(() => at.read('shelf://a/c'))).code, 'not-found');
          });
          const want = await place.bit('cache', 'want', 'shelf://cache/team');
          assert.ok(
            [...kept.keys()].some((uri) => uri.startsWith('shelf://cache/team/')),
            want.stderr,
          );
        }
      } finally {
        server.close();
      }
    }));

  test('it speaks with the hosts it was granted, and tells what it was not', () =>
    within({}, async (place) => {
      await install(place, { module: driver(9) });
      await withStorage(place, async (storage) => {
        const { code, message } = await refused(async () =>
          (await storage.driverFor('shelf://a/b')).read('shelf://a/b'),
        );
        assert.is(code, 'denied');
        assert.match(message, 'was not granted network:127.0.0.1:9');
      });
    }));

  test('bytes that are not those it tells of are refused', () =>
    within({}, async (place) => {
      const lying = driver(1)
        .replace("ask('kept/' + name(uri)),", "Promise.resolve(Buffer.from('other')),")
        .replace(
          "JSON.parse(Buffer.from(await ask('facts/' + name(uri))).toString())",
          "({ size: 5, sha256: 'ab'.repeat(32) })",
        );
      await install(place, { module: lying });
      await withStorage(place, async (storage) => {
        const at = await storage.driverFor('shelf://a/b');
        assert.is((await refused(() => at.read('shelf://a/b'))).code, 'integrity');
        assert.is((await refused(() => at.open('shelf://a/b'))).code, 'integrity');
      });
    }));

  test('a scheme of bit is not to be taken, nor one of another plugin', () =>
    within({}, async (place) => {
      for (const scheme of ['aln+ns', 'file', 'https', 'x', 'Shelf']) {
        const run = await install(place, {
          module: driver(9).replace("scheme: 'shelf'", `scheme: '${scheme}'`),
        });
        assert.is(run.code, 2, scheme);
        assert.match(run.stderr, 'shelf is no storage:');
      }
      assert.is((await install(place, { module: driver(9) })).code, 0);
      const second = await install(place, { name: '@acme/other', module: driver(9) });
      assert.is(second.code, 1);
      assert.match(second.stderr, '@acme/other brings storage for shelf://, and so does @acme/shelf');
      // a table can come to hold two all the same
      await install(place, { name: '@acme/other', module: driver(9).replaceAll("'shelf'", "'plank'") });
      const path = join(place.root, 'data', 'bit', 'plugins', 'table.json');
      writeFileSync(path, readFileSync(path, 'utf8').replaceAll('"scheme": "plank"', '"scheme": "shelf"'));
      await withStorage(place, async (storage) => {
        const { code, message } = await refused(() => storage.driverFor('shelf://a/b'));
        assert.is(code, 'conflict');
        assert.match(message, '@acme/other and @acme/shelf');
      });
    }));
});

suite('the streams over the five methods', (test) => {
  const driver = streamed(mapped(), { scheme: 'map', name: 'map' });
  contract(test, () => ({ driver, base: 'map://root/', keeps: true }));
});
