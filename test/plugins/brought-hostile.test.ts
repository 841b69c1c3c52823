import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { AnchorDriver } from '../../src/anchor/index.ts';
import { Options } from '../../src/anchor/options.ts';
import type { Reader, Writer } from '../../src/operation/index.ts';
import { pluginAnchors } from '../../src/plugins/index.ts';
import type { Storage } from '../../src/storage/index.ts';
import { suite } from '../suite.ts';
import { within } from '../world.ts';
import { packPlugin, withExtensions } from './fixture.ts';
import { install, refused, withStorage } from './storage-ground.ts';

const BAD_STORAGE: Readonly<Record<string, readonly [method: string, code: string, message: string]>> = {
  hangs: ['stat: () => new Promise(() => {})', 'remote', 'did not answer stat within'],
  dies: ['stat: () => process.exit(0)', 'failed', 'it ended before its work was done'],
  throws: ["stat: async () => { throw new Error('no\\u001b[2J luck') }", 'remote', 'no\\x1b[2J luck'],
  'answers another shape': ["stat: async () => 'five'", 'remote', 'stat answered with no size'],
  'floods its output': [
    'async stat() { for (;;) await new Promise((on) => process.stdout.write("x".repeat(1 << 22), on)); }',
    'failed',
    'it printed more than',
  ],
  'hands over more than it said': [
    'stat: async () => ({ size: 3 }), read: async () => { const b = new Uint8Array(3); let n = 0; Object.defineProperty(b, "length", { get: () => n++ ? 3 : 1 }); return b; }',
    'remote',
    'it hands over more than it said',
  ],
  'hands out more than there may be': [
    'stat: async () => ({ size: 3 }), read: async () => new Uint8Array(2000)',
    'remote',
    'more than 1000 bytes',
  ],
  'tells of more than there may be': [
    'stat: async () => ({ size: 1e9 })',
    'unsupported',
    'at most 1000 bytes',
  ],
};

suite('a driver that is hostile', (test) => {
  test('is refused as its own, by each fault, and the next call meets another process', () =>
    within({}, async (place) => {
      const kinds = Object.values(BAD_STORAGE).map(
        ([member], at) => `{ name: 'bad-${at}', description: 'Bad.', scheme: 'bad-${at}', open: () => ({
          scheme: () => 'bad-${at}', read: async () => new Uint8Array(3), write: async () => {},
          stat: async () => ({ size: 3 }), list: async (prefix) => [prefix + 'x', 'bad://elsewhere/x'], ${member} }) }`,
      );
      const installed = await install(place, { module: `export const storage = [${kinds.join(',\n')}];` });
      assert.is(installed.code, 0, installed.stderr);
      for (const [at, [what, [, code, message]]] of Object.entries(BAD_STORAGE).entries()) {
        // the others have the time they need
        const limits = { most: 1000, ...(what === 'hangs' ? { call: 500 } : {}) };
        const work = async (storage: Storage): Promise<void> => {
          const driver = await storage.driverFor(`bad-${at}://a/b`);
          const error = await refused(() => driver.read(`bad-${at}://a/b`));
          assert.is(error.code, code, `${what}: ${error.message}`);
          assert.match(error.message, message, `${what}: ${error.message}`);
          if (what !== 'dies') return;
          assert.match(
            (await refused(() => driver.list(`bad-${at}://a/`))).message,
            'list answered with no URI of',
          );
        };
        await withStorage(place, work, limits);
      }
    }));

  test('trusted, one that never answers is given up on too', () =>
    within({}, async (place) => {
      const module = `export const storage = [{ name: 'bad', description: 'Bad.', scheme: 'bad', open: () => new Promise(() => {}) }];`;
      await install(place, { module }, '--trust');
      await withStorage(
        place,
        async (storage) => {
          const at = await storage.driverFor('bad://a/b');
          // held open: nothing else keeps this process
          const held = setInterval(() => undefined, 1000);
          const { message } = await refused(() => at.stat('bad://a/b'));
          clearInterval(held);
          assert.match(message, 'did not answer stat within');
        },
        { call: 50 },
      );
    }));
});

/** By what it does: what `submit`, and what `check` comes to. */
const BAD_ANCHORS: Readonly<Record<string, readonly [body: string, submit: RegExp, check: RegExp]>> = {
  throws: ['throw new Error("no luck")', /no luck/, /^unreachable .*no luck/],
  dies: ['process.exit(0)', /it ended before its work was done/, /^unreachable .*it ended before/],
  hangs: [
    'return new Promise(() => {})',
    /did not answer submit within/,
    /^unreachable .*did not answer check/,
  ],
  loops: ['for (;;);', /did not answer submit within/, /^unreachable .*did not answer check/],
  'answers nothing': [
    'return undefined',
    /submit answered wrongly: expected an object/,
    /^unreachable .*expected an object/,
  ],
  'answers another shape': [
    'return { proof: [1], said: "x", verdict: "fine", detail: "x" }',
    /proof: expected an object/,
    /^unreachable .*verdict: expected one of holds, pending/,
  ],
  'keeps too much': [
    'return { proof: { x: "y".repeat(70000) }, said: "x", verdict: "holds", detail: 5 }',
    /proof: expected at most 65536 bytes/,
    /^unreachable .*detail: expected a text/,
  ],
  'keeps a secret': [
    'return { proof: { api_key: "abcdefghijkl" }, said: "x", verdict: "holds", detail: "\\u001b[2J" }',
    /holds what looks like a secret/,
    /^holds \\x1b\[2J$/,
  ],
};

suite('an anchor that is hostile', (test) => {
  test('is refused as its own, by each fault; its words are one line and its verdicts those there are', () =>
    within({}, async (place) => {
      const kinds = Object.values(BAD_ANCHORS).map(
        ([body], at) =>
          `{ name: 'bad-${at}', description: 'Bad.', async submit() { ${body} }, async check() { ${body} } }`,
      );
      const directory = packPlugin(
        join(place.root, 'bad'),
        { name: 'bad', bit: { api: 3, anchors: 'anchors.js' } },
        { 'anchors.js': `export const anchors = [${kinds.join(',\n')}];` },
      );
      const installed = await place.bit('ext', 'install', directory, '--yes');
      assert.is(installed.code, 0, installed.stderr);
      const chain = { chain: 'c', origin: 'o', size: 1, note: 'note', keys: [], before: 0 };
      const checkpoint = {
        ...chain,
        root: Buffer.alloc(32),
        rootAt: () => Buffer.alloc(32),
        consistency: () => [],
      };
      const receipt = {
        ...chain,
        v: 1,
        id: 'i',
        anchor: 'a',
        driver: 'd',
        place: 'p',
        ts: 't',
        proof: {},
      } as const;
      await withExtensions(place, async (reader) => {
        for (const [at, [what, [, submit, check]]] of Object.entries(BAD_ANCHORS).entries()) {
          const ends = what === 'hangs' || what === 'loops';
          const make = await pluginAnchors(reader, ends ? 700 : undefined);
          const driver: AnchorDriver = make(`plugin:bad#bad-${at}`, new Options('bad', { driver: 'd' }));
          const error = await driver.submit(checkpoint, reader as Writer).catch((thrown: unknown) => thrown);
          assert.match(String(error), submit, what);
          const asking = { reader: reader as Reader, tree: checkpoint, offline: false };
          const { verdict, detail } = await driver.check(receipt, asking);
          assert.match(`${verdict} ${detail}`, check, what);
        }
      });
    }));
});
