import { createSocket } from 'node:dgram';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { announce, browse, findControllers } from '../../../src/mesh/discovery/index.ts';
import { detectCapabilities } from '../../../src/mesh/runner/capabilities.ts';
import { announcementOf } from '../../../src/mesh/runner/present.ts';
import { meshConfigOf, runnerManifestOf } from '../../../src/mesh/settings/index.ts';
import { suite } from '../../suite.ts';

const { encode } = createRequire(import.meta.url)('dns-packet') as { encode(packet: unknown): Buffer };
const interfaces = ['127.0.0.1'];
/** No other test, nor anybody on this network, is of it. */
const OWN = `aln://test/${process.pid}`;
const controller = (mesh: string, port: number) => ({
  id: 'aln://mesh/controller',
  version: '1.0.0',
  capabilities: ['build', 'test', 'ml', 'entertainment'],
  address: `wss://127.0.0.1:${port}`,
  mesh,
});

suite('discovery', (test) => {
  test('who announces is found, with all that was said', async () => {
    const announcer = await announce(
      { ...controller(OWN, 7443), id: 'aln://runner/phoenix/alpha', persona: 'hybrid' },
      { interfaces },
    );
    const browser = await browse({ interfaces, mesh: OWN });
    try {
      assert.equal(await browser.wait(5000), [
        {
          id: 'aln://runner/phoenix/alpha',
          version: '1.0.0',
          persona: 'hybrid',
          capabilities: ['build', 'test', 'ml', 'entertainment'],
          address: 'wss://127.0.0.1:7443',
          addresses: [],
          mesh: OWN,
        },
      ]);
    } finally {
      browser.close();
      await announcer.close();
    }
  });

  test('a runner tells who it is and which controller it is with, and others find that one through it', async () => {
    const mesh = `${OWN}/runner`;
    const manifest = runnerManifestOf(`runner:
  id: aln://runner/phoenix/alpha
  version: 2.1.0
  persona: creative
  capabilities: { build: [git], entertainment: [magic.lol] }
`);
    const { capabilities } = detectCapabilities(manifest, {}, { count: 0, kinds: {} });
    const said = announcementOf({ manifest, capabilities }, mesh, 'wss://127.0.0.1:7450');
    const announcer = await announce(said, { interfaces });
    const browser = await browse({ interfaces, mesh });
    const finder = findControllers({
      config: meshConfigOf(`mesh: { name: '${mesh}' }`),
      interfaces,
      patience: 5000,
    });
    try {
      const [found] = await browser.wait(5000);
      assert.equal(found, {
        id: 'aln://runner/phoenix/alpha',
        version: '2.1.0',
        persona: 'creative',
        capabilities: ['build', 'entertainment', 'host'],
        address: 'wss://127.0.0.1:7450',
        addresses: [],
        mesh,
      });
      assert.equal(await finder.addresses(), ['wss://127.0.0.1:7450']);
    } finally {
      finder.close();
      browser.close();
      await announcer.close();
    }
  });

  test('a browser that was there first hears of who comes, and of who goes', async () => {
    const browser = await browse({ interfaces, mesh: `${OWN}/late` });
    assert.equal(browser.found(), []);
    const announcer = await announce(controller(`${OWN}/late`, 7444), { interfaces });
    try {
      assert.is((await browser.wait(5000)).length, 1);
      await announcer.close();
      for (let turn = 0; turn < 100 && browser.found().length > 0; turn++) await sleep(20);
      assert.equal(browser.found(), []);
    } finally {
      browser.close();
    }
  });

  test('two meshes on one network are kept apart', async () => {
    const one = await announce(controller(`${OWN}/one`, 7001), { interfaces });
    const other = await announce(controller(`${OWN}/other`, 7002), { interfaces });
    const find = (name: string) =>
      findControllers({ config: meshConfigOf(`mesh: { name: '${name}' }`), interfaces, patience: 5000 });
    const finders = [find(`${OWN}/one`), find(`${OWN}/other`)];
    try {
      const found = await Promise.all(finders.map((finder) => finder.addresses()));
      assert.equal(found, [['wss://127.0.0.1:7001'], ['wss://127.0.0.1:7002']]);
    } finally {
      for (const finder of finders) finder.close();
      await Promise.all([one.close(), other.close()]);
    }
  });

  test('a controller comes before runners that know of one, and before the seeds', async () => {
    const mesh = `${OWN}/order`;
    const runner = await announce({ ...controller(mesh, 6001), id: 'aln://runner/a' }, { interfaces });
    const itself = await announce(controller(mesh, 7001), { interfaces });
    const config = meshConfigOf(`mesh: { name: '${mesh}', discovery: { seeds: ['wss://seed.example'] } }`);
    const finder = findControllers({ config, interfaces, patience: 5000 });
    try {
      for (let turn = 0; turn < 50 && (await finder.addresses()).length < 3; turn++) await sleep(50);
      assert.equal(await finder.addresses(), [
        'wss://127.0.0.1:7001',
        'wss://127.0.0.1:6001',
        'wss://seed.example',
      ]);
      finder.met('wss://seed.example');
      assert.is((await finder.addresses())[0], 'wss://seed.example');
    } finally {
      finder.close();
      await Promise.all([runner.close(), itself.close()]);
    }
  });

  test('without mDNS there are the seeds; what somebody typed is all there is; plain ones need to be allowed', async () => {
    const said = "mesh: { discovery: { mdns: false, seeds: ['wss://a', 'wss://b'] } }";
    const seeds = findControllers({ config: meshConfigOf(said) });
    assert.equal(await seeds.addresses(), ['wss://a', 'wss://b']);
    const typed = findControllers({ config: meshConfigOf(said), address: 'ws://127.0.0.1:1' });
    assert.equal(await typed.addresses(), ['ws://127.0.0.1:1']);
  });

  test('a network full of nonsense ends nobody', async () => {
    const troubles: unknown[] = [];
    const browser = await browse({ interfaces, mesh: OWN, onTrouble: (error) => troubles.push(error) });
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    socket.setMulticastInterface('127.0.0.1');
    const say = (bytes: Buffer): Promise<void> =>
      new Promise((resolve) => socket.send(bytes, 5353, '224.0.0.251', () => resolve()));
    let seed = 7;
    const random = (): number => {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
      return seed;
    };
    try {
      for (let turn = 0; turn < 300; turn++) {
        const bytes = Buffer.alloc(12 + (random() % 120), 0);
        for (let at = 0; at < bytes.length; at++) bytes[at] = random() >> 8;
        // a response that says it has a few answers
        bytes.writeUInt16BE(0x8400, 2);
        bytes.writeUInt16BE(0, 4);
        bytes.writeUInt16BE(random() % 4, 6);
        await say(bytes);
      }
      const service = '_bithub-runner._tcp.local';
      const bad = (txt: readonly string[]) =>
        encode({
          type: 'response',
          answers: [
            { type: 'PTR', name: service, ttl: 100, data: `x.${service}` },
            { type: 'SRV', name: `x.${service}`, ttl: 100, data: { port: 1, target: 'x.local' } },
            { type: 'TXT', name: `x.${service}`, ttl: 100, data: [...txt] },
          ],
        });
      const id = 'id=aln://mesh/evil';
      for (const txt of [
        ['id=evil', 'addr=wss://h:1'],
        [id, 'addr=https://h:1'],
        [id, 'addr=wss://h:1/\u001b[31m'],
        [id],
        [],
        ['__proto__=x', id],
      ])
        await say(bad(txt));
      // a name that is no service of anybody's
      await say(
        encode({
          type: 'response',
          answers: [
            { type: 'PTR', name: service, ttl: 100, data: 'odd' },
            { type: 'SRV', name: 'odd', ttl: 100, data: { port: 1, target: '' } },
          ],
        }),
      );
      await sleep(200);
      assert.equal(browser.found(), []);
      const announcer = await announce(controller(OWN, 7443), { interfaces });
      assert.is((await browser.wait(5000)).length, 1, 'it hears still');
      await announcer.close();
    } finally {
      socket.close();
      browser.close();
    }
  });
});
