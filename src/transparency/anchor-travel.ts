import { formatReceipt, keepReceipt, parseReceipt, RECEIPT_LIMIT, type Receipt } from '../anchor/index.ts';
import { type BitError, isBitError } from '../kernel/errors.ts';
import type { LedgerReader, SeenCheckpoint, TrustRules } from '../ledger/index.ts';
import type { Reader, Writer } from '../operation/index.ts';
import { openCheckpoint, type VerifierKey } from '../tlog/index.ts';
import { keptReceipts } from './anchor-list.ts';
import { handedOver } from './anchored-tree.ts';
import { chainKeys, originOf } from './origin.ts';
import type { SharedLog } from './shared.ts';

/** Receipts of a chain, beside its tiles. */
const FOLDER = 'anchor/';
const MOST_RECEIVED = 1000;

/** The newest receipts of a chain as files of the log that is shared; none is about more than it holds. */
export function* receiptFiles(
  reader: Pick<Reader, 'stateDirectory'>,
  chain: string,
  size: number,
): IterableIterator<{ readonly path: string; readonly bytes: Buffer }> {
  const held = keptReceipts(reader, chain).kept.filter(({ receipt }) => receipt.size <= size);
  for (const { receipt } of held.slice(-MOST_RECEIVED)) {
    yield { path: `${FOLDER}${receipt.id}.json`, bytes: Buffer.from(formatReceipt(receipt)) };
  }
}

/** A receipt somebody else shares, with the root it says the chain had. */
export interface ReceivedReceipt {
  readonly receipt: Receipt;
  readonly root: Uint8Array;
}

/** Receipts in a shared log whose checkpoints are signed for the chain; others are no receipts and left there. */
export async function readReceived(
  log: SharedLog,
  chain: string,
  keys: readonly VerifierKey[],
): Promise<ReceivedReceipt[]> {
  const out: ReceivedReceipt[] = [];
  for (const { path, size } of (await log.list(FOLDER)).slice(0, MOST_RECEIVED)) {
    const [, id] = /^anchor\/([0-9a-z]{26})\.json$/.exec(path) ?? [];
    const bytes = id === undefined || size > RECEIPT_LIMIT ? undefined : await log.read(path);
    if (bytes === undefined) continue;
    const receipt = parseReceipt(Buffer.from(bytes));
    if (typeof receipt === 'string' || receipt.id !== id || receipt.chain !== chain) continue;
    const root = signedRoot(receipt, keys);
    if (root !== undefined) out.push({ receipt, root });
  }
  return out;
}

function signedRoot({ note, chain, size }: Receipt, keys: readonly VerifierKey[]): Uint8Array | undefined {
  try {
    const head = openCheckpoint(note, { keys, origin: originOf(chain) });
    return head.size === size ? head.root : undefined;
  } catch (error) {
    if (isBitError(error, 'integrity')) return undefined;
    throw error;
  }
}

/** @throws what `refuse` makes of the first whose root isn't `root` */
export function holdReceived(
  received: readonly ReceivedReceipt[],
  size: number,
  root: () => Uint8Array,
  refuse: (reason: string) => BitError,
): void {
  for (const { receipt, root: anchored } of received) {
    if (receipt.size !== size || Buffer.compare(anchored, root()) === 0) continue;
    throw refuse(`its first ${size} entries are not those that were anchored at ${receipt.place}`);
  }
}

/** Keeps those that are new; what is here stays as it is, for it may be more complete. */
export function keepReceived(writer: Writer, chain: string, received: readonly ReceivedReceipt[]): void {
  const here = new Set(keptReceipts(writer, chain).kept.map(({ receipt }) => receipt.id));
  for (const { receipt } of received) {
    if (!here.has(receipt.id)) keepReceipt(writer.stateDirectory, receipt);
  }
}

/** The newest checkpoint of each chain at each anchor, from signed receipts: what the chain must go on from. */
export function anchoredHeads(
  reader: { readonly ledger: LedgerReader; readonly stateDirectory: string },
  chains: readonly string[],
  trust: TrustRules,
): (SeenCheckpoint & { readonly file: string })[] {
  return chains.flatMap((chain) => {
    const { kept } = keptReceipts(reader, chain);
    if (kept.length === 0) return [];
    const keys = chainKeys(chain, { ...trust, own: [...trust.own, ...handedOver(reader.ledger, chain)] });
    const newest = new Map<string, SeenCheckpoint & { readonly file: string }>();
    for (const { receipt, file } of kept) {
      const root = signedRoot(receipt, keys);
      const { size, anchor } = receipt;
      if (root !== undefined && size >= (newest.get(anchor)?.size ?? 0))
        newest.set(anchor, { chain, size, root, file });
    }
    return [...newest.values()];
  });
}
