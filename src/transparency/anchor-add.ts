import {
  type Anchorable,
  type ConfiguredAnchor,
  chooseAnchors,
  type KeptReceipt,
  keepReceipt,
  type Receipt,
} from '../anchor/index.ts';
import { ledgerTrust } from '../guard/index.ts';
import { type BitError, type ErrorCode, EXIT_CODES, isBitError } from '../kernel/errors.ts';
import { ulid } from '../kernel/ids.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { fromBase64 } from '../tlog/index.ts';
import { keptReceipts } from './anchor-list.ts';
import { anchoredTree } from './anchored-tree.ts';
import { anchorsHere } from './anchors-here.ts';
import { type SignedCheckpoint, signCheckpoint } from './checkpoint.ts';
import { remember } from './memory.ts';

export interface AnchorQuestion {
  /** Names of the configuration; none for all. */
  readonly names: readonly string[];
  /** Those of this driver only. */
  readonly driver: string | undefined;
}

export interface AnchorResult extends Pick<SignedCheckpoint, 'chain' | 'origin' | 'size' | 'root' | 'note'> {
  readonly anchored: readonly AnchoredAt[];
  readonly failed: readonly AnchorFailure[];
}

export interface AnchoredAt {
  readonly anchor: string;
  readonly driver: string;
  readonly place: string;
  /** Id of the receipt. */
  readonly receipt: string;
  /** Hex, of the receipt's file. */
  readonly sha256: string;
  readonly file: string;
  readonly said: string;
}

export interface AnchorFailure {
  readonly anchor: string;
  readonly driver: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Signs one checkpoint of the chain this clone writes and sends it to anchors. */
export async function anchorLedger(reader: Reader, question: AnchorQuestion): Promise<Effect<AnchorResult>> {
  const anchors = chooseAnchors(await anchorsHere(reader), question);
  const trust = await ledgerTrust(reader);
  const places = anchors.map(({ name, driver, port }) => ({ name, driver, place: port.place }));
  return {
    summary: `anchor the ledger: ${anchors.map(({ name }) => name).join(', ')}`,
    target: { chain: reader.ledger.chain() ?? null, anchors: places },
    plan: [
      'sign a checkpoint',
      ...anchors.map(({ name, port }) => `${name}: ${port.step}`),
      'keep the receipts',
    ],
    touches: { refs: [] },
    irreversible: places.map(({ place }) => `sent a checkpoint to ${place}`),
    async run(writer) {
      const signed = await signCheckpoint(writer);
      const { size, note } = signed;
      const tree = writer.ledger.tree(signed.chain);
      const checkpoint: Omit<Anchorable, 'before'> = {
        ...anchoredTree(writer.ledger, signed.chain, trust),
        size,
        root: fromBase64(signed.root) ?? tree.root(size),
        note,
        consistency: (from) => tree.consistency(from, size),
      };
      return sendAll(writer, anchors, checkpoint, signed);
    },
    record: ({ origin, size, root, anchored, failed }) => ({
      origin,
      size,
      root,
      anchored: anchored.map(({ anchor, driver, place, receipt, sha256 }) => ({
        anchor,
        driver,
        place,
        receipt,
        sha256,
      })),
      failed: failed.map(({ anchor, driver, code }) => ({ anchor, driver, code })),
    }),
  };
}

/** One after the other; what one refuses keeps no other from it. Where none takes it, the first refusal is thrown. */
async function sendAll(
  writer: Writer,
  anchors: readonly ConfiguredAnchor[],
  checkpoint: Omit<Anchorable, 'before'>,
  { chain, origin, size, root, note }: SignedCheckpoint,
): Promise<AnchorResult> {
  const anchored: AnchoredAt[] = [];
  const refused: { readonly anchor: ConfiguredAnchor; readonly error: BitError }[] = [];
  const { kept } = keptReceipts(writer, chain);
  let cosigned = note;
  for (const anchor of anchors) {
    const { name, driver, port } = anchor;
    const progress = writer.progress(`anchor at ${name}`);
    try {
      const {
        proof,
        said,
        cosignatures = '',
      } = await port.submit({ ...checkpoint, before: lastSize(kept, name, size) }, writer);
      const now = writer.now();
      const at = { anchor: name, driver, place: port.place };
      const receipt: Receipt = {
        v: 1,
        id: ulid(now.getTime()),
        ...at,
        chain,
        size,
        ts: now.toISOString(),
        note,
        proof,
      };
      const { file, sha256 } = keepReceipt(writer.stateDirectory, receipt, port.files?.(receipt));
      anchored.push({ ...at, receipt: receipt.id, sha256, file, said });
      cosigned += cosignatures;
    } catch (error) {
      if (!isBitError(error) || error.code === 'cancelled') throw error;
      refused.push({ anchor, error });
    } finally {
      progress.end();
    }
  }
  const worst = refused.find(({ error }) => error.code === 'integrity') ?? refused[0];
  if (anchored.length === 0 && worst !== undefined) throw worst.error;
  if (cosigned !== note) remember(writer, chain, cosigned);
  const failed = refused.map(({ anchor: { name, driver }, error: { code, message } }) => {
    return { anchor: name, driver, code, message };
  });
  return { chain, origin, size, root, note: cosigned, anchored, failed };
}

/** What a receipt says that is larger than the tree is no size to prove anything from. */
function lastSize(kept: readonly KeptReceipt[], name: string, size: number): number {
  const sizes = kept.map(({ receipt }) => (receipt.anchor === name ? receipt.size : 0));
  return Math.max(0, ...sizes.filter((before) => before <= size));
}

/** 0, or that of the gravest failure. */
export function anchorExitCode({ failed }: AnchorResult): number {
  const codes = failed.map(({ code }) => EXIT_CODES[code]);
  return codes.includes(EXIT_CODES.integrity) ? EXIT_CODES.integrity : (codes[0] ?? 0);
}
