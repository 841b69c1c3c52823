import { type ConfiguredAnchor, chooseAnchors, type KeptReceipt, keepReceipt } from '../anchor/index.ts';
import { type BitError, EXIT_CODES, isBitError } from '../kernel/errors.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import type { AnchorFailure, AnchorQuestion } from './anchor-add.ts';
import { anchoredChains, keptReceipts } from './anchor-list.ts';
import { anchorsHere } from './anchors-here.ts';

export interface AnchorUpgrade {
  readonly upgraded: readonly {
    readonly receipt: string;
    readonly anchor: string;
    readonly driver: string;
    /** Hex, of the receipt's file as it was and as it is. */
    readonly before: string;
    readonly sha256: string;
    readonly said: string;
  }[];
  /** Receipts that are as complete as they can be by now. */
  readonly unchanged: number;
  readonly failed: readonly (AnchorFailure & { readonly receipt: string })[];
}

interface Upgradable {
  readonly kept: KeptReceipt;
  readonly anchor: ConfiguredAnchor;
}

/** Asks for what completes receipts that were only promised something. */
export async function upgradeAnchors(
  reader: Reader,
  question: AnchorQuestion,
): Promise<Effect<AnchorUpgrade>> {
  const anchors = chooseAnchors(await anchorsHere(reader), question);
  const receipts = anchoredChains(reader).flatMap((chain) =>
    keptReceipts(reader, chain).kept.flatMap((kept): Upgradable[] => {
      const { anchor: name, driver } = kept.receipt;
      const anchor = anchors.find((known) => known.name === name && known.driver === driver);
      return anchor?.port.upgrade === undefined ? [] : [{ kept, anchor }];
    }),
  );
  return {
    summary: `complete the receipts of ${anchors.map(({ name }) => name).join(', ')}`,
    target: {
      chain: reader.ledger.chain() ?? null,
      anchors: anchors.map(({ name, driver, port }) => ({ name, driver, place: port.place })),
    },
    plan:
      receipts.length === 0
        ? ['no receipt is of a kind that is completed later']
        : receipts.map(
            ({ kept: { receipt }, anchor: { port } }) => `${receipt.id}: ask ${port.place} for more`,
          ),
    touches: { refs: [] },
    irreversible: receipts.map(({ kept }) => `completed receipt ${kept.receipt.id}`),
    run: (writer) => upgradeAll(writer, receipts),
    record: ({ upgraded, unchanged, failed }) => ({
      upgraded: upgraded.map(({ receipt, anchor, driver, before, sha256 }) => {
        return { receipt, anchor, driver, before, sha256 };
      }),
      unchanged,
      failed: failed.map(({ receipt, anchor, code }) => ({ receipt, anchor, code })),
    }),
  };
}

async function upgradeAll(writer: Writer, receipts: readonly Upgradable[]): Promise<AnchorUpgrade> {
  const upgraded: AnchorUpgrade['upgraded'][number][] = [];
  const failed: AnchorUpgrade['failed'][number][] = [];
  let unchanged = 0;
  let first: BitError | undefined;
  for (const { kept, anchor } of receipts) {
    const { receipt, sha256: before } = kept;
    const { name, driver, port } = anchor;
    try {
      const more = await port.upgrade?.(receipt, writer);
      if (more === undefined) {
        unchanged += 1;
        continue;
      }
      const made = { ...receipt, proof: more.proof };
      const { sha256 } = keepReceipt(writer.stateDirectory, made, port.files?.(made));
      upgraded.push({ receipt: receipt.id, anchor: name, driver, before, sha256, said: more.said });
    } catch (error) {
      if (!isBitError(error) || error.code === 'cancelled') throw error;
      first ??= error;
      failed.push({ receipt: receipt.id, anchor: name, driver, code: error.code, message: error.message });
    }
  }
  if (first !== undefined && failed.length === receipts.length) throw first;
  return { upgraded, unchanged, failed };
}

export function anchorUpgradeExitCode({ failed: [first] }: AnchorUpgrade): number {
  return first === undefined ? 0 : EXIT_CODES[first.code];
}
