import { BitError, isBitError } from '../kernel/errors.ts';
import { rememberSecret } from '../kernel/secrets.ts';
import type { Reader, Writer } from '../operation/index.ts';
import { readSecret, secretName } from '../secrets/index.ts';
import { EvmNode } from './evm-rpc.ts';
import { digestOf, type EvmPlace, payload, readProof, standing } from './evm-standing.ts';
import { serviceUrl } from './http.ts';
import type { Options } from './options.ts';
import type { AnchorDriver, Anchored } from './port.ts';

const GWEI = 1_000_000_000n;
/** Ours takes 25 to 60 thousand; a node that says more is not believed. */
const GAS_LIMIT = 200_000n;

/** `{driver: evm, url: …, chainId: 11155111, key: secret:NAME}`. */
export function evmAnchor(options: Options): AnchorDriver {
  const url = options.text('url');
  const hidden = secretName(url) !== undefined;
  const host = hidden ? '' : ` at ${serviceUrl(options, 'url', url).host}`;
  const key =
    secretName(options.text('key')) ?? options.fail('key', 'secret:NAME, set with bit secret set NAME');
  const chainId = options.whole('chainId', { least: 1, most: Number.MAX_SAFE_INTEGER });
  const contract = options.optional('contract')?.toLowerCase();
  if (contract !== undefined && !/^0x[0-9a-f]{40}$/.test(contract))
    options.fail('contract', 'an address, 0x…');
  const at: EvmPlace = {
    name: options.name,
    url,
    key,
    chainId,
    contract,
    confirmations: options.whole('confirmations', { least: 1, most: 100_000, otherwise: 12 }),
    maxFee: BigInt(options.whole('maxFeeGwei', { least: 1, most: 2_000, otherwise: 100 })) * GWEI,
    seconds: options.timeout(),
    wait: options.patience(),
    place: `eip155:${chainId}${host}`,
    options,
  };
  const what = contract === undefined ? 'in a transaction to oneself' : `through contract ${contract}`;
  return {
    place: at.place,
    step: `write the SHA-256 of the checkpoint to ${at.place}, ${what}; it costs gas, at most ${at.maxFee / GWEI} gwei each`,
    submit: ({ note }, writer) => submit(note, at, writer),
    async check(receipt, { reader, offline }) {
      const sent = await readProof(receipt, at);
      if (typeof sent === 'string') return { verdict: 'broken', detail: sent };
      if (offline)
        return { verdict: 'unchecked', detail: `${at.place} was not asked for transaction ${sent.hash}` };
      try {
        return await standing(await openNode(at, reader), sent.hash, digestOf(receipt.note), at);
      } catch (error) {
        if (!isBitError(error) || error.code === 'cancelled') throw error;
        return { verdict: 'unreachable', detail: error.message };
      }
    },
  };
}

/** A node that serves the chain that is meant, and no other. */
async function openNode(
  { name, url, chainId, seconds, place, options }: EvmPlace,
  reader: Reader,
): Promise<EvmNode> {
  const secret = secretName(url);
  const text = secret === undefined ? url : await readSecret(reader, secret);
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    options.fail('url', 'an address of http');
  const address = new URL(text);
  if (secret !== undefined) rememberParts(address);
  const node = new EvmNode({ url: address, place, seconds, signal: reader.signal });
  const served = await node.quantity('eth_chainId');
  if (served === BigInt(chainId)) return node;
  throw new BitError('remote', `${place}: the node serves chain ${served}, not ${chainId}`, {
    hint: `is it the node of ledger.anchors.${name}?`,
  });
}

/** A server quotes a path more often than a whole address. */
function rememberParts({ pathname, search }: URL): void {
  for (const part of `${pathname}${search}`.split(/[/?&=]/)) if (part.length >= 8) rememberSecret(part);
}

async function submit(note: string, place: EvmPlace, writer: Writer): Promise<Anchored> {
  const { addr, Transaction } = await import('micro-eth-signer');
  const node = await openNode(place, writer);
  const key = await privateKey(place, writer);
  const from = addr.fromPrivateKey(key).toLowerCase();
  const to = place.contract ?? from;
  const data = payload(digestOf(note), place);
  const nonce = await node.quantity('eth_getTransactionCount', [from, 'pending']);
  const fees = await askFees(node, place);
  const estimated = await node.quantity('eth_estimateGas', [{ from, to, data }]);
  if (estimated > GAS_LIMIT)
    throw new BitError('remote', `${place.place} wants ${estimated} gas for what takes at most ${GAS_LIMIT}`);
  const gasLimit = (estimated * 6n) / 5n;
  const chainId = BigInt(place.chainId);
  const fields = {
    type: 'eip1559',
    chainId,
    nonce,
    to: addr.addChecksum(to),
    value: 0n,
    data,
    gasLimit,
  } as const;
  const prepared = (() => {
    try {
      return Transaction.prepare({ ...fields, ...fees });
    } catch (error) {
      throw new BitError('remote', `what ${place.place} says of nonce and fees makes no transaction`, {
        cause: error,
      });
    }
  })();
  const signed = prepared.signBy(key);
  const raw = signed.toHex();
  const hash = `0x${signed.hash.replace(/^0x/, '')}`;
  await send(node, raw, hash);
  const mined = await waitFor(node, hash, place.wait, writer.signal);
  const said = mined === undefined ? 'sent, in no block yet' : `in block ${mined}`;
  return { proof: { transaction: hash, raw, from }, said: `transaction ${hash} ${said}` };
}

/** What masks a key does so with its prefix and without. */
async function privateKey({ key }: EvmPlace, reader: Reader): Promise<string> {
  const value = (await readSecret(reader, key)).trim();
  const digits = value.replace(/^0x/i, '');
  rememberSecret(digits);
  const { addr } = await import('micro-eth-signer');
  if (/^[0-9a-f]{64}$/i.test(digits) && addr.isValidPrivateKey(digits)) return digits;
  throw new BitError('usage', `secret ${key} is no private key of an account`, {
    hint: `64 hex digits: bit secret set ${key}`,
  });
}

async function askFees(node: EvmNode, { place, maxFee, name }: EvmPlace) {
  const latest = await node.object('eth_getBlockByNumber', ['latest', false]);
  const base = node.toQuantity('eth_getBlockByNumber', latest?.['baseFeePerGas']);
  const tip = await node.quantity('eth_maxPriorityFeePerGas').catch((error: unknown) => {
    if (isBitError(error, 'remote')) return GWEI;
    throw error;
  });
  const maxFeePerGas = base * 2n + tip;
  if (maxFeePerGas <= maxFee) return { maxFeePerGas, maxPriorityFeePerGas: tip };
  throw new BitError(
    'failed',
    `${place} wants ${maxFeePerGas / GWEI} gwei a gas, and at most ${maxFee / GWEI} are allowed`,
    { hint: `wait, or raise ledger.anchors.${name}.maxFeeGwei` },
  );
}

/** An answer that is lost may be that of a transaction which was taken: then it is known by its hash. */
async function send(node: EvmNode, raw: string, hash: string): Promise<void> {
  try {
    await node.call('eth_sendRawTransaction', [raw]);
  } catch (error) {
    if (!isBitError(error, 'remote')) throw error;
    const known = await node.object('eth_getTransactionByHash', [hash]).catch(() => undefined);
    if (known !== undefined) return;
    throw new BitError('remote', error.message, {
      hint: `whether it was sent is told by its hash: ${hash}`,
      cause: error,
      details: { ...error.details, transaction: hash },
    });
  }
}

/** Number of the block it came into, or undefined where that takes longer than a question may. */
async function waitFor(
  node: EvmNode,
  hash: string,
  seconds: number,
  signal: AbortSignal,
): Promise<bigint | undefined> {
  const end = Date.now() + seconds * 1000;
  for (let pause = 100; ; pause = Math.min(pause * 2, 2000)) {
    // it was sent: what is asked now can't make it unsent
    const receipt = await node.object('eth_getTransactionReceipt', [hash]).catch((error: unknown) => {
      if (isBitError(error, 'remote')) return undefined;
      throw error;
    });
    if (receipt !== undefined) {
      if (receipt['status'] === '0x1')
        return node.toQuantity('eth_getTransactionReceipt', receipt['blockNumber']);
      throw new BitError('failed', `transaction ${hash} was reverted`, { details: { transaction: hash } });
    }
    if (Date.now() + pause > end) return undefined;
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (signal.aborted) return undefined;
  }
}
