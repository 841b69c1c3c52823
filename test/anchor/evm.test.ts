import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createTxFromRLP } from '@ethereumjs/tx';
import { bytesToHex, hexToBytes } from '@ethereumjs/util';
import * as assert from 'uvu/assert';
import { openLedgerReader } from '../../src/ledger/index.ts';
import { digestsIn } from '../repository/digest.ts';
import { suite } from '../suite.ts';
import { ACCOUNT, common, KEY, withChain } from './evm-node.ts';
import { type Check, editJson, type Ground } from './ground.ts';

interface Added {
  readonly size: number;
  readonly note: string;
  readonly anchored: readonly { readonly file: string; readonly said: string }[];
}

const add = (ground: Ground): Promise<Added> => ground.json<Added>(0, 'ledger', 'anchor', 'add', 'e');
const check = async (ground: Ground, code: number): Promise<Check['checks'][number]> => {
  const { checks } = await ground.json<Check>(code, 'ledger', 'anchor', 'check');
  assert.is(checks.length, 1);
  return checks[0] as Check['checks'][number];
};
const proofOf = ({ anchored }: Added): { transaction: string; raw: string } =>
  (
    JSON.parse(readFileSync(anchored[0]?.file ?? '', 'utf8')) as {
      proof: { transaction: string; raw: string };
    }
  ).proof;

suite('an anchor in an EVM chain', (test) => {
  test(
    'writes the digest of the checkpoint into a block, and waits for its confirmations',
    withChain(async (ground, chain) => {
      const added = await add(ground);
      assert.match(added.anchored[0]?.said ?? '', /transaction 0x[0-9a-f]{64} in block 1/);
      const digest = createHash('sha256').update(added.note).digest('hex');
      const [[hash = '', transaction] = []] = chain.mined;
      const input = String(transaction?.transaction['input']);
      assert.is(Buffer.from(input.slice(2, -64), 'hex').toString(), 'bit.ledger.anchor.v1\n');
      assert.is(input.slice(-64), digest);
      const early = await check(ground, 0);
      assert.is(early.verdict, 'pending');
      assert.match(early.detail, '1 of 3 confirmations');
      chain.mine(2);
      const held = await check(ground, 0);
      assert.is(held.verdict, 'holds');
      assert.match(held.detail, /in block 1 of 2025-.*, 3 of 3 confirmations/);
      assert.is(proofOf(added).transaction, hash);
    }),
  );

  test(
    'signs a transaction that another implementation reads the same, from the account of the key',
    withChain(async (ground) => {
      const { raw, transaction } = proofOf(await add(ground));
      const read = createTxFromRLP(hexToBytes(raw as `0x${string}`), { common });
      assert.is(bytesToHex(read.hash()), transaction);
      assert.is(read.getSenderAddress().toString(), ACCOUNT);
      assert.is(read.to?.toString(), ACCOUNT);
      assert.is(read.value, 0n);
    }),
  );

  test(
    'goes through a contract where one is named, and asks for its event',
    withChain(async (ground, chain, say) => {
      say({ contract: chain.contract });
      const added = await add(ground);
      chain.mine(9);
      assert.is((await check(ground, 0)).verdict, 'holds');
      const { receipt } = [...chain.mined.values()][0] ?? {};
      const digest = createHash('sha256').update(added.note).digest('hex');
      const logs = receipt?.['logs'] as { topics: string[] }[];
      assert.is(logs[0]?.topics[2], `0x${digest}`);
      for (const other of [
        [],
        [{ ...logs[0], address: ACCOUNT }],
        [{ ...logs[0], topics: [] }],
        'x',
        [null],
      ]) {
        chain.answers.set('eth_getTransactionReceipt', () => ({ ...receipt, logs: other }));
        assert.match((await check(ground, 7)).detail, 'no event Anchored');
      }
      chain.answers.clear();
      say({ contract: `0x${'9'.repeat(40)}` });
      assert.match((await check(ground, 7)).detail, 'goes elsewhere');
    }),
  );

  test(
    'is no success where the transaction is reverted',
    withChain(async (ground, chain, say) => {
      say({ contract: chain.contract });
      await add(ground);
      chain.answers.set('eth_getTransactionReceipt', ([hash]) => {
        return { ...chain.mined.get(String(hash))?.receipt, status: '0x0' };
      });
      assert.match((await check(ground, 7)).detail, 'reverted');
      assert.match((await ground.bit('ledger', 'anchor', 'add')).stderr, 'reverted');
    }),
  );

  test(
    'tells a transaction that waits from one that a reorganisation took away',
    withChain(async (ground, chain) => {
      chain.hold = true;
      const added = await add(ground);
      assert.match(added.anchored[0]?.said ?? '', 'in no block yet');
      assert.match((await check(ground, 0)).detail, 'in no block yet');
      chain.hold = false;
      chain.answers.set('eth_getTransactionByHash', () => null);
      assert.is((await check(ground, 1)).verdict, 'gone');
    }),
  );

  test(
    'does not count a block that is no longer in the chain',
    withChain(async (ground, chain) => {
      const { transaction } = proofOf(await add(ground));
      const { receipt } = chain.mined.get(transaction) ?? {};
      chain.reorganise();
      chain.mine(20);
      assert.is((await check(ground, 1)).verdict, 'gone');
      chain.answers.set('eth_getTransactionReceipt', () => receipt);
      const stale = await check(ground, 0);
      assert.is(stale.verdict, 'pending');
      assert.match(stale.detail, 'no longer in the chain');
    }),
  );

  test(
    'finds a chain that was written again, and receipts written again with it',
    withChain(async (ground, chain) => {
      await ground.json(0, 'tag', 'new', 'v1');
      const added = await add(ground);
      chain.mine(9);
      ground.rewrite();
      const found = await check(ground, 7);
      assert.is(found.verdict, 'contradicted');
      assert.ok(found.anchored !== undefined && found.here !== undefined);
      const { note, size } = await ground.json<{ note: string; size: number }>(0, 'ledger', 'checkpoint');
      editJson(added.anchored[0]?.file ?? '', (receipt) => Object.assign(receipt, { note, size }));
      assert.match((await check(ground, 7)).detail, 'not about its checkpoint');
    }),
  );

  test(
    'goes to no other chain than the one that is meant, and pays no more than is allowed',
    withChain(async (ground, chain, say) => {
      const refused = async (what: RegExp, code = 6): Promise<void> => {
        const run = await ground.bit('ledger', 'anchor', 'add');
        assert.is(run.code, code, run.stderr);
        assert.match(run.stderr, what);
        assert.is(chain.mined.size, 0);
      };
      chain.answers.set('eth_chainId', () => '0x1');
      await refused(/serves chain 1, not 31337/);
      chain.answers.clear();
      chain.answers.set('eth_maxPriorityFeePerGas', () => '0xffffffffffff');
      await refused(/gwei a gas, and at most 100 are allowed/, 1);
      chain.answers.clear();
      chain.answers.set('eth_estimateGas', () => '0xffffff');
      await refused(/wants 16777215 gas/);
      chain.answers.clear();
      chain.answers.set('eth_getTransactionCount', () => `0x${'f'.repeat(64)}`);
      await refused(/makes no transaction/);
      chain.answers.clear();
      say({ maxFeeGwei: 1 });
      await refused(/at most 1 are allowed/, 1);
    }),
  );

  test(
    'whose answer to the sending is lost is asked for the transaction by its hash',
    withChain(async (ground, chain) => {
      const { instead } = chain;
      let lost = 0;
      const own = chain.url;
      const forward = async (body: Buffer): Promise<string> => {
        instead(undefined);
        const answer = await (await fetch(own, { method: 'POST', body: body.toString() })).text();
        instead(handler);
        return answer;
      };
      const handler: Parameters<typeof instead>[0] = async ({ body }, response) => {
        const answer = await forward(body);
        if (!body.includes('eth_sendRawTransaction')) return void response.end(answer);
        lost += 1;
        response.destroy();
      };
      instead(handler);
      await add(ground);
      assert.is(lost, 1);
      instead(undefined);
      chain.mine(5);
      assert.is((await check(ground, 0)).verdict, 'holds');
    }),
  );

  test(
    'shows, records and keeps nothing of the key, nor of an address that is a secret',
    withChain(async (ground, chain, say) => {
      const path = '/v3/0123456789abcdefsecretpath';
      await ground.bitWith({ input: `${chain.url}${path}\n` }, 'secret', 'set', 'RPC_URL');
      say({ url: 'secret:RPC_URL' });
      const good = await ground.bit('ledger', 'anchor', 'add', '--json');
      assert.is(good.code, 0, good.stderr);
      assert.is(chain.asked.at(-1)?.path, path);
      chain.answers.set('eth_getTransactionCount', () => {
        throw new Error(`not for ${path} and ${KEY}`);
      });
      const bad = await ground.bit('ledger', 'anchor', 'add');
      assert.is(bad.code, 6);
      chain.instead((_, response) => void response.writeHead(500).end(`${chain.url}${path} ${KEY}`));
      const worse = await ground.bit('ledger', 'anchor', 'add', '--json');
      const shown = [good, bad, worse].map(({ stdout, stderr }) => stdout + stderr).join('\n');
      const entries = [...openLedgerReader({ directory: ground.ledger }).entries({})].map((entry) =>
        JSON.stringify(entry),
      );
      const files = [...digestsIn(`${ground.ledger}/anchors`).keys()];
      assert.ok(files.length > 0);
      for (const text of [shown, ...entries]) {
        assert.not.match(text, KEY);
        assert.not.match(text, 'secretpath');
      }
      const { anchored } = JSON.parse(good.stdout) as Added;
      assert.not.match(readFileSync(anchored[0]?.file ?? '', 'utf8'), 'secretpath');
    }),
  );

  test(
    'wants a key that is one, kept as a secret',
    withChain(async (ground, _chain, say) => {
      await ground.bitWith({ input: 'not a key\n' }, 'secret', 'set', 'ANCHOR_KEY');
      const bad = await ground.bit('ledger', 'anchor', 'add');
      assert.is(bad.code, 2);
      assert.not.match(bad.stderr, 'not a key\n');
      say({ key: KEY });
      const plain = await ground.bit('ledger', 'anchor', 'add');
      assert.is(plain.code, 2);
      assert.not.match(plain.stderr, KEY);
      say({ key: 'secret:NOBODY' });
      assert.is((await ground.bit('ledger', 'anchor', 'add')).code, 4);
    }),
  );

  test(
    'has no receipt believed that holds another transaction or none',
    withChain(async (ground, chain) => {
      const first = await add(ground);
      chain.mine(5);
      const { raw, transaction } = proofOf(first);
      const file = first.anchored[0]?.file ?? '';
      const bad = [
        {},
        { raw, transaction: `0x${'0'.repeat(64)}` },
        { raw: '0x', transaction },
        { raw: 'zz', transaction },
        { raw: raw.slice(0, -2), transaction },
        { raw: `0x02${'c0'.repeat(20)}`, transaction },
        { raw: `0x${'f'.repeat(4000)}`, transaction },
      ];
      for (const proof of bad) {
        editJson(file, (receipt) => Object.assign(receipt, { proof }));
        assert.is((await check(ground, 7)).verdict, 'broken', JSON.stringify(proof));
      }
    }),
  );
});
