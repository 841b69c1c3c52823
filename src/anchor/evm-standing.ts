import { createHash } from 'node:crypto';
import { isBitError } from '../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { EvmNode } from './evm-rpc.ts';
import type { Options } from './options.ts';
import type { Receipt, Standing } from './port.ts';

/** Before the digest in a transaction to oneself. */
const PREFIX = Buffer.from('bit.ledger.anchor.v1\n');
/** `anchor(bytes32)`, and `Anchored(address indexed sender, bytes32 indexed digest)`. */
const SELECTOR = Buffer.from('eecdf927', 'hex');
const ANCHORED = '0xee1610244dfc4b116b1433dd4459fd7b1d3d2bf737a05fc3f6d8f173005d7147';

/** What the configuration says of an account, a chain and a node. */
export interface EvmPlace {
  readonly name: string;
  /** An address, or `secret:NAME` of one: many hold a key in their path. */
  readonly url: string;
  readonly key: string;
  readonly chainId: number;
  /** Lower case; undefined for a transaction to oneself. */
  readonly contract: string | undefined;
  readonly confirmations: number;
  readonly maxFee: bigint;
  readonly seconds: number;
  /** Seconds to wait for the block. */
  readonly wait: number;
  readonly place: string;
  readonly options: Options;
}

/** What goes into the chain: the SHA-256 of the signed checkpoint. */
export function digestOf(note: string): Buffer {
  return createHash('sha256').update(note).digest();
}

/** Input of the transaction. */
export function payload(digest: Buffer, { contract }: EvmPlace): string {
  return `0x${Buffer.concat([contract === undefined ? PREFIX : SELECTOR, digest]).toString('hex')}`;
}

interface Sent {
  readonly hash: string;
}

/** The transaction must be one that says the digest of its very checkpoint; its hash is computed from its bytes. */
export async function readProof({ note, proof }: Receipt, place: EvmPlace): Promise<Sent | string> {
  const { raw, transaction } = proof;
  if (typeof raw !== 'string' || raw.length > 4096 || typeof transaction !== 'string')
    return 'the receipt holds no transaction';
  const { Transaction } = await import('micro-eth-signer');
  try {
    const sent = Transaction.fromHex(raw);
    const { to, data, chainId } = sent.raw as { to: string; data: string; chainId: bigint };
    const hash = `0x${sent.hash.replace(/^0x/, '')}`;
    if (hash !== transaction) return 'the transaction has another hash';
    if (chainId !== BigInt(place.chainId)) return `the transaction is one of chain ${chainId}`;
    const target = place.contract ?? sent.recoverSender().address.toLowerCase();
    if (to.toLowerCase() !== target) return 'the transaction goes elsewhere';
    if (`0x${data.replace(/^0x/, '')}` !== payload(digestOf(note), place))
      return 'the transaction is not about its checkpoint';
    return { hash };
  } catch (error) {
    if (isBitError(error)) throw error;
    return 'the transaction it holds is none';
  }
}

export async function standing(
  node: EvmNode,
  hash: string,
  digest: Buffer,
  place: EvmPlace,
): Promise<Standing> {
  const receipt = await node.object('eth_getTransactionReceipt', [hash]);
  const short = `transaction ${hash.slice(0, 14)}…`;
  if (receipt === undefined) {
    const known = await node.object('eth_getTransactionByHash', [hash]);
    return known === undefined
      ? { verdict: 'gone', detail: `${place.place} does not know ${short}` }
      : { verdict: 'pending', detail: `${short} is in no block yet` };
  }
  const number = node.toQuantity('eth_getTransactionReceipt', receipt['blockNumber']);
  if (receipt['status'] !== '0x1' || receipt['transactionHash'] !== hash)
    return { verdict: 'broken', detail: `${short} was reverted` };
  if (place.contract !== undefined && !holdsEvent(receipt, place.contract, digest))
    return { verdict: 'broken', detail: `${short} left no event Anchored of ${place.contract}` };
  const block = await node.object('eth_getBlockByNumber', [`0x${number.toString(16)}`, false]);
  if (block === undefined || block['hash'] !== receipt['blockHash'])
    return { verdict: 'pending', detail: `block ${number}, which held ${short}, is no longer in the chain` };
  const time = new Date(Number(node.toQuantity('eth_getBlockByNumber', block['timestamp'])) * 1000);
  const confirmed = (await node.quantity('eth_blockNumber')) - number + 1n;
  const when = Number.isNaN(time.getTime()) ? '' : ` of ${time.toISOString().replace('.000Z', 'Z')}`;
  const detail = `${short} in block ${number}${when}, ${confirmed} of ${place.confirmations} confirmations, as ${place.place} has it`;
  return { verdict: confirmed >= BigInt(place.confirmations) ? 'holds' : 'pending', detail };
}

function holdsEvent(receipt: JsonObject, contract: string, digest: Buffer): boolean {
  const logs = Array.isArray(receipt['logs']) ? (receipt['logs'] as readonly Json[]) : [];
  return logs.some((log) => {
    if (!isJsonObject(log) || !Array.isArray(log['topics'])) return false;
    const [event, , anchored] = log['topics'] as readonly Json[];
    const from = String(log['address']).toLowerCase() === contract;
    return from && event === ANCHORED && anchored === `0x${digest.toString('hex')}`;
  });
}
