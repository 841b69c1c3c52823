import {
  type AnchoredTree,
  type ConfiguredAnchor,
  chooseAnchors,
  headLine,
  type KeptReceipt,
  ourLine,
  type Receipt,
  type Standing,
  type Verdict,
} from '../anchor/index.ts';
import { ledgerTrust } from '../guard/index.ts';
import { EXIT_CODES, isBitError } from '../kernel/errors.ts';
import { isJsonObject, type Json } from '../kernel/json.ts';
import type { Reader } from '../operation/index.ts';
import { openCheckpoint, parseCheckpointText, parseNote } from '../tlog/index.ts';
import type { AnchorQuestion } from './anchor-add.ts';
import { anchoredChains, keptReceipts } from './anchor-list.ts';
import { anchoredTree } from './anchored-tree.ts';
import { anchorsHere } from './anchors-here.ts';

export interface AnchorCheck {
  readonly ok: boolean;
  readonly checks: readonly CheckedAnchor[];
}

export interface CheckedAnchor {
  readonly anchor: string;
  readonly driver: string;
  readonly place: string;
  readonly chain: string;
  /** Undefined where the service was asked about a chain without a receipt, or the receipt can't be read. */
  readonly receipt: string | undefined;
  readonly size: number | undefined;
  readonly ts: string | undefined;
  readonly verdict: Verdict | 'missing';
  readonly detail: string;
  /** The checkpoint that was anchored, and what the chain holds in its place; where they contradict each other. */
  readonly anchored?: { readonly head: string; readonly note: string };
  readonly here?: { readonly head: string };
}

/** Every kept receipt against the chain as it is now and, unless `offline`, against the service it is from. */
export async function checkAnchors(
  reader: Reader,
  { names, driver, offline }: AnchorQuestion & { readonly offline: boolean },
): Promise<AnchorCheck> {
  const all = await anchorsHere(reader);
  const narrowed = names.length > 0 || driver !== undefined;
  const anchors = narrowed ? chooseAnchors(all, { names, driver }) : all;
  const wanted = (anchor: string): boolean => !narrowed || anchors.some(({ name }) => name === anchor);
  const trust = await ledgerTrust(reader);
  const progress = reader.progress('check the anchors');
  const checks: CheckedAnchor[] = [];
  try {
    for (const chain of anchoredChains(reader)) {
      const tree = anchoredTree(reader.ledger, chain, trust);
      const { kept, damaged } = keptReceipts(reader, chain);
      for (const { file, reason } of damaged) checks.push(unreadable(chain, file, reason));
      for (const { receipt } of kept.filter(({ receipt: { anchor } }) => wanted(anchor))) {
        checks.push(await checkReceipt(reader, { receipt, tree, offline, anchors }));
        progress.update('receipts', checks.length, undefined);
      }
      checks.push(...missing(reader, chain, kept).filter(({ anchor }) => wanted(anchor)));
      if (!offline) checks.push(...(await checkWithout(reader, { tree, kept, anchors })));
    }
  } finally {
    progress.end();
  }
  return { ok: checks.every(({ verdict }) => GOOD.has(verdict)), checks };
}

const GOOD: ReadonlySet<Verdict | 'missing'> = new Set(['holds', 'pending', 'unchecked']);

/** 7 for what contradicts or proves nothing, 1 for what is gone, 6 where a service could not be asked. */
export function anchorCheckExitCode({ checks }: AnchorCheck): number {
  const found = new Set(checks.map(({ verdict }) => verdict));
  if (found.has('contradicted') || found.has('broken')) return EXIT_CODES.integrity;
  if (found.has('missing') || found.has('gone')) return EXIT_CODES.failed;
  return found.has('unreachable') ? EXIT_CODES.remote : 0;
}

interface ReceiptQuestion {
  readonly receipt: Receipt;
  readonly tree: AnchoredTree;
  readonly offline: boolean;
  readonly anchors: readonly ConfiguredAnchor[];
}

async function checkReceipt(reader: Reader, question: ReceiptQuestion): Promise<CheckedAnchor> {
  const { receipt, tree, offline, anchors } = question;
  const standing =
    placeFault(receipt, tree) ??
    (await askDriver(reader, receipt, {
      tree,
      offline,
      anchor: anchors.find(({ name }) => name === receipt.anchor),
    }));
  return checked(receipt, standing, tree);
}

/** What every driver's receipt must be: a checkpoint signed for this chain, whose root the chain still has. */
export function placeFault({ note, size }: Receipt, tree: AnchoredTree): Standing | undefined {
  try {
    const head = openCheckpoint(note, { keys: tree.keys, origin: tree.origin });
    if (head.size === size && size <= tree.size && Buffer.compare(tree.rootAt(size), head.root) === 0)
      return undefined;
    const detail =
      size > tree.size
        ? `${size} entries were anchored, and the chain has ${tree.size}`
        : `the first ${size} entries are not those that were anchored`;
    return { verdict: 'contradicted', detail, theirs: note };
  } catch (error) {
    if (!isBitError(error, 'integrity')) throw error;
    return { verdict: 'broken', detail: error.message };
  }
}

async function askDriver(
  reader: Reader,
  receipt: Receipt,
  given: {
    readonly tree: AnchoredTree;
    readonly offline: boolean;
    readonly anchor: ConfiguredAnchor | undefined;
  },
): Promise<Standing> {
  const { tree, offline, anchor } = given;
  if (anchor === undefined || anchor.driver !== receipt.driver) {
    const detail = `the chain has what was anchored; no anchor ${receipt.anchor} (${receipt.driver}) is configured to ask`;
    return { verdict: 'unchecked', detail };
  }
  return anchor.port.check(receipt, { reader, tree, offline });
}

function checked(receipt: Receipt, { verdict, detail, theirs }: Standing, tree: AnchoredTree): CheckedAnchor {
  const { id, anchor, driver, place, chain, size, ts } = receipt;
  const both = theirs === undefined ? {} : bothSides(theirs, tree);
  return { anchor, driver, place, chain, receipt: id, size, ts, verdict, detail, ...both };
}

function bothSides(note: string, tree: AnchoredTree): Pick<CheckedAnchor, 'anchored' | 'here'> {
  const head = parseCheckpointText(parseNote(note).text);
  if (head === undefined) return {};
  return {
    anchored: { head: headLine(head.size, head.root), note },
    here: { head: ourLine(tree, head.size) },
  };
}

function unreadable(chain: string, file: string, reason: string): CheckedAnchor {
  const unknown = { receipt: undefined, size: undefined, ts: undefined };
  return {
    anchor: '',
    driver: '',
    place: file,
    chain,
    ...unknown,
    verdict: 'broken',
    detail: `${file}: ${reason}`,
  };
}

/** Receipts the ledger says were kept and that are not there. */
function missing(reader: Reader, chain: string, kept: readonly KeptReceipt[]): CheckedAnchor[] {
  const here = new Set(kept.map(({ receipt }) => receipt.id));
  const out: CheckedAnchor[] = [];
  if (reader.ledger.chain() !== chain) return out;
  for (const { payload, ts } of reader.ledger.entries({ chain, event: 'LEDGER_ANCHOR', phase: 'outcome' })) {
    const result = payload?.['result'];
    const { anchored, size } = isJsonObject(result) ? result : {};
    for (const item of Array.isArray(anchored) ? (anchored as readonly Json[]) : []) {
      const { anchor, driver, place, receipt } = isJsonObject(item) ? item : {};
      if (typeof receipt !== 'string' || here.has(receipt)) continue;
      out.push({
        anchor: String(anchor),
        driver: String(driver),
        place: String(place),
        chain,
        receipt,
        size: typeof size === 'number' ? size : undefined,
        ts,
        verdict: 'missing',
        detail: 'the ledger names this receipt, and it is not there',
      });
    }
  }
  return out;
}

/** Services that can be asked what they hold of a chain, where no receipt of theirs is left to begin with. */
async function checkWithout(
  reader: Reader,
  given: {
    readonly tree: AnchoredTree;
    readonly kept: readonly KeptReceipt[];
    readonly anchors: readonly ConfiguredAnchor[];
  },
): Promise<CheckedAnchor[]> {
  const { tree, kept, anchors } = given;
  const out: CheckedAnchor[] = [];
  for (const { name, driver, port } of anchors) {
    if (port.latest === undefined || kept.some(({ receipt }) => receipt.anchor === name)) continue;
    const standing = await port.latest({ reader, tree, offline: false });
    if (standing === undefined) continue;
    const { verdict, detail, theirs } = standing;
    const both = theirs === undefined ? {} : bothSides(theirs, tree);
    const unknown = { receipt: undefined, size: undefined, ts: undefined };
    const at = { anchor: name, driver, place: port.place, chain: tree.chain };
    out.push({ ...at, ...unknown, verdict, detail, ...both });
  }
  return out;
}
