/** Services that do what they like: every driver leaves them after a moment, and nothing of theirs is kept. */
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { bitcoinAttestation, withCalendar } from './calendar.ts';
import { withChain } from './evm-node.ts';
import { type Check, type Ground, onGround } from './ground.ts';
import { HOSTILE, serve } from './server.ts';
import { withWitness } from './witness-server.ts';

const add = (ground: Ground): Promise<object> => ground.json(0, 'ledger', 'anchor', 'add');
const check = async (ground: Ground, code: number): Promise<Check['checks'][number]> => {
  const { checks } = await ground.json<Check>(code, 'ledger', 'anchor', 'check');
  assert.is(checks.length, 1);
  return checks[0] as Check['checks'][number];
};

suite('a hostile service', (test) => {
  test(
    'in the place of a witness is left after a moment',
    withWitness(async (ground, witness) => {
      for (const [name, handler] of Object.entries(HOSTILE)) {
        witness.instead(handler);
        const started = performance.now();
        const run = await ground.bit('ledger', 'anchor', 'add');
        assert.is(run.code, 6, `${name}: ${run.stderr}`);
        assert.ok(performance.now() - started < 8000, name);
        assert.not.match(run.stderr, '\u001b', name);
      }
      const sizes = ['x', '-1', '1e3', '00', '9'.repeat(40), '', '1\n2'];
      for (const size of sizes) {
        witness.instead((_, response) => void response.writeHead(409).end(size));
        assert.is((await ground.bit('ledger', 'anchor', 'add')).code, 6, size);
      }
      let turn = 0;
      witness.instead((_, response) => void response.writeHead(409).end(`${1 + (turn++ % 2)}\n`));
      const round = await ground.bit('ledger', 'anchor', 'add');
      assert.match(round.stderr, 'names another size each time');
      const listed = await ground.json<{ receipts: unknown[] }>(0, 'ledger', 'anchor', 'list');
      assert.is(listed.receipts.length, 0, 'nothing was kept');
    }),
  );
  test(
    'in the place of a calendar is left after a moment',
    withCalendar(async (ground, calendar) => {
      await add(ground);
      for (const [name, handler] of Object.entries(HOSTILE)) {
        calendar.instead(handler);
        const run = await ground.bit('ledger', 'anchor', 'add');
        assert.is(run.code, 6, `${name}: ${run.stderr}`);
        assert.is((await ground.bit('ledger', 'anchor', 'upgrade')).code, 6, name);
      }
      const deep = Buffer.concat([Buffer.alloc(300, 0x08), bitcoinAttestation(1)]);
      const wide = Buffer.concat([
        ...Array.from({ length: 900 }, () => Buffer.of(0xff, 0x08)),
        bitcoinAttestation(1),
      ]);
      const growing = Buffer.concat([Buffer.alloc(20, 0xf3), bitcoinAttestation(1)]);
      for (const answer of [deep, wide, growing, Buffer.concat([bitcoinAttestation(1), Buffer.of(0)])]) {
        calendar.instead((_, response) => void response.end(answer));
        assert.is((await ground.bit('ledger', 'anchor', 'add')).code, 6);
      }
      assert.is(
        (await ground.json<{ receipts: unknown[] }>(0, 'ledger', 'anchor', 'list')).receipts.length,
        1,
      );
    }),
  );
  test(
    'in the place of a node is left after a moment, when sending and when checking',
    withChain(async (ground, chain, say) => {
      await add(ground);
      say({ timeout: 1 });
      const answers = [
        'null',
        '[]',
        '{}',
        '{"id":1}',
        '{"id":1,"result":{}}',
        '{"id":1,"result":"0x"}',
        `{"id":1,"result":"0x${'f'.repeat(99)}"}`,
        '[{"id":1}]',
      ];
      const malformed = answers.map(
        (text) => [text, (_: unknown, response: { end(text: string): void }) => response.end(text)] as const,
      );
      for (const [name, handler] of [...Object.entries(HOSTILE), ...malformed]) {
        chain.instead(handler as (typeof HOSTILE)[string]);
        const run = await ground.bit('ledger', 'anchor', 'add');
        assert.is(run.code, 6, `${name}: ${run.stderr}`);
        assert.is((await check(ground, 6)).verdict, 'unreachable', name);
      }
      const { checks } = await ground.json<Check>(0, 'ledger', 'anchor', 'check', '--offline');
      assert.is(checks[0]?.verdict, 'unchecked');
    }),
  );

  test('in the place of a git remote is left after a moment, when pushing and when checking', () =>
    onGround(async (ground) => {
      const bare = join(ground.root, 'mirror.git');
      ground.gitIn(ground.root, 'init', '-q', '--bare', bare);
      ground.anchors({ mirror: { driver: 'git', remote: bare, timeout: 1 } });
      await add(ground);
      const server = await serve(() => undefined);
      try {
        ground.anchors({ mirror: { driver: 'git', remote: `${server.url}/x.git`, timeout: 1 } });
        const unbounded = 'sends more than anybody reads';
        for (const [name, handler] of Object.entries(HOSTILE)) {
          if (name === unbounded || name === 'redirects elsewhere') continue;
          server.instead(handler);
          const run = await ground.bit('ledger', 'anchor', 'add');
          assert.is(run.code, 6, `${name}: ${run.stderr}`);
          assert.not.match(run.stderr, '\u001b', name);
          // to git, nothing at all is a repository without refs
          const [code, verdict] = name === 'answers nothing' ? [1, 'gone'] : [6, 'unreachable'];
          const { checks } = await ground.json<Check>(Number(code), 'ledger', 'anchor', 'check');
          assert.is(checks[0]?.verdict, verdict, name);
        }
      } finally {
        await server.close();
      }
    }));
});
