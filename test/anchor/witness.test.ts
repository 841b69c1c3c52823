import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { verified } from '../../src/anchor/witness.ts';
import { BitError } from '../../src/kernel/errors.ts';
import * as tlog from '../../src/tlog/index.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';
import { noteSigner } from '../tlog/examine.ts';
import { type Check, editJson, type Ground } from './ground.ts';
import { serveWitness, type Witness, withWitness } from './witness-server.ts';

interface Added {
  readonly chain: string;
  readonly size: number;
  readonly note: string;
  readonly anchored: readonly { readonly file: string }[];
}

const add = (ground: Ground): Promise<Added> => ground.json<Added>(0, 'ledger', 'anchor', 'add', 'w');
const olds = ({ asked }: Witness): string[] => asked.map(({ body }) => body.toString().split('\n')[0] ?? '');

suite('an anchor at a witness', (test) => {
  test(
    'cosigns what grew, with a proof from what it saw last',
    withWitness(async (ground, witness) => {
      const first = await add(ground);
      for (const name of ['v1', 'v2', 'v3']) await ground.json(0, 'tag', 'new', name);
      const second = await add(ground);
      assert.equal(olds(witness), ['old 0', `old ${first.size}`]);
      assert.is(witness.seen.get(`bit.ledger/${first.chain}`)?.size, second.size);
      const { checks } = await ground.json<Check>(0, 'ledger', 'anchor', 'check');
      assert.equal(
        checks.map(({ verdict }) => verdict),
        ['holds', 'holds'],
      );
      assert.match(checks[0]?.detail ?? '', /witness\.example\/w1 at 20\d\d-/);
    }),
  );

  test(
    'keeps the cosignature with the checkpoint, and proofs bring it along',
    withWitness(async (ground, witness, key) => {
      const { note } = await add(ground);
      assert.match(note, '— witness.example/w1 ');
      const { proof } = await ground.json<{ proof: string }>(0, 'ledger', 'prove');
      ground.write('p.tlog-proof', proof);
      const words = ['ledger', 'verify', 'p.tlog-proof', '--key', key, '--key', witness.vkey];
      const { signers } = await ground.json<{ signers: string[] }>(0, ...words);
      assert.equal(signers.sort(), [key, witness.vkey].sort());
    }),
  );

  test(
    'is told again from the size the witness has, where the receipts are lost',
    withWitness(async (ground, witness) => {
      const first = await add(ground);
      await ground.json(0, 'tag', 'new', 'v1');
      rmSync(join(ground.ledger, 'anchors'), { recursive: true });
      await add(ground);
      assert.equal(olds(witness), ['old 0', 'old 0', `old ${first.size}`]);
    }),
  );

  test(
    'that does not know the log, or not its key, is asked in vain and says so',
    withWitness(async (ground, witness) => {
      const stranger = await serveWitness('other.example');
      try {
        const { key: wrong } = noteSigner(tlog, 'bit.ledger/x');
        ground.anchors({ s: { driver: 'witness', url: stranger.url, key: stranger.vkey } });
        const unknown = await ground.bit('ledger', 'anchor', 'add');
        assert.is(unknown.code, 6);
        assert.match(unknown.stderr, 'does not know the log');
        const { origin } = await ground.json<{ origin: string }>(0, 'ledger', 'checkpoint');
        stranger.trust(tlog.formatVkey(tlog.verifierKey(origin, wrong.publicKey)));
        const refused = await ground.bit('ledger', 'anchor', 'add');
        assert.is(refused.code, 5);
        ground.anchors({ s: { driver: 'witness', url: witness.url, key: stranger.vkey } });
        const other = await ground.bit('ledger', 'anchor', 'add');
        assert.is(other.code, 6);
        assert.match(other.stderr, 'did not cosign');
      } finally {
        await stranger.close();
      }
    }),
  );

  test(
    'finds a chain that was written again, without anything left on this machine',
    withWitness(async (ground) => {
      await ground.json(0, 'tag', 'new', 'v1');
      await add(ground);
      ground.rewrite();
      const { checks } = await ground.json<Check>(7, 'ledger', 'anchor', 'check');
      assert.is(checks[0]?.verdict, 'contradicted');
      assert.ok(checks[0]?.anchored !== undefined && checks[0].here !== undefined);
      rmSync(join(ground.ledger, 'anchors'), { recursive: true });
      const again = await ground.bit('ledger', 'anchor', 'add');
      assert.is(again.code, 7, again.stderr);
      assert.match(again.stderr, /witnessed \d+ entries of another tree; here \d+ entries, root /);
    }),
  );

  test(
    'finds a chain that was cut, even where it is as long as before or shorter',
    withWitness(async (ground, witness) => {
      await ground.json(0, 'tag', 'new', 'v1');
      const { chain, size } = await add(ground);
      const known = witness.seen.get(`bit.ledger/${chain}`);
      for (const more of [10, 1000]) {
        witness.seen.set(`bit.ledger/${chain}`, { size: size + more, root: known?.root ?? Buffer.alloc(32) });
        const cut = await ground.bit('ledger', 'anchor', 'add');
        assert.is(cut.code, 7, cut.stderr);
        assert.match(cut.stderr, `witnessed ${size + more} entries`);
      }
    }),
  );

  test(
    'refuses a proof that does not go on from what it saw (422), and that is told as damage',
    withWitness(async (ground, witness) => {
      await ground.json(0, 'tag', 'new', 'v1');
      const { chain, size } = await add(ground);
      await ground.json(0, 'tag', 'new', 'v2');
      witness.seen.set(`bit.ledger/${chain}`, { size, root: Buffer.alloc(32, 1) });
      const rewritten = await ground.bit('ledger', 'anchor', 'add');
      assert.is(rewritten.code, 7, rewritten.stderr);
      assert.match(rewritten.stderr, `witnessed ${size} entries of another tree`);
    }),
  );

  test(
    'has no receipt believed that its key did not sign',
    withWitness(async (ground, witness) => {
      const { anchored, note } = await add(ground);
      const file = anchored[0]?.file ?? '';
      const other = await serveWitness();
      await other.close();
      const text = note.slice(0, note.indexOf('\n\n') + 1);
      for (const lines of [other.cosign(text), witness.cosign(`${text}x\n`), '', '— x\n', 'A'.repeat(5000)]) {
        editJson(file, (receipt) => Object.assign(receipt, { proof: { cosignatures: lines } }));
        const { checks } = await ground.json<Check>(7, 'ledger', 'anchor', 'check');
        assert.is(checks[0]?.verdict, 'broken', lines);
      }
      editJson(file, (receipt) =>
        Object.assign(receipt, { proof: { cosignatures: other.cosign(text) + witness.cosign(text) } }),
      );
      const { checks } = await ground.json<Check>(0, 'ledger', 'anchor', 'check');
      assert.is(checks[0]?.verdict, 'holds', 'cosignatures of others are left out');
    }),
  );

  test(
    'that cannot be reached keeps no other anchor from its checkpoint',
    withWitness(async (ground, witness) => {
      const gone = await serveWitness();
      await gone.close();
      ground.anchors({
        a: { driver: 'witness', url: gone.url, key: gone.vkey, timeout: 1 },
        w: { driver: 'witness', url: `${witness.url}/`, key: [witness.vkey, gone.vkey] },
      });
      const out = await ground.json<{ anchored: unknown[]; failed: { code: string }[] }>(
        6,
        'ledger',
        'anchor',
        'add',
      );
      assert.is(out.anchored.length, 1);
      assert.equal(
        out.failed.map(({ code }) => code),
        ['remote'],
      );
    }),
  );

  test('cosignature lines of any bytes are read or refused, and nothing else happens', () => {
    const { key } = noteSigner(tlog, 'w.example', 3, 'cosignature');
    const text = 'bit.ledger/x\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n';
    const note = tlog.signNote(text, [noteSigner(tlog, 'bit.ledger/x')]);
    const good = tlog.cosign(text, noteSigner(tlog, 'w.example', 3, 'cosignature'), 1_700_000_000n);
    const refuses = (lines: string): boolean => {
      try {
        return verified(note, lines, [key]).length === 0;
      } catch (error) {
        assert.instance(error, BitError);
        return true;
      }
    };
    assert.not.ok(refuses(good));
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), refuses), { numRuns: 500 });
    fc.assert(
      fc.property(fc.nat(good.length - 2), fc.integer({ min: 1, max: 127 }), (at, by) => {
        const changed =
          good.slice(0, at) + String.fromCharCode(good.charCodeAt(at) ^ by) + good.slice(at + 1);
        return refuses(changed) || changed === good;
      }),
      { numRuns: 500 },
    );
  });
});
