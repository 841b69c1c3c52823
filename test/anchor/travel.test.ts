import { createPrivateKey, sign } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { exportPublicKey } from '../../src/kernel/ed25519.ts';
import { formatCheckpointText, signNote } from '../../src/tlog/index.ts';
import { chainKey } from '../../src/transparency/index.ts';
import { suite } from '../suite.ts';
import { type Check, type Ground, groundOf, onGround } from './ground.ts';

interface Added {
  readonly chain: string;
  readonly size: number;
  readonly anchored: readonly { readonly file: string; readonly receipt: string }[];
}

interface Clones {
  readonly a: Ground;
  readonly b: Ground;
  readonly remote: string;
}

/** Two clones of a repository that shares its ledger and anchors it at `mirror`. */
const withClones = (work: (clones: Clones) => Promise<void>) => () =>
  onGround(async (a) => {
    const [remote, mirror, dir] = ['remote.git', 'mirror.git', 'b'].map((name) => join(a.root, name)) as [
      string,
      string,
      string,
    ];
    a.gitIn(a.root, 'init', '-q', '--bare', mirror);
    const ledger = { share: 'headers', anchors: { mirror: { driver: 'git', remote: mirror } } };
    a.write('.bithub.yml', JSON.stringify({ ledger }));
    a.git('add', '.');
    a.git('commit', '-qm', 'share and anchor the ledger');
    a.gitIn(a.root, 'clone', '-q', '--bare', a.dir, remote);
    a.git('remote', 'add', 'origin', remote);
    a.gitIn(a.root, 'clone', '-q', remote, dir);
    const bit: Ground['bit'] = (...words) => a.bitIn(dir, ...words);
    await work({ a, b: groundOf({ ...a, dir, bit }), remote });
  });

/** Puts a file into the log that a remote has of a chain. */
function plant(ground: Ground, remote: string, chain: string, path: string, text: string): void {
  const ref = `refs/bithub/ledger/${chain}`;
  const work = join(ground.root, 'work');
  ground.gitIn(remote, 'worktree', 'add', '-q', '--detach', work, ref);
  ground.gitIn(work, 'checkout', '-q', ref);
  writeFileSync(join(work, path), text);
  ground.gitIn(work, 'add', '-A');
  ground.gitIn(work, 'commit', '-qm', 'planted');
  ground.gitIn(remote, 'update-ref', ref, ground.gitIn(work, 'rev-parse', 'HEAD'));
  ground.gitIn(remote, 'worktree', 'remove', '--force', work);
}

/** A checkpoint of another tree, signed with the very key of the chain. */
function otherCheckpoint(ground: Ground, chain: string, size: number): string {
  const folder = join(ground.root, 'data/bit/keys');
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.pem'));
  const key = createPrivateKey(readFileSync(join(folder, file)));
  const text = formatCheckpointText({ origin: `bit.ledger/${chain}`, size, root: Buffer.alloc(32, 9) });
  const signer = {
    key: chainKey(chain, exportPublicKey(key)),
    sign: (message: Uint8Array) => sign(null, message, key),
  };
  return signNote(text, [signer]);
}

suite('receipts of anchors', (test) => {
  test(
    'travel with the chain, and are checked in the other clone',
    withClones(async ({ a, b }) => {
      const first = await a.json<Added>(0, 'ledger', 'anchor', 'add');
      await a.json(0, 'tag', 'new', 'v1');
      await a.json(0, 'ledger', 'push');
      await b.json(0, 'ledger', 'fetch');
      const { receipts } = await b.json<{ receipts: { receipt: string; chain: string }[] }>(
        0,
        ...['ledger', 'anchor', 'list'],
      );
      assert.equal(
        receipts.map(({ receipt, chain }) => [receipt, chain]),
        [[first.anchored[0]?.receipt, first.chain]],
      );
      const { checks } = await b.json<Check>(0, 'ledger', 'anchor', 'check');
      assert.equal(
        checks.map(({ verdict }) => verdict),
        ['holds'],
      );
      await a.json(0, 'ledger', 'anchor', 'add');
      await a.json(0, 'ledger', 'push');
      await b.json(0, 'ledger', 'fetch');
      assert.is((await b.json<Check>(0, 'ledger', 'anchor', 'check')).checks.length, 2);
    }),
  );

  test(
    'that contradict the chain they come with convict it',
    withClones(async ({ a, b, remote }) => {
      const { chain, size, anchored } = await a.json<Added>(0, 'ledger', 'anchor', 'add');
      await a.json(0, 'ledger', 'push');
      const receipt = JSON.parse(readFileSync(anchored[0]?.file ?? '', 'utf8')) as Record<string, unknown>;
      const forged = JSON.stringify({ ...receipt, note: otherCheckpoint(a, chain, size) });
      plant(a, remote, chain, `anchor/${anchored[0]?.receipt}.json`, forged);
      const run = await b.bit('ledger', 'fetch');
      assert.is(run.code, 7, run.stderr);
      assert.match(run.stderr, 'are not those that were anchored');
      assert.ok(existsSync(join(b.dir, '.git/bit/evidence')));
      const { entries } = await b.json<{ entries: unknown[] }>(0, 'ledger', 'list', '--chain', chain);
      assert.equal(entries, [], 'nothing of it was taken');
    }),
  );

  test(
    'that nobody signed, or that are none, are left where they are',
    withClones(async ({ a, b, remote }) => {
      const { chain, anchored } = await a.json<Added>(0, 'ledger', 'anchor', 'add');
      await a.json(0, 'ledger', 'push');
      const good = readFileSync(anchored[0]?.file ?? '', 'utf8');
      const path = `anchor/${anchored[0]?.receipt}.json`;
      const bad = [
        '',
        '[]',
        good.slice(0, 100),
        good.replace(/bit\.ledger\/./, 'bit.ledger/x'),
        'x'.repeat(2_000_000),
      ];
      for (const text of bad) {
        plant(a, remote, chain, path, text);
        await b.json(0, 'ledger', 'fetch');
        const { receipts } = await b.json<{ receipts: unknown[] }>(0, 'ledger', 'anchor', 'list');
        assert.equal(receipts, []);
      }
    }),
  );

  test('hold the ledger in bit ledger verify, and an asset in bit data verify', () =>
    onGround(async (ground) => {
      const bare = join(ground.root, 'mirror.git');
      ground.gitIn(ground.root, 'init', '-q', '--bare', bare);
      ground.anchors({ mirror: { driver: 'git', remote: bare } });
      ground.write('a.txt', 'two\n');
      await ground.json(0, 'commit', 'a.txt', '-m', 'two');
      await ground.json(0, 'ledger', 'anchor', 'add');
      const words = ['data', 'verify', 'blockchain', 'HEAD'];
      const good = await ground.json<{ checks: { name: string; ok: boolean; detail: string }[] }>(
        0,
        ...words,
      );
      const anchor = good.checks.find(({ name }) => name === 'anchor');
      assert.ok(anchor?.ok);
      assert.match(anchor?.detail ?? '', 'mirror (git)');
      const verified = await ground.json<{ checkpoints: { from: string }[] }>(0, 'ledger', 'verify');
      assert.ok(verified.checkpoints.some(({ from }) => from.includes('/anchors/')));
      ground.rewrite();
      const run = await ground.bit('ledger', 'verify');
      assert.is(run.code, 7);
      assert.match(run.stdout, 'checkpoint_root');
    }));
});
