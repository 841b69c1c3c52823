import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type DamagedReceipt, type KeptReceipt, readReceipts } from '../anchor/index.ts';
import { ULID_PATTERN } from '../kernel/ids.ts';
import type { Reader } from '../operation/index.ts';
import { anchorsHere } from './anchors-here.ts';
import { chainsOfPlace } from './memory.ts';

export interface AnchorListing {
  readonly anchors: readonly { readonly name: string; readonly driver: string; readonly place: string }[];
  readonly receipts: readonly ListedReceipt[];
}

export interface ListedReceipt {
  readonly receipt: string;
  readonly anchor: string;
  readonly driver: string;
  readonly place: string;
  readonly chain: string;
  readonly size: number;
  readonly ts: string;
  readonly sha256: string;
  readonly file: string;
}

/** The anchors there are and the receipts that are kept; nobody is asked. */
export async function listAnchors(reader: Reader): Promise<AnchorListing> {
  const anchors = await anchorsHere(reader);
  const kept = anchoredChains(reader).flatMap((chain) => keptReceipts(reader, chain).kept);
  return {
    anchors: anchors.map(({ name, driver, port }) => ({ name, driver, place: port.place })),
    receipts: kept.map(({ receipt: { id, anchor, driver, place, chain, size, ts }, sha256, file }) => {
      return { receipt: id, anchor, driver, place, chain, size, ts, sha256, file };
    }),
  };
}

/** Chains that are here, or were written or anchored here. */
export function anchoredChains({ ledger, userDirectory, stateDirectory }: Reader): string[] {
  const here = ledger.chains().map(({ chain }) => chain);
  return [
    ...new Set([...here, ...chainsOfPlace(userDirectory, stateDirectory), ...folders(stateDirectory)]),
  ].sort();
}

function folders(stateDirectory: string): string[] {
  try {
    return readdirSync(join(stateDirectory, 'ledger', 'anchors')).filter((name) => ULID_PATTERN.test(name));
  } catch {
    return [];
  }
}

export function keptReceipts(
  { stateDirectory }: Pick<Reader, 'stateDirectory'>,
  chain: string,
): { readonly kept: readonly KeptReceipt[]; readonly damaged: readonly DamagedReceipt[] } {
  const all = readReceipts(stateDirectory, chain);
  return {
    kept: all.filter((item): item is KeptReceipt => 'receipt' in item),
    damaged: all.filter((item): item is DamagedReceipt => !('receipt' in item)),
  };
}
