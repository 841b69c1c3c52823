/** An Ethereum chain in this process behind JSON-RPC: a real EVM runs what is sent, and every transaction makes a block. */
import { createBlock } from '@ethereumjs/block';
import { createCustomCommon, Hardfork, Mainnet } from '@ethereumjs/common';
import { createTxFromRLP } from '@ethereumjs/tx';
import { bytesToHex, createAccount, createAddressFromString, hexToBytes } from '@ethereumjs/util';
import { createVM, runTx } from '@ethereumjs/vm';
import { addr } from 'micro-eth-signer';
import * as assert from 'uvu/assert';
import { type Ground, onGround } from './ground.ts';
import { type Server, serve } from './server.ts';

export const CHAIN_ID = 31337;
/** A key of a test, and its account. */
export const KEY = '4c0883a69102937d6231471b5dbb6204fe512961708279f1d7b1b8e7e8b1b1e1';

type Hex = `0x${string}`;

interface Mined {
  readonly receipt: Record<string, unknown>;
  readonly transaction: Record<string, unknown>;
}

export interface EvmChain extends Server {
  readonly contract: Hex;
  readonly mined: Map<string, Mined>;
  /** Empty blocks. */
  mine(count: number): void;
  /** The newest block is another one: what was in it is nowhere. */
  reorganise(): void;
  /** Keeps what is sent without a block until told. */
  hold: boolean;
  /** Answers of a method instead of its own. */
  readonly answers: Map<string, (params: readonly unknown[]) => unknown>;
}

const quantity = (value: bigint | number): Hex => `0x${value.toString(16)}`;

/** `anchor(bytes32)`: emits `Anchored(msg.sender, digest)`, else reverts. */
const CONTRACT =
  '60003560e01c63eecdf92714601357600080fd5b600435337fee1610244dfc4b116b1433dd4459fd7b1d3d2bf737a05fc3f6d8f173005d714760006000a300';

export const common = createCustomCommon({ chainId: CHAIN_ID }, Mainnet, { hardfork: Hardfork.London });

export async function serveEvm(account: string): Promise<EvmChain> {
  const vm = await createVM({ common });
  await vm.stateManager.putAccount(
    createAddressFromString(account as Hex),
    createAccount({ balance: 10n ** 20n }),
  );
  const contract: Hex = '0x00000000000000000000000000000000000a0c40';
  await vm.stateManager.putAccount(createAddressFromString(contract), createAccount({ nonce: 1n }));
  await vm.stateManager.putCode(createAddressFromString(contract), hexToBytes(`0x${CONTRACT}`));
  const blocks: { hash: Hex; timestamp: number }[] = [];
  const mined = new Map<string, Mined>();
  const waiting = new Map<string, Record<string, unknown>>();
  const answers: EvmChain['answers'] = new Map();
  let salt = 0;
  const state = { hold: false };
  const push = (): number => {
    const number = blocks.length;
    salt += 1;
    blocks.push({ hash: `0x${salt.toString(16).padStart(64, '0')}`, timestamp: 1_763_000_000 + 12 * number });
    return number;
  };
  push();

  const send = async (raw: Hex): Promise<string> => {
    const tx = createTxFromRLP(hexToBytes(raw), { common });
    const hash = bytesToHex(tx.hash());
    const from = tx.getSenderAddress().toString();
    const transaction = { hash, from, to: tx.to?.toString(), input: bytesToHex(tx.data), blockNumber: null };
    if (state.hold) {
      waiting.set(hash, transaction);
      return hash;
    }
    const header = { number: blocks.length, gasLimit: 30_000_000n, baseFeePerGas: 7n };
    const { execResult, totalGasSpent } = await runTx(vm, { tx, block: createBlock({ header }, { common }) });
    const number = push();
    const place = { blockNumber: quantity(number), blockHash: blocks[number]?.hash };
    const logs = (execResult.logs ?? []).map(([address, topics, data]) => ({
      address: bytesToHex(address),
      topics: topics.map((topic) => bytesToHex(topic)),
      data: bytesToHex(data),
      ...place,
    }));
    const status = execResult.exceptionError === undefined ? '0x1' : '0x0';
    const receipt = { transactionHash: hash, status, from, gasUsed: quantity(totalGasSpent), logs, ...place };
    mined.set(hash, { receipt, transaction: { ...transaction, ...place } });
    return hash;
  };

  const methods: Record<string, (params: readonly unknown[]) => unknown> = {
    eth_chainId: () => quantity(CHAIN_ID),
    eth_blockNumber: () => quantity(blocks.length - 1),
    eth_maxPriorityFeePerGas: () => quantity(1_000_000_000),
    eth_estimateGas: () => quantity(60_000),
    eth_getTransactionCount: async ([address]) =>
      quantity((await vm.stateManager.getAccount(createAddressFromString(address as Hex)))?.nonce ?? 0n),
    eth_getBlockByNumber: ([which]) => {
      const number = which === 'latest' ? blocks.length - 1 : Number(which);
      const block = blocks[number];
      if (block === undefined) return null;
      const { hash, timestamp } = block;
      return { number: quantity(number), hash, timestamp: quantity(timestamp), baseFeePerGas: '0x7' };
    },
    eth_sendRawTransaction: ([raw]) => send(raw as Hex),
    eth_getTransactionReceipt: ([hash]) => mined.get(String(hash))?.receipt ?? null,
    eth_getTransactionByHash: ([hash]) =>
      mined.get(String(hash))?.transaction ?? waiting.get(String(hash)) ?? null,
  };
  const server = await serve(async ({ body }, response) => {
    const { id, method, params } = JSON.parse(body.toString()) as {
      id: number;
      method: string;
      params: unknown[];
    };
    const answer = answers.get(method) ?? methods[method];
    response.setHeader('content-type', 'application/json');
    if (answer === undefined) {
      response.end(
        JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'no such method' } }),
      );
      return;
    }
    try {
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result: await answer(params) }));
    } catch (error) {
      response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32000, message: String(error) } }));
    }
  });
  return {
    ...server,
    contract,
    mined,
    answers,
    mine(count) {
      for (let at = 0; at < count; at++) push();
    },
    reorganise() {
      const lost = blocks.pop();
      push();
      for (const [hash, { receipt }] of mined) if (receipt['blockHash'] === lost?.hash) mined.delete(hash);
    },
    get hold() {
      return state.hold;
    },
    set hold(value) {
      state.hold = value;
    },
  };
}

/** Of the key. */
export const ACCOUNT = addr.fromPrivateKey(KEY).toLowerCase();

/** With a chain, the key of an account in it as a secret, and an anchor `e`; `say` changes the anchor. */
export const withChain =
  (work: (ground: Ground, chain: EvmChain, say: (more?: object) => void) => Promise<void>) => () =>
    onGround(async (ground) => {
      const chain = await serveEvm(ACCOUNT);
      const say = (more: object = {}): void =>
        ground.anchors({
          e: {
            driver: 'evm',
            url: chain.url,
            chainId: CHAIN_ID,
            key: 'secret:ANCHOR_KEY',
            confirmations: 3,
            // no test but those of services that never answer may hang on how busy the machine is
            timeout: 60,
            wait: 0,
            ...more,
          },
        });
      try {
        say();
        const set = await ground.bitWith({ input: `0x${KEY}\n` }, 'secret', 'set', 'ANCHOR_KEY');
        assert.is(set.code, 0, set.stderr);
        await work(ground, chain, say);
      } finally {
        await chain.close();
      }
    });
