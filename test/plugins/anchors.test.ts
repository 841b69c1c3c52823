import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Check, type Ground, onGround } from '../anchor/ground.ts';
import { suite } from '../suite.ts';
import { packPlugin } from './fixture.ts';

/** Pins a digest on a board behind HTTP, and looks whether it is there. */
const board = (port: number): string => `
export const anchors = [{
  name: 'board', description: 'A board where digests are pinned.',
  options: { corner: { description: 'Which corner.', default: 'left' } },
  async submit({ sha256, size, before, root, origin, chain }, anchor) {
    const answer = await anchor.fetch('http://127.0.0.1:${port}/' + anchor.options.corner, { method: 'POST', body: sha256 });
    if (answer.status !== 200) throw new Error('the board is full');
    return { proof: { pin: Buffer.from(answer.body).toString(), sha256, root, origin, chain, before }, said: 'pinned ' + size + ' entries' };
  },
  async check({ sha256, proof }, anchor) {
    if (proof.sha256 !== sha256) return { verdict: 'broken', detail: 'another digest' };
    if (anchor.offline) return { verdict: 'unchecked', detail: 'the board was not asked' };
    const answer = await anchor.fetch('http://127.0.0.1:${port}/' + proof.pin);
    return answer.status === 200 ? { verdict: 'holds', detail: 'pinned as ' + proof.pin } : { verdict: 'gone', detail: 'no pin ' + proof.pin };
  },
}];`;

async function install(ground: Ground, module: string, capabilities: readonly string[], ...words: string[]) {
  const directory = packPlugin(
    join(ground.root, 'board'),
    { name: '@acme/board', bit: { api: 3, anchors: 'anchors.js', capabilities } },
    { 'anchors.js': module },
  );
  const run = await ground.bit('ext', 'install', directory, '--yes', ...words);
  assert.is(run.code, 0, run.stderr);
}

interface Added {
  readonly anchored: readonly {
    readonly anchor: string;
    readonly place: string;
    readonly said: string;
    readonly file: string;
  }[];
}

const DRIVER = 'plugin:@acme/board#board';

suite('anchors of plugins', (test) => {
  test('a checkpoint is handed over and asked about again, in a sandbox and trusted', () =>
    onGround(async (ground) => {
      const pins = new Map<string, string>();
      const server = createServer(async (request, response) => {
        const pieces: Buffer[] = [];
        for await (const piece of request) pieces.push(piece as Buffer);
        const path = (request.url ?? '').slice(1);
        if (request.method === 'POST') {
          const pin = `${path}-${pins.size}`;
          pins.set(pin, Buffer.concat(pieces).toString());
          return void response.end(pin);
        }
        return void response.writeHead(pins.has(path) ? 200 : 404).end();
      });
      await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      try {
        await ground.json(0, 'branch', 'new', 'topic');
        ground.anchors({ pins: { driver: DRIVER, corner: 'right' } });
        for (const trust of [[], ['--trust']]) {
          await install(ground, board(port), [`network:127.0.0.1:${port}`], ...trust);
          const added = await ground.json<Added>(0, 'ledger', 'anchor', 'add', '--driver', DRIVER);
          const [row] = added.anchored;
          assert.equal([row?.anchor, row?.place], ['pins', DRIVER]);
          assert.match(row?.said ?? '', /^pinned \d+ entries$/);
          const { proof, note } = JSON.parse(readFileSync(row?.file ?? '', 'utf8'));
          assert.match(proof.pin, /^right-\d$/);
          assert.match(note, proof.origin);
          assert.is(pins.get(proof.pin), proof.sha256);
        }
        const held = await ground.json<Check>(0, 'ledger', 'anchor', 'check');
        assert.equal(
          held.checks.map(({ verdict }) => verdict),
          ['holds', 'holds'],
        );
        const offline = await ground.json<Check>(0, 'ledger', 'anchor', 'check', '--offline');
        assert.equal(
          offline.checks.map(({ verdict }) => verdict),
          ['unchecked', 'unchecked'],
        );
        pins.clear();
        const gone = await ground.json<Check>(1, 'ledger', 'anchor', 'check');
        assert.equal(
          gone.checks.map(({ verdict }) => verdict),
          ['gone', 'gone'],
        );
        await ground.json(0, 'ext', 'uninstall', '@acme/board', '--yes');
        const without = await ground.json<Check>(0, 'ledger', 'anchor', 'check');
        assert.match(without.checks[0]?.detail ?? '', 'bit ext install @acme/board');
        const refused = await ground.bit('ledger', 'anchor', 'add');
        assert.is(refused.code, 4);
        assert.match(refused.stderr, 'no installed plugin brings plugin:@acme/board#board');
      } finally {
        server.close();
      }
    }));

  test('what is wrong with an entry is told by its key, and a plugin is given no secret', () =>
    onGround(async (ground) => {
      await install(ground, board(9), []);
      for (const [entry, message] of [
        [{ driver: DRIVER, corner: 'secret:KEY' }, 'ledger.anchors.pins.corner must be no secret'],
        [{ driver: DRIVER, cornr: 'x' }, 'did you mean: corner'],
        [{ driver: DRIVER, corner: ['x'] }, 'ledger.anchors.pins.corner must be a text of one line'],
        [{ driver: 'plugin:board' }, 'written plugin:<package>#<name>'],
        [{ driver: 'boards' }, 'or plugin:<package>#<name>'],
      ] as const) {
        ground.anchors({ pins: entry });
        const run = await ground.bit('ledger', 'anchor', 'list');
        assert.is(run.code, 2, run.stdout);
        assert.match(run.stderr, message);
      }
      ground.anchors({ mirror: { driver: 'git', remote: 'origin' } });
      const unknown = await ground.bit('ledger', 'anchor', 'add', '--driver', 'witnes');
      assert.is(unknown.code, 2);
      assert.match(unknown.stderr, 'did you mean: witness');
    }));
});
